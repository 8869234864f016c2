#[[
dsq_check_arguments(<function> <name> <required> <optional>)

End the configuration with an error unless <function>(<name> ...), parsed by its caller with the prefix "arg", has what it needs: a name for C
functions, all <required> arguments, and none besides these and the <optional> ones.
#]]
function(dsq_check_arguments function name required optional)
  set(call "${function}(${name})")
  if(NOT name MATCHES "^[A-Za-z_][A-Za-z0-9_]*$")
    message(FATAL_ERROR "${function}: name: expected a C identifier, found '${name}'")
  endif()
  if(arg_UNPARSED_ARGUMENTS)
    list(JOIN required ", " required)
    list(JOIN optional ", " optional)
    list(JOIN arg_UNPARSED_ARGUMENTS " " found)
    message(FATAL_ERROR "${call}: arguments: expected ${required} and, if wanted, ${optional}; found '${found}'")
  endif()
  foreach(argument IN LISTS arg_KEYWORDS_MISSING_VALUES)
    message(FATAL_ERROR "${call}: ${argument}: expected a value, found none")
  endforeach()
  foreach(argument IN LISTS required)
    if(NOT arg_${argument})
      message(FATAL_ERROR "${call}: ${argument}: expected a value, found none")
    endif()
  endforeach()
endfunction()

#[[
dsq_check_choice(<call> <argument> <found> <choice>...)

End the configuration with an error unless <found> is one of the choices.
#]]
function(dsq_check_choice call argument found)
  if(NOT found IN_LIST ARGN)
    list(JOIN ARGN ", " choices)
    message(FATAL_ERROR "${call}: ${argument}: expected one of ${choices}; found '${found}'")
  endif()
endfunction()

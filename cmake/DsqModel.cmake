#[[
dsq_add_model(<name> MODEL <file> [TARGET <target>] [CORE <core>] [BATCH <images>] [PARALLEL <tasks>] [TUNED <file>...] [FLOAT_INPUT])

Compile a trained model into the static library <name>, with the header <name>.h and the function <name>_run: at build time, by
`dsq compile`, and again when the model or dsq changes. The arguments are its options. TARGET is the first one for the processor that
this build is for, unless told otherwise; CORE the target's first; BATCH 1; PARALLEL 1,
which leaves out <name>_run_parallel. A relative file is one of the current source folder.
#]]
function(dsq_add_model name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "FLOAT_INPUT" "MODEL;TARGET;CORE;BATCH;PARALLEL" "TUNED")
  set(call "dsq_add_model(${name})")
  dsq_check_arguments(dsq_add_model "${name}" MODEL "TARGET;CORE;BATCH;PARALLEL;TUNED;FLOAT_INPUT")
  cmake_path(ABSOLUTE_PATH arg_MODEL BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
  if(NOT EXISTS "${arg_MODEL}" OR IS_DIRECTORY "${arg_MODEL}")
    message(FATAL_ERROR "${call}: MODEL: expected a file of dsq train, found none at '${arg_MODEL}'")
  endif()
  dsq_target_facts("${call}" "${arg_TARGET}")
  set(options --target ${dsq_target})
  if(arg_CORE)
    dsq_check_choice("${call}" CORE "${arg_CORE}" ${dsq_target_cores})
    list(APPEND options --core ${arg_CORE})
  endif()
  foreach(count IN ITEMS "BATCH images" "PARALLEL tasks")
    string(REPLACE " " ";" count "${count}")
    list(GET count 0 option)
    list(GET count 1 counted)
    if(NOT DEFINED arg_${option})
      continue()
    endif()
    if(NOT arg_${option} MATCHES "^[1-9][0-9]*$")
      message(FATAL_ERROR "${call}: ${option}: expected a number of ${counted} from 1, found '${arg_${option}}'")
    endif()
    string(TOLOWER ${option} option_name)
    list(APPEND options --${option_name} ${arg_${option}})
  endforeach()
  set(tables "")
  foreach(table IN LISTS arg_TUNED)
    cmake_path(ABSOLUTE_PATH table BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
    if(NOT EXISTS "${table}" OR IS_DIRECTORY "${table}")
      message(FATAL_ERROR "${call}: TUNED: expected a table of dsq tune, found none at '${table}'")
    endif()
    list(APPEND options --tuned ${table})
    list(APPEND tables ${table})
  endforeach()
  if(arg_FLOAT_INPUT)
    list(APPEND options --float-input)
  endif()

  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${name}.model)
  set(files ${folder}/lib${name}.a ${folder}/${name}.h)
  file(MAKE_DIRECTORY ${folder})  # an include folder must be there when it is named
  add_custom_command(OUTPUT ${files}
                     COMMAND $<TARGET_FILE:dsq::program> compile ${arg_MODEL} --name ${name} ${options} --output ${folder}
                     DEPENDS ${arg_MODEL} ${tables} $<TARGET_FILE:dsq::program>
                     COMMENT "Compiling ${arg_MODEL} for ${dsq_target}"
                     VERBATIM)
  add_custom_target(${name}.build DEPENDS ${files})
  add_library(${name} STATIC IMPORTED GLOBAL)
  set_target_properties(${name} PROPERTIES IMPORTED_LOCATION ${folder}/lib${name}.a)
  target_include_directories(${name} INTERFACE ${folder})
  add_dependencies(${name} ${name}.build)
endfunction()

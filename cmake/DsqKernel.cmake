#[[
dsq_add_kernel(<name> GENERATOR <generator> [PARAMS <key=value>...] [TARGET <target> | TARGETS <Halide target>...]
               [LIBRARY <interface library>])

Build the static library <name> with the C function <name>, declared in <name>.h, from generators/<generator>.cpp with these parameters:
once for every instruction set of the target (targets/), the best of which is chosen at run time. TARGET is the one that this build is
for, unless told otherwise; with TARGETS: for these instruction sets instead. LIBRARY links it, dsq_kernels unless told otherwise. All
kernels of a program share one Halide runtime.
The property DSQ_ASSEMBLY of <name> lists the assembly files, one for each instruction set, for tests that read them; sanitized kernels
have none.
#]]
function(dsq_add_kernel name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "GENERATOR;TARGET;LIBRARY" "PARAMS;TARGETS")
  set(call "dsq_add_kernel(${name})")
  list(REMOVE_ITEM arg_KEYWORDS_MISSING_VALUES PARAMS TARGETS)  # lists, which may be empty
  dsq_check_arguments(dsq_add_kernel "${name}" GENERATOR "PARAMS;TARGET;TARGETS;LIBRARY")
  get_property(generators GLOBAL PROPERTY DSQ_GENERATORS)
  dsq_check_choice("${call}" GENERATOR "${arg_GENERATOR}" ${generators})
  foreach(parameter IN LISTS arg_PARAMS)
    if(NOT parameter MATCHES "^[A-Za-z0-9_.]+=.+$")
      message(FATAL_ERROR "${call}: PARAMS: expected key=value, found '${parameter}'")
    endif()
  endforeach()
  if(NOT arg_TARGETS AND NOT arg_TARGET)
    set(arg_TARGETS ${DSQ_KERNEL_TARGETS})  # dsq's own build says which
  endif()
  if(NOT arg_TARGETS)
    dsq_target_facts("${call}" "${arg_TARGET}")
    set(arg_TARGETS ${dsq_target_kernels})
  endif()
  if(NOT arg_LIBRARY)
    set(arg_LIBRARY dsq_kernels)
  endif()

  # What all kernels share is made with the first.
  if(NOT TARGET dsq_halide_runtime)
    add_library(dsq_kernels INTERFACE)
    find_package(Threads REQUIRED GLOBAL)  # for the runtime, wherever it is linked
    add_halide_runtime(dsq_halide_runtime NO_DEFAULT_TARGETS TARGETS ${arg_TARGETS})
    set_property(GLOBAL PROPERTY DSQ_RUNTIME_TARGETS ${arg_TARGETS})
  endif()

  set(assembly "")
  set(with_assembly ASSEMBLY assembly)
  if(DSQ_SANITIZE)
    set(with_assembly "")
  endif()
  add_halide_library(${name} FROM dsq::halide_generators::${arg_GENERATOR}.generator GENERATOR ${arg_GENERATOR} FUNCTION_NAME ${name}
                     PARAMS ${arg_PARAMS} TARGETS ${arg_TARGETS} USE_RUNTIME dsq_halide_runtime ${with_assembly})
  # add_halide_library adds the kernel's instruction sets to those of the runtime, which must run wherever any kernel does.
  get_property(runtime_targets GLOBAL PROPERTY DSQ_RUNTIME_TARGETS)
  set_property(TARGET dsq_halide_runtime PROPERTY Halide_RT_TARGETS ${runtime_targets})
  target_link_libraries(${arg_LIBRARY} INTERFACE ${name})

  # For several targets Halide 21 makes a file for each, and not the one that its rule promises: without that, ninja would run the rule
  # every time.
  list(LENGTH arg_TARGETS count)
  if(assembly AND count GREATER 1)
    add_custom_command(OUTPUT ${name}.h APPEND COMMAND ${CMAKE_COMMAND} -E touch ${name}.s)
    list(TRANSFORM arg_TARGETS REPLACE "(.+)" "${CMAKE_CURRENT_BINARY_DIR}/${name}-\\1-no_runtime.s" OUTPUT_VARIABLE assembly)
  endif()
  set_property(TARGET ${name} PROPERTY DSQ_ASSEMBLY ${assembly})
  set_property(GLOBAL APPEND PROPERTY DSQ_KERNELS ${name})
endfunction()

# Our own warnings are errors; Halide's defaults would apply them to its headers too.
set(Halide_NO_DEFAULT_FLAGS ON)

# One Halide runtime for all kernels of a program.
add_halide_runtime(dsq_halide_runtime NO_DEFAULT_TARGETS TARGETS ${DSQ_KERNEL_TARGETS})

# All kernels, for the library that calls them.
add_library(dsq_kernels INTERFACE)

#[[
dsq_add_kernel(<name> GENERATOR <generator> [PARAMS <key=value>...] [TARGETS <Halide target>...] [LIBRARY <interface library>])

Build the C function <name>, declared in <name>.h, from generators/<generator>.cpp with these parameters: once for every
instruction set of the target (targets/), the best of which is chosen at run time. With TARGETS: for these instead. It is linked
by LIBRARY, dsq_kernels unless told otherwise.
The property DSQ_ASSEMBLY of <name> lists the assembly files, one for each instruction set, for tests that read them; sanitized kernels
have none.
#]]
function(dsq_add_kernel name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "GENERATOR;LIBRARY" "PARAMS;TARGETS")
  if(NOT arg_GENERATOR OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "dsq_add_kernel(${name} ...): expected GENERATOR, PARAMS, TARGETS and LIBRARY, found '${ARGN}'")
  endif()
  if(NOT arg_TARGETS)
    set(arg_TARGETS ${DSQ_KERNEL_TARGETS})
  endif()

  if(NOT arg_LIBRARY)
    set(arg_LIBRARY dsq_kernels)
  endif()

  set(assembly "")
  set(with_assembly ASSEMBLY assembly)
  if(DSQ_SANITIZE)
    set(with_assembly "")
  endif()
  add_halide_library(${name} FROM dsq::halide_generators::${arg_GENERATOR}.generator GENERATOR ${arg_GENERATOR} FUNCTION_NAME ${name}
                     PARAMS ${arg_PARAMS} TARGETS ${arg_TARGETS} USE_RUNTIME dsq_halide_runtime ${with_assembly})
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

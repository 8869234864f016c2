#[[
dsq_target_facts(<call> <target>)

Look up a target of `dsq compile` in targets/, for <call>, which an error names. An empty <target> is the first one for the processor that this
build is for. Sets dsq_target, dsq_target_cores, and dsq_target_kernels: its Halide targets, the baseline last. Those files are toolchain
files as well: as they are read in a function, the caller's compiler stays as it is.
#]]
function(dsq_target_facts call target)
  set(processor "${CMAKE_SYSTEM_PROCESSOR}")
  set(targets "")
  file(GLOB files ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../targets/*.cmake)
  foreach(file IN LISTS files)
    include(${file})
    list(APPEND targets ${DSQ_LIBRARY_TARGETS})
    if(target STREQUAL "" AND processor IN_LIST DSQ_PROCESSORS)
      list(GET DSQ_LIBRARY_TARGETS 0 target)
    endif()
  endforeach()
  if(target STREQUAL "")
    list(JOIN targets ", " targets)
    message(FATAL_ERROR "${call}: TARGET: expected one of ${targets}; found none, and none is for CMAKE_SYSTEM_PROCESSOR '${processor}'")
  endif()
  dsq_check_choice("${call}" TARGET "${target}" ${targets})

  set(kernels "")
  foreach(variant IN LISTS DSQ_LIBRARY_${target})
    list(APPEND kernels ${DSQ_TARGET_${variant}})
  endforeach()
  set(dsq_target ${target} PARENT_SCOPE)
  set(dsq_target_cores ${DSQ_CORES_${target}} PARENT_SCOPE)
  set(dsq_target_kernels ${kernels} PARENT_SCOPE)
endfunction()

# The target that is built for: its facts come from targets/, through the preset's toolchain file or from here.
if(NOT DEFINED DSQ_TARGET)
  include(${CMAKE_CURRENT_LIST_DIR}/../targets/x86-64-linux.cmake)
endif()

# Halide 22 swaps the roles of these packages (helpers only, and helpers with the compiler): this is the place to follow it.
if(CMAKE_CROSSCOMPILING)
  find_package(HalideHelpers REQUIRED CMAKE_FIND_ROOT_PATH_BOTH)
else()
  find_package(Halide REQUIRED)
endif()

set(DSQ_KERNEL_TARGETS "")
foreach(variant IN LISTS DSQ_TARGET_VARIANTS)
  if(DSQ_SANITIZE)
    list(APPEND DSQ_KERNEL_TARGETS "${DSQ_TARGET_${variant}}-asan")
  else()
    list(APPEND DSQ_KERNEL_TARGETS "${DSQ_TARGET_${variant}}")
  endif()
endforeach()

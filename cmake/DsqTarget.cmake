# The target that is built for: its facts come from targets/, through the preset's toolchain file or from here.
if(NOT DEFINED DSQ_TARGET)
  include(${CMAKE_CURRENT_LIST_DIR}/../targets/x86-64-linux.cmake)
endif()

# Halide comes from .venv (setup.sh), unless Halide_DIR says otherwise. Halide 22 swaps the roles of these packages (helpers only,
# and helpers with the compiler): this is the place to follow it.
set(halide_package Halide)
if(CMAKE_CROSSCOMPILING)
  set(halide_package HalideHelpers)
endif()
find_package(${halide_package} QUIET HINTS ${PROJECT_SOURCE_DIR}/.venv/halide/lib64/cmake CMAKE_FIND_ROOT_PATH_BOTH)
if(NOT ${halide_package}_FOUND)
  message(FATAL_ERROR "dsq: no Halide in ${PROJECT_SOURCE_DIR}/.venv: run ./setup.sh, or set ${halide_package}_DIR")
endif()

# Generators are programs of the machine that builds: other presets take those of the host preset.
if(DEFINED dsq-halide_generators_ROOT AND NOT EXISTS ${dsq-halide_generators_ROOT}/cmake/dsq-halide_generatorsConfig.cmake)
  message(FATAL_ERROR "dsq: no generators in ${dsq-halide_generators_ROOT}: run first "
                      "`cmake --preset host && cmake --build --preset host`")
endif()

# With sanitizers for the baseline alone: instrumented kernels take long to build, and guard pages watch all of them in the host's tests.
if(DSQ_SANITIZE)
  list(POP_BACK DSQ_TARGET_VARIANTS baseline)
  set(DSQ_TARGET_VARIANTS ${baseline})
  foreach(variant IN ITEMS ${baseline} ${DSQ_VARIANTS_dot})
    string(APPEND DSQ_TARGET_${variant} -asan)
  endforeach()
endif()

set(DSQ_KERNEL_TARGETS "")
foreach(variant IN LISTS DSQ_TARGET_VARIANTS)
  list(APPEND DSQ_KERNEL_TARGETS "${DSQ_TARGET_${variant}}")
endforeach()

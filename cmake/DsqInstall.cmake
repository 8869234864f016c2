# What `cmake --install` puts into a prefix: bin/dsq and lib/dsq, where find_package(dsq) looks. They find each other by relative paths: a
# prefix may be moved, and nothing of it leads back to the build.
if(NOT TARGET dsq_build_library)
  return()
endif()
cmake_path(SET halide NORMALIZE ${Halide_DIR}/../../..)
if(NOT EXISTS ${halide}/lib64/libHalide.so)
  message(STATUS "dsq: no rules of installation, for ${halide} is not laid out like Halide's wheel")
  return()
endif()
include(CMakePackageConfigHelpers)

set_target_properties(dsq PROPERTIES EXPORT_NAME program INSTALL_RPATH $ORIGIN/../lib/dsq/halide/lib64)
install(TARGETS dsq EXPORT dsqProgram DESTINATION bin)
get_property(generators GLOBAL PROPERTY DSQ_GENERATORS)
foreach(generator IN LISTS generators)
  set_target_properties(${generator}.generator PROPERTIES INSTALL_RPATH $ORIGIN/../halide/lib64)
  install(TARGETS ${generator}.generator EXPORT dsqGenerators DESTINATION lib/dsq/generators)
endforeach()
install(EXPORT dsqProgram NAMESPACE dsq:: DESTINATION lib/dsq/cmake)
install(EXPORT dsqGenerators NAMESPACE dsq::halide_generators:: DESTINATION lib/dsq/cmake)

configure_file(cmake/dsqConfig.cmake.in ${PROJECT_BINARY_DIR}/package/dsqConfig.cmake @ONLY)
# Of any architecture: the programs are the build machine's, whatever is built for.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/dsqConfigVersion.cmake COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${PROJECT_BINARY_DIR}/package/dsqConfig.cmake ${PROJECT_BINARY_DIR}/package/dsqConfigVersion.cmake
              cmake/DsqArguments.cmake cmake/DsqKernel.cmake cmake/DsqModel.cmake cmake/DsqTargetFacts.cmake
        DESTINATION lib/dsq/cmake)
install(DIRECTORY targets DESTINATION lib/dsq)

# Halide without its Python.
install(DIRECTORY ${halide}/bin ${halide}/include ${halide}/lib64 ${halide}/share DESTINATION lib/dsq/halide
        USE_SOURCE_PERMISSIONS
        PATTERN libHalidePyStubs.a EXCLUDE
        PATTERN Halide_Python EXCLUDE)

# How the project's own C++ is compiled: link `dsq_options` PRIVATE.
add_library(dsq_options INTERFACE)
target_compile_features(dsq_options INTERFACE cxx_std_20)
target_compile_options(dsq_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
# GCC 12 warns about its own std::string (its bug 105651).
target_compile_options(dsq_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
# Designated initializers leave out what has a default.
target_compile_options(dsq_options INTERFACE -Wno-missing-field-initializers)
# Float arithmetic as written: references must round as the kernels do.
target_compile_options(dsq_options INTERFACE -ffp-contract=off)
if(DSQ_SANITIZE)
  target_compile_options(dsq_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all)
  # GCC 12 warns about the standard library's own code when it is instrumented.
  target_compile_options(dsq_options INTERFACE -Wno-maybe-uninitialized)
  target_link_options(dsq_options INTERFACE -fsanitize=address,undefined)
endif()

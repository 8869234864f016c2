# The kernels of codes that the tests run: each for a small layer of its own, random shapes among them.

# A library of kernels for each test: dsq_test_<way>_kernels.
foreach(way IN LISTS DSQ_CODES_WAYS)
  add_library(dsq_test_${way}_kernels INTERFACE)
  target_include_directories(dsq_test_${way}_kernels INTERFACE ${CMAKE_CURRENT_BINARY_DIR})
endforeach()

#[[
dsq_add_codes_kernel(<way> <name> LAYER <in> <out> <kernel> <stride> <width> <height> BITS <weights> <activations>
                     [EPILOGUE <int32|codes|float32>] [TILE <channels>] [WIDE] [OFFSET] [RESIDUAL] [SIGNS] [PARAMS <key=value>...])

The kernel dsq_test_<way>_<name>, and its row of conv2d_codes_<way>_kernels.inc (support/codes_kernel.h).
With SIGNS the codes are -1 and +1. On a target without the way there is none (targets/).
#]]
function(dsq_add_codes_kernel way name)
  cmake_parse_arguments(PARSE_ARGV 2 arg "WIDE;OFFSET;RESIDUAL;SIGNS" "EPILOGUE;TILE" "LAYER;BITS;PARAMS")
  if(NOT way IN_LIST DSQ_CODES_WAYS)
    return()
  endif()
  if(NOT arg_EPILOGUE)
    set(arg_EPILOGUE int32)
  endif()
  if(NOT arg_TILE)
    set(arg_TILE 16)
  endif()
  list(GET arg_BITS 1 activation_bits)
  math(EXPR levels "(1 << ${activation_bits}) - 1")
  math(EXPR lowest "-(1 << (${activation_bits} - 1))")
  set(distance 1)
  if(arg_SIGNS)
    set(distance 2)
  endif()
  set(params "")
  foreach(key value IN ZIP_LISTS layer_keys arg_LAYER)
    list(APPEND params ${key}=${value})
  endforeach()
  foreach(flag IN ITEMS WIDE OFFSET RESIDUAL)
    string(TOLOWER ${arg_${flag}} arg_${flag})
  endforeach()
  dsq_add_kernel(dsq_test_${way}_${name} GENERATOR conv2d_codes_${way} LIBRARY dsq_test_${way}_kernels TARGETS ${DSQ_TARGET_${DSQ_VARIANT_${way}}}
                 PARAMS ${params} has_offset=${arg_OFFSET} has_residual=${arg_RESIDUAL} epilogue=${arg_EPILOGUE} offset_shift=2 levels=${levels} lowest_code=${lowest}
                        code_distance=${distance} tile_channels=${arg_TILE} ${DSQ_PARAMS_${way}} ${arg_PARAMS})
  list(JOIN arg_LAYER ", " layer)
  list(JOIN arg_BITS ", " bits)
  set_property(GLOBAL APPEND_STRING PROPERTY DSQ_codes_${way}_HEADERS "#include \"dsq_test_${way}_${name}.h\"\n")
  set_property(GLOBAL APPEND_STRING PROPERTY DSQ_codes_${way}_ROWS
    "    {\"dsq_test_${way}_${name}\", dsq_test_${way}_${name}_argv, ${layer}, ${bits}, \"${arg_EPILOGUE}\", ${arg_TILE}, ${arg_WIDE}, ${arg_OFFSET}, ${arg_RESIDUAL}, 2, ${levels}, ${lowest}, ${distance}},\n")
endfunction()
set(layer_keys in_channels out_channels kernel stride width height)

# Runs of the longest safe power of two for these ranges: products are at most 2^(weight bits + activation bits - 2).
foreach(weight_bits RANGE 1 4)
  foreach(activation_bits RANGE 1 4)
    math(EXPR run "1 << (8 - ${weight_bits} - ${activation_bits})")
    dsq_add_codes_kernel(mla w${weight_bits}a${activation_bits} LAYER 64 32 3 1 9 5 BITS ${weight_bits} ${activation_bits}
                         WIDE PARAMS run=${run} spill_channels=64 TILE 32)
  endforeach()
endforeach()
# The paper's runs, which leave a rest; 16 bits alone where they hold all.
dsq_add_codes_kernel(mla paper_2 LAYER 64 64 3 1 10 4 BITS 2 2 TILE 64 PARAMS run=31)
dsq_add_codes_kernel(mla paper_3 LAYER 64 32 3 1 7 7 BITS 3 3 TILE 32 PARAMS run=7)
dsq_add_codes_kernel(mla paper_4 LAYER 64 32 3 1 7 7 BITS 4 4 TILE 32 WIDE PARAMS run=1 spill_channels=64)
dsq_add_codes_kernel(mla paper_3_wide LAYER 128 16 3 1 5 5 BITS 3 3 WIDE PARAMS run=7 spill_channels=64)
# Kernel extents, strides, odd sizes, a last tile that is not full, rows shorter than a tile.
dsq_add_codes_kernel(mla k1 LAYER 48 40 1 1 11 3 BITS 2 2 TILE 32 PARAMS run=16 tile_pixels=4)
dsq_add_codes_kernel(mla k1_s2 LAYER 32 64 1 2 15 9 BITS 2 2 TILE 64 PARAMS run=31)
dsq_add_codes_kernel(mla k3_s2 LAYER 20 24 3 2 13 8 BITS 2 2 PARAMS run=20 tile_pixels=4)
dsq_add_codes_kernel(mla k7_s2 LAYER 3 17 7 2 21 19 BITS 2 2 PARAMS run=3)
dsq_add_codes_kernel(mla narrow LAYER 16 5 3 1 1 2 BITS 2 3 PARAMS run=8 tile_pixels=4)
# A product of matrices: the longest sum.
dsq_add_codes_kernel(mla k8192 LAYER 8192 32 1 1 3 1 BITS 2 2 TILE 32 WIDE PARAMS run=31 spill_channels=4096)
# Epilogues.
dsq_add_codes_kernel(mla codes LAYER 32 48 3 1 8 6 BITS 2 2 EPILOGUE codes PARAMS run=16)
dsq_add_codes_kernel(mla codes_wide_offset LAYER 32 32 3 1 9 3 BITS 4 4 EPILOGUE codes WIDE OFFSET PARAMS run=1 spill_channels=32)
dsq_add_codes_kernel(mla int32_offset LAYER 24 16 3 2 9 9 BITS 3 2 OFFSET PARAMS run=12)
dsq_add_codes_kernel(mla float32 LAYER 32 32 3 1 8 8 BITS 2 2 EPILOGUE float32 PARAMS run=16)
dsq_add_codes_kernel(mla float32_residual LAYER 32 20 3 1 8 8 BITS 2 2 EPILOGUE float32 OFFSET RESIDUAL PARAMS run=16)
# Runs that are one too long for operands at their bounds.
dsq_add_codes_kernel(mla overflow_2 LAYER 64 16 1 1 4 2 BITS 2 2 PARAMS run=32)
dsq_add_codes_kernel(mla overflow_3 LAYER 64 16 1 1 4 2 BITS 3 3 PARAMS run=8)
dsq_add_codes_kernel(mla overflow_4 LAYER 64 16 1 1 4 2 BITS 4 4 PARAMS run=2)

# Bits: input channels that are no multiple of 8 or 16, odd sizes, and every epilogue.
dsq_add_codes_kernel(popcount k3 LAYER 64 32 3 1 9 5 BITS 1 1 SIGNS TILE 32)
dsq_add_codes_kernel(popcount k3_s2 LAYER 20 24 3 2 13 8 BITS 1 1 SIGNS)
dsq_add_codes_kernel(popcount k1 LAYER 48 40 1 1 11 3 BITS 1 1 SIGNS TILE 32)
dsq_add_codes_kernel(popcount k1_s2 LAYER 24 64 1 2 15 9 BITS 1 1 SIGNS TILE 64 PARAMS tile_pixels=2)
dsq_add_codes_kernel(popcount k7_s2 LAYER 3 17 7 2 21 19 BITS 1 1 SIGNS)
dsq_add_codes_kernel(popcount narrow LAYER 9 5 3 1 1 2 BITS 1 1 SIGNS)
dsq_add_codes_kernel(popcount tile_7 LAYER 33 32 3 1 7 7 BITS 1 1 SIGNS PARAMS tile_pixels=7)
dsq_add_codes_kernel(popcount k32784 LAYER 32784 16 1 1 3 1 BITS 1 1 SIGNS WIDE)
dsq_add_codes_kernel(popcount k65536 LAYER 65536 16 1 1 2 1 BITS 1 1 SIGNS WIDE)
dsq_add_codes_kernel(popcount codes LAYER 32 48 3 1 8 6 BITS 1 1 SIGNS EPILOGUE codes)
dsq_add_codes_kernel(popcount codes_offset LAYER 31 32 3 1 9 3 BITS 1 1 SIGNS EPILOGUE codes OFFSET)
dsq_add_codes_kernel(popcount float32 LAYER 32 32 3 1 8 8 BITS 1 1 SIGNS EPILOGUE float32)
dsq_add_codes_kernel(popcount float32_residual LAYER 25 20 3 1 8 8 BITS 1 1 SIGNS EPILOGUE float32 OFFSET RESIDUAL)
# Dot products: input channels that fill no group of 4, up to 8 bits.
dsq_add_codes_kernel(dot k3 LAYER 64 32 3 1 9 5 BITS 2 2 WIDE TILE 8)
dsq_add_codes_kernel(dot w8a8 LAYER 64 64 3 1 10 4 BITS 8 8 WIDE TILE 64 PARAMS tile_pixels=6)
dsq_add_codes_kernel(dot w4a8 LAYER 32 16 3 1 7 7 BITS 4 8 WIDE TILE 16 PARAMS tile_pixels=7)
dsq_add_codes_kernel(dot k3_s2 LAYER 18 24 3 2 13 8 BITS 3 3 WIDE)
dsq_add_codes_kernel(dot k1 LAYER 48 40 1 1 11 3 BITS 8 2 WIDE TILE 32 PARAMS tile_pixels=4)
dsq_add_codes_kernel(dot k1_s2 LAYER 33 64 1 2 15 9 BITS 5 6 WIDE TILE 64)
dsq_add_codes_kernel(dot k7_s2 LAYER 3 17 7 2 21 19 BITS 8 8 WIDE)
dsq_add_codes_kernel(dot narrow LAYER 1 5 3 1 1 2 BITS 8 8 WIDE TILE 4)
dsq_add_codes_kernel(dot k8192 LAYER 8192 32 1 1 3 1 BITS 8 8 WIDE TILE 32)
dsq_add_codes_kernel(dot codes LAYER 32 48 3 1 8 6 BITS 2 2 EPILOGUE codes WIDE)
dsq_add_codes_kernel(dot codes_offset LAYER 30 32 3 1 9 3 BITS 4 4 EPILOGUE codes WIDE OFFSET)
dsq_add_codes_kernel(dot float32_residual LAYER 25 20 3 1 8 8 BITS 8 8 EPILOGUE float32 WIDE OFFSET RESIDUAL)
# Pairs of products, x86: 16 bits up to their last value (K = 511 at 4 bits; one product more overflows), else 32.
dsq_add_codes_kernel(pairs k3 LAYER 64 32 3 1 9 5 BITS 2 2 TILE 32 PARAMS activation_bits=2)
dsq_add_codes_kernel(pairs w3a1 LAYER 64 32 3 1 10 4 BITS 3 1 TILE 32 PARAMS activation_bits=1)
dsq_add_codes_kernel(pairs w2a7 LAYER 13 16 3 1 7 7 BITS 2 7 PARAMS activation_bits=7)
dsq_add_codes_kernel(pairs k511 LAYER 511 16 1 1 4 2 BITS 4 4 PARAMS activation_bits=4)
dsq_add_codes_kernel(pairs overflow LAYER 512 16 1 1 4 2 BITS 4 4 PARAMS activation_bits=4)
dsq_add_codes_kernel(pairs w8a8 LAYER 64 64 3 1 10 4 BITS 8 8 WIDE TILE 16 PARAMS sum_bits=32)
dsq_add_codes_kernel(pairs k3_s2 LAYER 19 24 3 2 13 8 BITS 3 3 PARAMS activation_bits=3)
dsq_add_codes_kernel(pairs k1_s2 LAYER 33 40 1 2 15 9 BITS 5 6 WIDE TILE 32 PARAMS sum_bits=32)
dsq_add_codes_kernel(pairs k7_s2 LAYER 3 17 7 2 21 19 BITS 8 8 WIDE PARAMS sum_bits=32)
dsq_add_codes_kernel(pairs narrow LAYER 1 5 3 1 1 2 BITS 8 2 PARAMS activation_bits=2)
dsq_add_codes_kernel(pairs k8192 LAYER 8192 32 1 1 3 1 BITS 8 8 WIDE TILE 32 PARAMS sum_bits=32)
dsq_add_codes_kernel(pairs codes LAYER 32 48 3 1 8 6 BITS 2 2 EPILOGUE codes PARAMS activation_bits=2)
dsq_add_codes_kernel(pairs codes_offset LAYER 30 32 3 1 9 3 BITS 3 4 EPILOGUE codes OFFSET PARAMS activation_bits=4)
dsq_add_codes_kernel(pairs float32_residual LAYER 25 20 3 1 8 8 BITS 8 8 EPILOGUE float32 WIDE OFFSET RESIDUAL PARAMS sum_bits=32)

foreach(way IN LISTS DSQ_CODES_WAYS)
  get_property(headers GLOBAL PROPERTY DSQ_codes_${way}_HEADERS)
  get_property(rows GLOBAL PROPERTY DSQ_codes_${way}_ROWS)
  file(CONFIGURE OUTPUT conv2d_codes_${way}_kernels.h CONTENT "${headers}")
  file(CONFIGURE OUTPUT conv2d_codes_${way}_kernels.inc CONTENT "${rows}")
endforeach()

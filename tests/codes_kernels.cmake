# The kernels of codes that the tests run: each for a small layer of its own, random shapes among them.

# A library of kernels for each test: dsq_test_<way>_kernels.
set(ways mla popcount smlal winograd)
foreach(way IN LISTS ways)
  add_library(dsq_test_${way}_kernels INTERFACE)
  target_include_directories(dsq_test_${way}_kernels INTERFACE ${CMAKE_CURRENT_BINARY_DIR})
endforeach()

#[[
dsq_add_codes_kernel(<way> <name> LAYER <in> <out> <kernel> <stride> <width> <height> BITS <weights> <activations>
                     [EPILOGUE <int32|codes|float32|float32_codes|float32_and_codes>] [TILE <channels>] [WIDE] [OFFSET]
                     [FLIPS] [RESIDUAL] [SIGNS] [PARAMS <key=value>...])

The kernel dsq_test_<way>_<name>, and its row of conv2d_codes_<way>_kernels.inc (support/codes_kernel.h).
With SIGNS the codes are -1 and +1.
#]]
function(dsq_add_codes_kernel way name)
  cmake_parse_arguments(PARSE_ARGV 2 arg "WIDE;OFFSET;FLIPS;RESIDUAL;SIGNS" "EPILOGUE;TILE" "LAYER;BITS;PARAMS")
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
  foreach(flag IN ITEMS WIDE OFFSET FLIPS RESIDUAL)
    string(TOLOWER ${arg_${flag}} arg_${flag})
  endforeach()
  dsq_add_kernel(dsq_test_${way}_${name} GENERATOR conv2d_codes_${way} LIBRARY dsq_test_${way}_kernels
                 PARAMS ${params} has_offset=${arg_OFFSET} has_flips=${arg_FLIPS} has_residual=${arg_RESIDUAL} epilogue=${arg_EPILOGUE} offset_shift=2 levels=${levels} lowest_code=${lowest}
                        code_distance=${distance} tile_channels=${arg_TILE} ${arg_PARAMS})
  list(JOIN arg_LAYER ", " layer)
  list(JOIN arg_BITS ", " bits)
  set_property(GLOBAL APPEND_STRING PROPERTY DSQ_codes_${way}_HEADERS "#include \"dsq_test_${way}_${name}.h\"\n")
  set_property(GLOBAL APPEND_STRING PROPERTY DSQ_codes_${way}_ROWS
    "    {\"dsq_test_${way}_${name}\", dsq_test_${way}_${name}_argv, ${layer}, ${bits}, \"${arg_EPILOGUE}\", ${arg_TILE}, ${arg_WIDE}, ${arg_OFFSET}, ${arg_RESIDUAL}, 2, ${levels}, ${lowest}, ${distance}, ${arg_FLIPS}},\n")
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
dsq_add_codes_kernel(mla flips LAYER 32 48 3 1 8 6 BITS 2 2 EPILOGUE codes FLIPS PARAMS run=16)
dsq_add_codes_kernel(mla flips_offset LAYER 32 20 3 2 7 6 BITS 4 4 EPILOGUE codes FLIPS WIDE OFFSET PARAMS run=1 spill_channels=32)
dsq_add_codes_kernel(mla float32_codes LAYER 32 20 3 1 7 8 BITS 2 2 EPILOGUE float32_codes PARAMS run=16)
dsq_add_codes_kernel(mla both LAYER 32 48 3 1 7 8 BITS 2 2 EPILOGUE float32_and_codes PARAMS run=16 batch=2)
dsq_add_codes_kernel(mla both_residual LAYER 32 20 3 1 7 8 BITS 4 4 EPILOGUE float32_and_codes WIDE OFFSET RESIDUAL PARAMS run=1 spill_channels=32)
# Runs that are one too long for operands at their bounds.
dsq_add_codes_kernel(mla overflow_2 LAYER 64 16 1 1 4 2 BITS 2 2 PARAMS run=32)
dsq_add_codes_kernel(mla overflow_3 LAYER 64 16 1 1 4 2 BITS 3 3 PARAMS run=8)
dsq_add_codes_kernel(mla overflow_4 LAYER 64 16 1 1 4 2 BITS 4 4 PARAMS run=2)

# Products of 16 bits: as many as the ranges allow, 4 bits and 8.
foreach(bits IN ITEMS 2 3 4)
  dsq_add_codes_kernel(smlal ${bits} LAYER 64 32 3 1 10 5 BITS ${bits} ${bits} TILE 32 WIDE PARAMS spill_channels=64)
endforeach()
dsq_add_codes_kernel(smlal narrow_2 LAYER 64 64 3 1 9 4 BITS 2 2 TILE 32)
dsq_add_codes_kernel(smlal w2a4 LAYER 48 40 1 1 11 3 BITS 2 4 TILE 32 EPILOGUE codes PARAMS tile_pixels=2)
dsq_add_codes_kernel(smlal w8a8 LAYER 16 16 3 2 9 7 BITS 8 8 WIDE PARAMS spill_channels=1)
dsq_add_codes_kernel(smlal first LAYER 3 20 7 2 23 17 BITS 8 8 WIDE EPILOGUE float32 PARAMS spill_channels=1)
dsq_add_codes_kernel(smlal last LAYER 100 10 1 1 1 1 BITS 8 8 WIDE OFFSET PARAMS spill_channels=1)
dsq_add_codes_kernel(smlal k8192 LAYER 8192 32 1 1 5 1 BITS 4 4 WIDE PARAMS spill_channels=256)
dsq_add_codes_kernel(smlal codes_offset LAYER 32 32 3 1 9 3 BITS 4 4 EPILOGUE codes WIDE OFFSET PARAMS spill_channels=32)
dsq_add_codes_kernel(smlal residual LAYER 32 20 3 1 8 8 BITS 4 4 EPILOGUE float32 WIDE RESIDUAL PARAMS spill_channels=16)
dsq_add_codes_kernel(smlal flips LAYER 32 20 3 1 8 8 BITS 4 4 EPILOGUE codes FLIPS WIDE PARAMS spill_channels=16)
dsq_add_codes_kernel(smlal both LAYER 3 16 3 1 9 7 BITS 8 8 WIDE EPILOGUE float32_and_codes PARAMS spill_channels=1 batch=2)
dsq_add_codes_kernel(smlal overflow_4 LAYER 512 16 1 1 4 2 BITS 4 4 WIDE PARAMS spill_channels=512)
dsq_add_codes_kernel(smlal overflow_8 LAYER 4 16 1 1 4 2 BITS 8 8 WIDE PARAMS spill_channels=2)

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
dsq_add_codes_kernel(popcount flips LAYER 32 48 3 1 8 6 BITS 1 1 SIGNS EPILOGUE codes FLIPS)
dsq_add_codes_kernel(popcount both LAYER 32 32 3 1 7 8 BITS 1 1 SIGNS EPILOGUE float32_and_codes RESIDUAL PARAMS batch=2)

# Winograd's transform. Products in 16 bits: runs that are safe for these ranges, at most half of the channels.
foreach(weight_bits RANGE 1 4)
  math(EXPR other "5 - ${weight_bits}")
  foreach(activation_bits IN ITEMS ${weight_bits} ${other})
    set(run 16)
    if(weight_bits EQUAL 4 AND activation_bits EQUAL 4)
      set(run 8)
    endif()
    dsq_add_codes_kernel(winograd w${weight_bits}a${activation_bits} LAYER 32 32 3 1 9 5 BITS ${weight_bits} ${activation_bits}
                         WIDE TILE 32 PARAMS product=smlal wide=true runs=${run})
  endforeach()
endforeach()
dsq_add_codes_kernel(winograd smlal_2 LAYER 64 64 3 1 12 8 BITS 2 2 TILE 32 PARAMS product=smlal runs=64 tile_pixels=4)
dsq_add_codes_kernel(winograd smlal_4 LAYER 42 16 3 1 7 7 BITS 4 4 WIDE PARAMS product=smlal wide=true runs=14)
dsq_add_codes_kernel(winograd overflow_smlal_4 LAYER 45 16 3 1 7 7 BITS 4 4 WIDE PARAMS product=smlal wide=true runs=15)
# Products in 8 bits, with runs that hold for all weights.
dsq_add_codes_kernel(winograd mla_w1a1 LAYER 48 64 3 1 8 8 BITS 1 1 TILE 64 PARAMS runs=3)
dsq_add_codes_kernel(winograd mla_w1a2 LAYER 20 32 3 1 7 7 BITS 1 2 PARAMS runs=1)
dsq_add_codes_kernel(winograd mla_w2a1 LAYER 33 40 3 1 6 10 BITS 2 1 TILE 32 PARAMS runs=1 tile_pixels=4)
dsq_add_codes_kernel(winograd overflow_w1a1 LAYER 48 16 3 1 8 8 BITS 1 1 PARAMS runs=4)
dsq_add_codes_kernel(winograd overflow_w1a2 LAYER 20 32 3 1 7 7 BITS 1 2 PARAMS runs=2)
dsq_add_codes_kernel(winograd overflow_w2a1 LAYER 20 32 3 1 7 7 BITS 2 1 PARAMS runs=2)
# ... and for given ones.
set(planned_runs 16,4,8,16,8,1,4,8,8,4,4,8,16,4,8,16)
dsq_add_codes_kernel(winograd planned LAYER 64 32 3 1 11 6 BITS 2 2 TILE 32 PARAMS runs=${planned_runs} tile_pixels=4)
dsq_add_codes_kernel(winograd planned_overflow LAYER 64 32 3 1 11 6 BITS 2 2 TILE 32 PARAMS runs=32)
# Odd sizes, images smaller than a tile, groups of a part of the rows, channels that nothing divides.
dsq_add_codes_kernel(winograd pixel LAYER 16 16 3 1 1 1 BITS 1 1 PARAMS runs=2)
dsq_add_codes_kernel(winograd column LAYER 5 7 3 1 1 9 BITS 1 1 PARAMS runs=1 tile_pixels=4)
dsq_add_codes_kernel(winograd groups LAYER 19 21 3 1 13 23 BITS 2 3 WIDE PARAMS product=smlal wide=true runs=19 group_tiles=16 tile_pixels=4)
# Epilogues.
dsq_add_codes_kernel(winograd codes LAYER 32 48 3 1 8 6 BITS 2 2 EPILOGUE codes PARAMS product=smlal runs=32)
dsq_add_codes_kernel(winograd codes_w1a1 LAYER 48 72 3 1 7 7 BITS 1 1 EPILOGUE codes TILE 64 PARAMS runs=3)
dsq_add_codes_kernel(winograd codes_wide_offset LAYER 32 32 3 1 9 3 BITS 4 4 EPILOGUE codes WIDE OFFSET PARAMS product=smlal wide=true runs=8)
dsq_add_codes_kernel(winograd int32_offset LAYER 24 16 3 1 9 9 BITS 3 2 OFFSET PARAMS product=smlal runs=24)
dsq_add_codes_kernel(winograd float32 LAYER 32 32 3 1 8 8 BITS 2 2 EPILOGUE float32 PARAMS product=smlal runs=32)
dsq_add_codes_kernel(winograd float32_residual LAYER 32 20 3 1 7 8 BITS 2 2 EPILOGUE float32 OFFSET RESIDUAL PARAMS product=smlal runs=32)
dsq_add_codes_kernel(winograd flips LAYER 32 48 3 1 8 6 BITS 2 2 EPILOGUE codes FLIPS PARAMS product=smlal runs=32)
dsq_add_codes_kernel(winograd both LAYER 32 32 3 1 7 8 BITS 2 2 EPILOGUE float32_and_codes PARAMS product=smlal runs=32 batch=2)
dsq_add_codes_kernel(winograd both_residual LAYER 32 20 3 1 7 5 BITS 2 2 EPILOGUE float32_and_codes OFFSET RESIDUAL PARAMS product=smlal runs=32 batch=2)

foreach(way IN LISTS ways)
  get_property(headers GLOBAL PROPERTY DSQ_codes_${way}_HEADERS)
  get_property(rows GLOBAL PROPERTY DSQ_codes_${way}_ROWS)
  file(CONFIGURE OUTPUT conv2d_codes_${way}_kernels.h CONTENT "${headers}")
  file(CONFIGURE OUTPUT conv2d_codes_${way}_kernels.inc CONTENT "${rows}")
endforeach()

# The kernels of convolutions. src/operators chooses from the same rows: the first that fits a layer.

include(training_tiles.cmake)

# conv2d: what its inner loops are compiled for, and its tile (schedules/conv2d.h), the number of pixels if no table has it. taps 0:
# any. in_channels 0: any number of channels, in and out. width_multiple: what the width of the output is a multiple of.
function(dsq_add_conv2d in_channels stride taps tile_channels tile_pixels tile_pixels_of_32 width_multiple)
  set(kernel c${in_channels}_s${stride}_k${taps}_t${tile_channels}_w${width_multiple})
  set(name dsq_conv2d_${kernel})
  if(NOT in_channels)
    set(name dsq_conv2d_any_s${stride}_${tile_pixels})
  else()
    dsq_tuned_tile(avx2 conv2d ${kernel} tile_pixels)
    dsq_tuned_tile(avx512 conv2d ${kernel} tile_pixels_of_32)
    set(layer "${in_channels}, ${stride}, ${taps}, ${tile_channels}, ${width_multiple}")
    set(params PARAMS in_channels=${in_channels} stride=${stride} taps=${taps} tile_channels=${tile_channels})
    # No wider than the narrowest images of networks: 7 and 8 pixels, where there are few channels more.
    set(pixels_of_32 4 6 8)
    if(width_multiple EQUAL 7)
      set(pixels_of_32 4 5 6 7)
    elseif(in_channels LESS 32)
      set(pixels_of_32 6 7 8 12 14 16)
    endif()
    if(tile_channels GREATER 16 OR in_channels LESS 32)  # what the networks of the benchmarks have
      dsq_add_tiles(avx2 conv2d ${kernel} tile_pixels ${tile_pixels} "${layer}" TILES 3 4 5 6 ${params})
      dsq_add_tiles(avx512 conv2d ${kernel} tile_pixels_of_32 ${tile_pixels_of_32} "${layer}" TILES ${pixels_of_32} ${params})
    endif()
  endif()
  dsq_add_kernel(${name} GENERATOR conv2d
                 PARAMS in_channels=${in_channels} stride=${stride} taps=${taps} tile_channels=${tile_channels}
                        tile_pixels=${tile_pixels} tile_pixels_of_32=${tile_pixels_of_32})
  set_property(GLOBAL APPEND_STRING PROPERTY DSQ_CONV2D_HEADERS "#include \"${name}.h\"\n")
  set_property(GLOBAL APPEND_STRING PROPERTY DSQ_CONV2D_ROWS
               "    {${name}, ${in_channels}, ${stride}, ${taps}, ${tile_channels}, ${tile_pixels}, ${tile_pixels_of_32}, ${width_multiple}},\n")
endfunction()

# conv2d_backward_weight: for blocks of channels, its tile (schedules/conv2d_backward_weight.h), and input channels up to
# most_in_channels (0: all). kernel 0: any, and any number of channels.
function(dsq_add_conv2d_backward_weight kernel stride block_out_channels block_in_channels tile_in_channels tile_in_channels_of_32
         piece_pixels most_in_channels)
  set(copies true)
  if(most_in_channels)  # few tiles read a pixel
    set(copies false)
  endif()
  set(key k${kernel}_s${stride}_t${block_out_channels}x${block_in_channels}_c${most_in_channels})
  set(name dsq_conv2d_backward_weight_${key})
  set(params PARAMS kernel=${kernel} stride=${stride} block_out_channels=${block_out_channels}
                    block_in_channels=${block_in_channels} piece_pixels=${piece_pixels} copies=${copies})
  if(kernel)
    dsq_tuned_tile(avx2 conv2d_backward_weight ${key} tile_in_channels)
    dsq_tuned_tile(avx512 conv2d_backward_weight ${key} tile_in_channels_of_32)
    set(tiles 1 2 4 8 16)
    if(block_in_channels EQUAL 3)
      set(tiles 1 3)
    endif()
    set(layer "${kernel}, ${stride}, ${block_out_channels}, ${block_in_channels}, ${most_in_channels}")
    dsq_add_tiles(avx2 conv2d_backward_weight ${key} tile_in_channels ${tile_in_channels} "${layer}" TILES ${tiles} ${params})
    dsq_add_tiles(avx512 conv2d_backward_weight ${key} tile_in_channels_of_32 ${tile_in_channels_of_32} "${layer}" TILES ${tiles} ${params})
  endif()
  dsq_add_kernel(${name} GENERATOR conv2d_backward_weight
                 ${params} tile_in_channels=${tile_in_channels} tile_in_channels_of_32=${tile_in_channels_of_32})
  set_property(GLOBAL APPEND_STRING PROPERTY DSQ_CONV2D_HEADERS "#include \"${name}.h\"\n")
  set_property(GLOBAL APPEND_STRING PROPERTY DSQ_CONV2D_BACKWARD_WEIGHT_ROWS
               "    {${name}, ${kernel}, ${stride}, ${block_out_channels}, ${block_in_channels}, ${most_in_channels}},\n")
endfunction()

# The forward pass and, with stride 1, the backward pass to the input. Images of 3 channels come first: 3x3 and 7x7.
dsq_add_conv2d(3 1 3 32 4 8 1)
dsq_add_conv2d(3 1 3 16 4 8 1)
dsq_add_conv2d(3 2 7 32 4 8 1)
foreach(stride IN ITEMS 1 2)
  # Widths of networks for ImageNet: 56, 28, 14, 7.
  foreach(in_channels IN ITEMS 64 128 256 512)
    dsq_add_conv2d(${in_channels} ${stride} 0 32 4 7 7)
  endforeach()
  foreach(in_channels IN ITEMS 16 32 64 128 256 512)
    dsq_add_conv2d(${in_channels} ${stride} 0 32 4 8 1)
    dsq_add_conv2d(${in_channels} ${stride} 0 16 4 8 1)
  endforeach()
  dsq_add_conv2d(0 ${stride} 0 1 8 8 1)
  dsq_add_conv2d(0 ${stride} 0 1 1 1 1)
endforeach()

dsq_add_conv2d_backward_weight(3 1 64 3 1 3 128 3)
dsq_add_conv2d_backward_weight(3 1 16 3 3 3 256 3)
dsq_add_conv2d_backward_weight(7 2 64 3 1 3 128 3)
dsq_add_conv2d_backward_weight(3 1 16 16 2 4 256 16)
dsq_add_conv2d_backward_weight(3 1 32 16 2 4 128 0)
dsq_add_conv2d_backward_weight(3 1 16 16 2 4 192 0)
dsq_add_conv2d_backward_weight(3 2 32 16 2 4 64 0)
foreach(stride IN ITEMS 1 2)
  dsq_add_conv2d_backward_weight(1 ${stride} 64 16 4 4 64 0)
  dsq_add_conv2d_backward_weight(1 ${stride} 16 16 4 8 128 0)
  dsq_add_conv2d_backward_weight(0 ${stride} 16 16 4 8 128 0)
endforeach()

dsq_add_kernel(dsq_conv2d_backward_padding GENERATOR conv2d_backward_padding)
set_property(GLOBAL APPEND_STRING PROPERTY DSQ_CONV2D_HEADERS "#include \"dsq_conv2d_backward_padding.h\"\n")

get_property(headers GLOBAL PROPERTY DSQ_CONV2D_HEADERS)
get_property(rows GLOBAL PROPERTY DSQ_CONV2D_ROWS)
get_property(backward_weight_rows GLOBAL PROPERTY DSQ_CONV2D_BACKWARD_WEIGHT_ROWS)
file(CONFIGURE OUTPUT conv2d_kernels.h CONTENT "${headers}")
file(CONFIGURE OUTPUT conv2d_kernels.inc CONTENT "${rows}")
file(CONFIGURE OUTPUT conv2d_backward_weight_kernels.inc CONTENT "${backward_weight_rows}")

dsq_check_tuned_kernels()
if(DSQ_TUNE_TRAINING)
  foreach(property IN ITEMS TILE_HEADERS conv2d_TILE_ROWS conv2d_backward_weight_TILE_ROWS)
    get_property(DSQ_${property} GLOBAL PROPERTY DSQ_${property})
  endforeach()
  file(CONFIGURE OUTPUT training_tiles.h CONTENT "${DSQ_TILE_HEADERS}")
  file(CONFIGURE OUTPUT conv2d_tiles.inc CONTENT "${DSQ_conv2d_TILE_ROWS}")
  file(CONFIGURE OUTPUT conv2d_backward_weight_tiles.inc CONTENT "${DSQ_conv2d_backward_weight_TILE_ROWS}")
  target_include_directories(dsq_training_tiles INTERFACE ${CMAKE_CURRENT_BINARY_DIR})
endif()

# The kernels of convolutions. src/operators chooses from the same rows: the first that fits a layer.

# conv2d: what its inner loops are compiled for, and its tile (schedules/conv2d.h). taps 0: any. in_channels 0: any number of
# channels, in and out. width_multiple: what the width of the output is a multiple of.
function(dsq_add_conv2d in_channels stride taps tile_channels tile_pixels tile_pixels_of_32 width_multiple)
  set(name dsq_conv2d_c${in_channels}_s${stride}_k${taps}_t${tile_channels}x${tile_pixels}x${tile_pixels_of_32})
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
  set(name dsq_conv2d_backward_weight_k${kernel}_s${stride}_t${block_out_channels}x${block_in_channels}_c${most_in_channels})
  dsq_add_kernel(${name} GENERATOR conv2d_backward_weight
                 PARAMS kernel=${kernel} stride=${stride} block_out_channels=${block_out_channels}
                        block_in_channels=${block_in_channels} tile_in_channels=${tile_in_channels}
                        tile_in_channels_of_32=${tile_in_channels_of_32} piece_pixels=${piece_pixels} copies=${copies})
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

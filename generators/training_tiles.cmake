# The tuned tiles of training's convolutions: schedules/tuned/training/<instruction set>.json, written by bench/tune_training.py.

set(DSQ_TRAINING_INSTRUCTION_SETS avx2 avx512)

if(DSQ_TUNE_TRAINING)
  add_library(dsq_training_tiles INTERFACE)
endif()

# Reads them into DSQ_TILE_<instruction set>_<operation>_<kernel>.
foreach(instruction_set IN LISTS DSQ_TRAINING_INSTRUCTION_SETS)
  set(table ${PROJECT_SOURCE_DIR}/schedules/tuned/training/${instruction_set}.json)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${table})
  file(READ ${table} text)
  string(JSON version ERROR_VARIABLE problem GET "${text}" version)
  if(problem OR NOT version EQUAL 1)
    message(FATAL_ERROR "${table}: version: expected 1, found '${version}' ${problem}")
  endif()
  string(JSON count ERROR_VARIABLE problem LENGTH "${text}" kernels)
  if(problem)
    message(FATAL_ERROR "${table}: kernels: ${problem}")
  endif()
  set(index 0)
  while(index LESS count)
    foreach(key IN ITEMS operation kernel tile)
      string(JSON ${key} ERROR_VARIABLE problem GET "${text}" kernels ${index} ${key})
      if(problem)
        message(FATAL_ERROR "${table}: kernels, number ${index}: ${key}: ${problem}")
      endif()
    endforeach()
    if(NOT tile MATCHES "^[1-9][0-9]?$")
      message(FATAL_ERROR "${table}: ${operation} ${kernel}: tile: expected a number from 1 to 99, found '${tile}'")
    endif()
    set(DSQ_TILE_${instruction_set}_${operation}_${kernel} ${tile})
    list(APPEND dsq_tuned_kernels "${instruction_set} ${operation} ${kernel}")
    math(EXPR index "${index} + 1")
  endwhile()
endforeach()

# The tile of a kernel if a table has it; `variable` holds what it is without.
function(dsq_tuned_tile instruction_set operation kernel variable)
  set_property(GLOBAL APPEND PROPERTY DSQ_TUNABLE_KERNELS "${instruction_set} ${operation} ${kernel}")
  if(DEFINED DSQ_TILE_${instruction_set}_${operation}_${kernel})
    set(${variable} ${DSQ_TILE_${instruction_set}_${operation}_${kernel}} PARENT_SCOPE)
  endif()
endfunction()

# Ends the configuration where a table has a kernel that there is not.
function(dsq_check_tuned_kernels)
  get_property(tunable GLOBAL PROPERTY DSQ_TUNABLE_KERNELS)
  foreach(kernel IN LISTS dsq_tuned_kernels)
    if(NOT kernel IN_LIST tunable)
      message(FATAL_ERROR "schedules/tuned/training: there is no kernel for '${kernel}' (generators/conv2d_kernels.cmake)")
    endif()
  endforeach()
endfunction()

# With DSQ_TUNE_TRAINING: the kernel with each of these tiles, for one instruction set, in the library dsq_training_tiles, and its row
# of conv2d_tiles.inc or conv2d_backward_weight_tiles.inc for bench/training_tiles.cpp.
function(dsq_add_tiles instruction_set operation kernel parameter current row)
  cmake_parse_arguments(PARSE_ARGV 6 arg "" "" "TILES;PARAMS")
  if(NOT DSQ_TUNE_TRAINING)
    return()
  endif()
  foreach(tile IN LISTS arg_TILES)
    set(name dsq_tile_${operation}_${kernel}_${tile}_${instruction_set})
    dsq_add_kernel(${name} GENERATOR ${operation} LIBRARY dsq_training_tiles TARGETS ${DSQ_TARGET_${instruction_set}}
                   PARAMS ${arg_PARAMS} ${parameter}=${tile})
    set_property(GLOBAL APPEND_STRING PROPERTY DSQ_TILE_HEADERS "#include \"${name}.h\"\n")
    set_property(GLOBAL APPEND_STRING PROPERTY DSQ_${operation}_TILE_ROWS
                 "    {${name}, \"${instruction_set}\", \"${kernel}\", ${tile}, ${current}, ${row}},\n")
  endforeach()
endfunction()

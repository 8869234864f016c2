/// Which way and tile a layer gets where no table of tuned choices has it.
#pragma once

#include "compile/compile_target.h"
#include "compile/convolution_way.h"

namespace dsq {

struct WayChoice {
    ConvolutionWay way = ConvolutionWay::smlal;
    Tile tile;
};

/// A good default on such a core: always one that plan_convolution takes for codes of up to 8 bits.
WayChoice default_way(InstructionSet instruction_set, std::string_view core, const ConvolutionOperands &operands);

}  // namespace dsq

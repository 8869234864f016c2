/// Which way and tile a layer gets where no table of tuned choices has it.
#pragma once

#include <string_view>
#include <vector>

#include "compile/compile_target.h"
#include "compile/convolution_way.h"

namespace dsq {

struct WayChoice {
    ConvolutionWay way = ConvolutionWay::smlal;
    Tile tile;

    bool operator==(const WayChoice &) const = default;
};

/// Good defaults on such a core, the best first. Which of them the weights allow, plan_convolution tells; the last
/// takes all codes of up to 8 bits.
std::vector<WayChoice> default_ways(InstructionSet instruction_set,
                                    std::string_view core,
                                    const ConvolutionOperands &operands);

}  // namespace dsq

/// What is deployed: a network of integers, made of a trained one (compile/lower.h). It is the single truth of what a
/// model computes; the interpreter (integer_interpreter.h) and every compiled library give the same codes and values.
///
/// Tensors hold codes (integers of a few bits in an int8) or reals (float32). Where reals enter, each operation is
/// rounded by itself, so all targets agree bit for bit. Layout: [y][x][channel], one image after the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "dsq/status.h"
#include "model/code_grid.h"
#include "model/code_weights.h"
#include "model/network.h"

namespace dsq {

constexpr int no_tensor_index = -1;

struct IntegerTensor {
    std::string name = {};  ///< of the layer whose output it is; "layer1.0.conv2.input" where it is what one reads
    Shape shape = {};
    bool is_codes = false;
    CodeRange range = {};           ///< of codes
    int distance = 1;               ///< of neighbouring codes: 2 for -1 and +1
    std::vector<int> padding = {};  ///< of codes: what a window sees outside the image, one for each channel
};

/// A real is made of an accumulator: clamp(accumulator * scale + shift [+ residual]), each operation rounded.
struct RealEpilogue {
    std::vector<float> scale = {}, shift = {};  ///< of each output channel
    int residual = no_tensor_index;             ///< a tensor of reals, of the output's shape
    float clamp_lower = -std::numeric_limits<float>::infinity();
    float clamp_upper = std::numeric_limits<float>::infinity();
    int output = no_tensor_index;  ///< reals, if someone reads them
    int codes = no_tensor_index;   ///< the same, quantized, if someone reads that
    CodeGrid grid = {};            ///< of `codes`
};

/// A code is made of an accumulator: lowest + distance * (how many thresholds of its channel `accumulator ^ flip` has
/// reached). flip is 0, or -1 where codes fall as the accumulator rises (~a is -a - 1: it turns the order around).
struct ThresholdEpilogue {
    int lowest = 0;
    int distance = 1;
    std::vector<std::int32_t> thresholds = {};  ///< [level][channel], rising along the levels
    std::vector<std::int32_t> flips = {};       ///< [channel]; empty: all 0
    int codes = no_tensor_index;
};

/// The pixels of the image: uint8, or float32 from 0 to 1, as codes pixel - 128. A real x is pixel
/// floor(clamp(x * 255, 0, 255) + 1/2).
struct InputNode {
    int codes = no_tensor_index;
    /// The tensor has one more channel than the image: 0 in it, and 1 outside, as padding. A first layer that was
    /// trained in float32 puts right there what its padding of whole pixels lacks.
    bool marks_outside = false;
};

/// accumulator(co, x, y) = (sum of weight * code over window and input channels) << offset_shift, plus offset * (sum of
/// the codes of the window). Padding is kernel / 2. depthwise: each channel by itself, weights have one input channel.
/// flatten: the image is taken as one pixel of all its codes, in the order of the layout (kernel 1).
struct ConvolutionNode {
    int input = no_tensor_index;
    CodeWeights weights = {};
    CodeRange weight_range = {};
    int weight_bits = 8;
    int stride = 1;
    bool depthwise = false;
    bool flatten = false;
    std::int32_t offset = 0;  ///< 0: none
    int offset_shift = 0;
    std::variant<ThresholdEpilogue, RealEpilogue> epilogue = {};
};

/// Reals to codes.
struct QuantizeNode {
    int input = no_tensor_index, codes = no_tensor_index;
    CodeGrid grid = {};
};

/// Of reals: every stride-th pixel, channels of zeros on both sides.
struct ShortcutNode {
    int input = no_tensor_index, output = no_tensor_index;
    int stride = 1;
};

/// Of codes or of reals, of the pixels of the window that lie in the image; the least one where flips is -1.
struct MaxPoolNode {
    int input = no_tensor_index, output = no_tensor_index;
    int kernel = 2, stride = 2, padding = 0;
    std::vector<std::int32_t> flips = {};  ///< [channel]; empty: all 0
};

/// Of reals: the sum over the pixels in the order of the layout, divided by their number.
struct GlobalAveragePoolNode {
    int input = no_tensor_index, output = no_tensor_index;
};

/// A fully connected layer of reals in integers: with m the largest magnitude of the image and L = 2^(activation_bits -
/// 1) - 1, its codes are round-half-up(x * (L / m)) (all 0 where m is 0), and output = (sum of weight * code) * scale *
/// (m / L) + bias, each operation rounded. The sum fits 32 bits.
struct LinearNode {
    int input = no_tensor_index, output = no_tensor_index;
    int activation_bits = 16;
    std::vector<std::int8_t> weights = {};     ///< [out][in], in the order of the layout
    std::vector<float> scale = {}, bias = {};  ///< [out]
};

using IntegerOperation = std::
    variant<InputNode, ConvolutionNode, QuantizeNode, ShortcutNode, MaxPoolNode, GlobalAveragePoolNode, LinearNode>;

struct IntegerNode {
    std::string name = {};  ///< of the layer whose output it gives
    IntegerOperation operation = {};
};

struct IntegerGraph {
    std::string name = {};
    Shape input = {};  ///< of an image
    std::vector<IntegerTensor> tensors = {};
    std::vector<IntegerNode> nodes = {};  ///< in an order in which they can run
    int logits = no_tensor_index;         ///< reals, one pixel
};

/// Channels times pixels.
std::size_t element_count(const Shape &shape);

/// Checks all that interpreter and compiler rely on: every size, index and range, that numbers are finite, that a
/// tensor is written once and before it is read, and that no sum can leave 32 bits. Error: invalid_argument, with a
/// message that names the node, the tensor or field, what was expected and what was found.
Status validate(const IntegerGraph &graph);

}  // namespace dsq

// A kernel of codes, made for one small layer by tests/codes_kernels.cmake, on operands that the test chooses.
#pragma once

#include <HalideBuffer.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "compile/pack_weights.h"
#include "model/code_range.h"
#include "model/code_weights.h"
#include "model/integer_nodes.h"
#include "tests/reference/conv2d_codes.h"
#include "tests/support/callee_saved_registers.h"
#include "tests/support/codes_output.h"
#include "tests/support/guarded_tensor.h"
#include "tests/support/instruction_sets.h"
#include "tests/support/samples.h"

namespace dsq::tests {

// What the kernel was compiled for: its generator's parameters.
struct CodesKernel {
    const char *name;
    int (*run)(void **arguments);
    int in_channels, out_channels, kernel, stride, width, height;
    int weight_bits, activation_bits;
    const char *epilogue;
    int tile_channels;
    bool wide;  // 32-bit accumulators
    bool has_offset, has_residual;
    int offset_shift, levels, lowest_code, code_distance;
    bool has_flips;
    bool depthwise;
};

inline void PrintTo(const CodesKernel &kernel, std::ostream *stream) {
    *stream << kernel.name;
}

// Every kernel on every instruction set that its way has.
using CodesParam = std::tuple<std::string, CodesKernel>;
inline std::string codes_test_name(const testing::TestParamInfo<CodesParam> &param) {
    return std::get<0>(param.param) + "_" + std::get<1>(param.param).name;
}

// Whether an operand's codes are -1 and +1.
inline bool are_signs(const CodesKernel &kernel, int bits) {
    return kernel.code_distance == 2 || (bits == 1 && std::string_view(kernel.name).starts_with("popcount"));
}
inline CodeRange range_of(const CodesKernel &kernel, int bits) {
    return are_signs(kernel, bits) ? CodeRange{-1, 1} : shifted_range(bits);
}

// Those with this word in their names, or those without: "overflow" has sums that are too long for operands at their
// bounds.
inline std::vector<CodesKernel> kernels_with(std::span<const CodesKernel> kernels,
                                             std::string_view word,
                                             bool has = true) {
    std::vector<CodesKernel> chosen;
    for (const CodesKernel &kernel : kernels) {
        if ((std::string_view(kernel.name).find(word) != std::string_view::npos) == has) chosen.push_back(kernel);
    }
    return chosen;
}

// How a way has its weights (compile/pack_weights.h), as bytes: so many weights of an output channel lie together.
struct Packing {
    std::vector<std::int8_t> (*pack)(const CodeWeights &weights, int tile_channels);
    int group = 1;
    int added_taps = 0;  // by which their extent exceeds the window's
    int weight_bytes = 1;
    int added = 0;         // to the activations, for which the sums' start makes up
    int row_channels = 0;  // of the only tap in a row
    std::vector<std::int32_t> (*start)(const CodeWeights &weights) = nullptr;  // of sums, if not 0 or for `added`
};

// "rows_24": 24.
inline int row_channels_of(std::string_view name) {
    const std::string_view word = "rows_";
    const std::size_t at = name.find(word);
    return at == std::string_view::npos ? 0 : std::atoi(name.data() + at + word.size());
}

class CodesCase {
public:
    static constexpr int batch = 2;

    CodesCase(const CodesKernel &kernel, Packing packing, unsigned seed)
        : kernel_(kernel),
          packing_(packing),
          random_(seed),
          weights_{kernel.out_channels, kernel.depthwise ? 1 : kernel.in_channels, kernel.kernel, {}},
          input_(in_view().storage() + std::size_t(packing.row_channels)),
          residual_(out_view().storage()) {
        weights_.values.resize(std::size_t(kernel.out_channels * weights_.in_channels * kernel.kernel * kernel.kernel));
        for (std::int16_t &weight : weights_.values) weight = code_of(kernel.weight_bits);
        for (std::int8_t &code : input_.span()) {
            code = static_cast<std::int8_t>(code_of(kernel.activation_bits));
        }
        for (float &value : residual_.span()) value = uniform(random_, -50.0F, 50.0F);
        for (int c = 0; c < kernel.out_channels; ++c) {
            offsets_.push_back(integer(-7, 7));
            scale_.push_back(uniform(random_, 0.001F, 2.0F));
            shift_.push_back(uniform(random_, -9.0F, 9.0F));
            flips_.push_back(kernel.has_flips ? integer(-1, 0) : 0);
        }
    }

    // Every weight and code of the whole case the same, as far as their ranges go.
    void fill(int weight, int code) {
        for (std::int16_t &value : weights_.values) value = static_cast<std::int16_t>(weight);
        for (std::int8_t &value : input_.span()) value = static_cast<std::int8_t>(code);
    }

    CodeWeights &weights() {
        return weights_;
    }
    // Each code of the input, its border too: of(channel, x, y).
    template <typename Of>
    void fill_input(Of of) {
        const TensorView<std::int8_t> view = in_view();
        std::int8_t *at = input_.span().data();
        for (int n = 0; n < batch; ++n) {
            for (int y = -view.border; y < view.height + view.border; ++y) {
                for (int x = -view.border; x < view.width + view.border; ++x) {
                    for (int c = 0; c < view.channels; ++c) *at++ = static_cast<std::int8_t>(of(c, x, y));
                }
            }
        }
    }

    // How many elements of the outputs differ from the reference; -1 where the kernel fails.
    long differences() {
        const std::string epilogue = kernel_.epilogue;
        compute_sums();
        if (epilogue == "int32") {
            return differing<std::int32_t>({}, [&](std::size_t i) { return std::int32_t(sums_[i]); });
        }
        if (epilogue.starts_with("float32")) return float_differences();
        return !kernel_.wide && !kernel_.has_offset ? code_differences<std::int16_t>()
                                                    : code_differences<std::int32_t>();
    }

private:
    TensorView<std::int8_t> in_view() {
        TensorView<std::int8_t> view{
            nullptr, kernel_.in_channels, kernel_.width, kernel_.height, batch, kernel_.kernel / 2};
        view.data = input_.span().data() + view.origin();
        return view;
    }
    int out_extent(int extent) const {
        return (extent + 2 * (kernel_.kernel / 2) - kernel_.kernel) / kernel_.stride + 1;
    }
    TensorView<float> out_view() {
        return {residual_.span().data(),
                kernel_.out_channels,
                out_extent(kernel_.width),
                out_extent(kernel_.height),
                batch,
                0};
    }
    int integer(int low, int high) {
        return low + static_cast<int>(random_() % static_cast<unsigned>(high - low + 1));
    }
    std::int16_t code_of(int bits) {
        const CodeRange range = range_of(kernel_, bits);
        const int distance = are_signs(kernel_, bits) ? 2 : 1;
        return static_cast<std::int16_t>(range.low + distance * integer(0, (range.high - range.low) / distance));
    }

    // In the order of the output's memory.
    void compute_sums() {
        sums_.clear();
        const TensorView<float> out = out_view();
        for (int n = 0; n < batch; ++n) {
            for (int y = 0; y < out.height; ++y) {
                for (int x = 0; x < out.width; ++x) {
                    for (int c = 0; c < out.channels; ++c) {
                        const auto window = reference::codes_window(weights_, kernel_.stride, in_view(), c, x, y, n);
                        const std::int64_t offset = kernel_.has_offset ? offsets_[std::size_t(c)] * window.codes : 0;
                        sums_.push_back((window.sum << (kernel_.has_offset ? kernel_.offset_shift : 0)) + offset);
                    }
                }
            }
        }
    }

    std::size_t channel_of(std::size_t element) const {
        return element % std::size_t(kernel_.out_channels);
    }

    // Thresholds among the sums that occur, rising along the levels: [level][channel].
    template <typename Sum>
    std::vector<Sum> thresholds() {
        const auto channels = std::size_t(kernel_.out_channels), levels = std::size_t(kernel_.levels);
        std::vector<Sum> result(levels * channels);
        for (std::size_t c = 0; c < channels; ++c) {
            std::vector<Sum> chosen;
            for (std::size_t level = 0; level < levels; ++level) {
                const std::int64_t sum = sums_[random_() % (sums_.size() / channels) * channels + c];
                chosen.push_back(static_cast<Sum>(sum ^ flips_[c]));
            }
            std::ranges::sort(chosen);
            for (std::size_t level = 0; level < levels; ++level) result[level * channels + c] = chosen[level];
        }
        return result;
    }

    template <typename Sum>
    long code_differences() {
        const std::vector<Sum> all = thresholds<Sum>();
        GuardedTensor<Sum> guarded(all), guarded_flips(std::vector<Sum>(flips_.begin(), flips_.end()));
        Halide::Runtime::Buffer<Sum, 2> buffer(guarded.span().data(), kernel_.out_channels, kernel_.levels);
        Halide::Runtime::Buffer<Sum, 1> flips(guarded_flips.span().data(), kernel_.out_channels);
        std::vector<void *> operands{static_cast<halide_buffer_t *>(buffer)};
        if (kernel_.has_flips) operands.push_back(static_cast<halide_buffer_t *>(flips));
        return differing<std::int8_t>(operands, [&](std::size_t i) {
            int code = kernel_.lowest_code;
            for (std::size_t level = 0; level < std::size_t(kernel_.levels); ++level) {
                const Sum threshold = all[level * std::size_t(kernel_.out_channels) + channel_of(i)];
                code += (sums_[i] ^ flips_[channel_of(i)]) >= threshold ? kernel_.code_distance : 0;
            }
            return static_cast<std::int8_t>(code);
        });
    }

    // The real of an element, each operation rounded.
    float real(std::size_t i, float lower, float upper) {
        const float product = static_cast<float>(sums_[i]) * scale_[channel_of(i)];
        float value = product + shift_[channel_of(i)];
        if (kernel_.has_residual) value = value + residual_.span()[i];
        return std::clamp(value, lower, upper);
    }

    long float_differences() {
        GuardedTensor<float> scale(scale_), shift(shift_);
        Halide::Runtime::Buffer<float, 1> scales(scale.span().data(), kernel_.out_channels);
        Halide::Runtime::Buffer<float, 1> shifts(shift.span().data(), kernel_.out_channels);
        TensorBuffer<float> addend = buffer(out_view());
        float lower = -20.0F, upper = 70.0F;
        CodeGrid grid{.lower = -13.7F,
                      .step = 9.1F,
                      .inverse_step = 1.0F / 9.1F,
                      .levels = kernel_.levels,
                      .lowest = kernel_.lowest_code,
                      .distance = kernel_.code_distance};
        std::vector<void *> operands{static_cast<halide_buffer_t *>(scales), static_cast<halide_buffer_t *>(shifts)};
        if (kernel_.has_residual) operands.push_back(static_cast<halide_buffer_t *>(addend));
        operands.insert(operands.end(), {&lower, &upper});
        const auto expected = [&](std::size_t i) { return real(i, lower, upper); };
        const auto expected_code = [&](std::size_t i) {
            return static_cast<std::int8_t>(dsq::code_of(grid, real(i, lower, upper)));
        };
        const std::string_view epilogue = kernel_.epilogue;
        if (epilogue == "float32") return differing<float>(operands, expected);
        operands.insert(operands.end(), {&grid.lower, &grid.step, &grid.inverse_step});
        if (epilogue == "float32_codes") return differing<std::int8_t>(operands, expected_code);
        CodesOutput<float> reals(out_view());
        operands.push_back(reals.argument());
        const long differing_codes = differing<std::int8_t>(operands, expected_code);
        return differing_codes < 0 ? -1 : differing_codes + reals.differing(expected);
    }

    std::vector<std::int32_t> start(int channels) const {
        std::vector<std::int32_t> start;
        if (packing_.start != nullptr) start = packing_.start(weights_);
        start.resize(static_cast<std::size_t>(channels));
        const std::size_t products = weights_.values.size() / static_cast<std::size_t>(kernel_.out_channels);
        for (std::size_t i = 0; i < weights_.values.size(); ++i) {
            start[i / products] -= packing_.added * weights_.values[i];
        }
        return start;
    }

    // Runs the kernel and compares each element with expected(its index).
    template <typename Element, typename Expected>
    long differing(const std::vector<void *> &operands, Expected expected) {
        const int row = packing_.row_channels;
        const std::vector<std::int8_t> packed =
            packing_.pack(row > 0 ? rows_as_channels(weights_, row) : weights_, kernel_.tile_channels);
        GuardedTensor<std::int8_t> guarded_weights(packed);
        GuardedTensor<std::int32_t> guarded_offsets(offsets_);
        const int taps = kernel_.kernel + packing_.added_taps, taps_x = row > 0 ? 1 : taps,
                  tiles = (kernel_.out_channels + kernel_.tile_channels - 1) / kernel_.tile_channels;
        const int lanes = kernel_.tile_channels * packing_.group;
        const int steps = static_cast<int>(packed.size()) / (packing_.weight_bytes * lanes * taps_x * taps * tiles);
        Halide::Runtime::Buffer<void, 5> weights(
            halide_type_t(halide_type_int, static_cast<std::uint8_t>(8 * packing_.weight_bytes)),
            guarded_weights.span().data(),
            lanes,
            steps,
            taps_x,
            taps,
            tiles);
        Halide::Runtime::Buffer<std::int32_t, 1> offsets(guarded_offsets.span().data(), kernel_.out_channels);
        TensorBuffer<std::int8_t> input = buffer(in_view(), kernel_.kernel / 2);
        if (row > 0) input.raw_buffer()->dim[0].extent = row;
        CodesOutput<Element> output(out_view());

        GuardedTensor<std::int32_t> guarded_start(start(tiles * kernel_.tile_channels));
        Halide::Runtime::Buffer<std::int32_t, 1> starts(guarded_start.span().data(), tiles * kernel_.tile_channels);

        std::vector<void *> arguments{static_cast<halide_buffer_t *>(input), static_cast<halide_buffer_t *>(weights)};
        if (packing_.added != 0 || packing_.start != nullptr)
            arguments.push_back(static_cast<halide_buffer_t *>(starts));
        if (kernel_.has_offset) arguments.push_back(static_cast<halide_buffer_t *>(offsets));
        arguments.insert(arguments.end(), operands.begin(), operands.end());
        arguments.push_back(output.argument());
        const CheckedCall call = call_with_marked_registers(kernel_.run, arguments.data());
        EXPECT_TRUE(call.keeps_registers) << kernel_.name;
        return call.status == 0 ? output.differing(expected) : -1;
    }

    const CodesKernel &kernel_;
    Packing packing_;
    Random random_;
    CodeWeights weights_;
    GuardedTensor<std::int8_t> input_;
    GuardedTensor<float> residual_;
    std::vector<std::int32_t> offsets_, flips_;
    std::vector<float> scale_, shift_;
    std::vector<std::int64_t> sums_;
};

// The kernel of a test, on the test's instruction set.
class OnEveryCodesKernel : public testing::TestWithParam<CodesParam> {
protected:
    void SetUp() override {
        const std::string reason = force_instruction_set(std::get<0>(GetParam()));
        if (!reason.empty()) GTEST_SKIP() << reason;
    }
    const CodesKernel &kernel() const {
        return std::get<1>(GetParam());
    }

    // Adds how much the output differs. A kernel that fails is no difference: it fails the test.
    static void add_differences(CodesCase &operands, long &differences) {
        const long found = operands.differences();
        ASSERT_GE(found, 0) << "the kernel failed";
        differences += found;
    }
    void expect_equal_for_random_codes(const Packing &packing) const {
        for (unsigned seed = 1; seed <= 3; ++seed) {
            EXPECT_EQ(CodesCase(kernel(), packing, seed).differences(), 0) << "seed " << seed;
        }
    }
    // With all weights at a bound and all codes at a bound.
    long differences_at_the_bounds(const Packing &packing) const {
        const CodeRange weights = range_of(kernel(), kernel().weight_bits);
        const CodeRange codes = range_of(kernel(), kernel().activation_bits);
        long differences = 0;
        for (const int weight : {weights.low, weights.high}) {
            for (const int code : {codes.low, codes.high}) {
                CodesCase bounds(kernel(), packing, 1);
                bounds.fill(weight, code);
                add_differences(bounds, differences);
            }
        }
        return differences;
    }
};

#define DSQ_ON_EVERY_CODES_KERNEL(Suite, kernels)                                                  \
    INSTANTIATE_TEST_SUITE_P(                                                                      \
        On,                                                                                        \
        Suite,                                                                                     \
        testing::Combine(testing::Values(DSQ_CODES_INSTRUCTION_SETS), testing::ValuesIn(kernels)), \
        codes_test_name)

}  // namespace dsq::tests

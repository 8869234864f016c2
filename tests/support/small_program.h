// A program of three kernels as a plan, and what it computes in plain C++: codes of an image with its border, through
// two tensors in the workspace, to floats.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "compile/pack_weights.h"
#include "compile/program_plan.h"
#include "operators/tensor_view.h"
#include "tests/reference/conv2d_codes.h"
#include "tests/support/samples.h"

namespace dsq::tests {

class SmallProgram {
public:
    static constexpr int width = 70, height = 66, channels = 16, middle_channels = 32;
    static constexpr float clamp_lower = -20.0F, clamp_upper = 30.0F;
    static constexpr int lowest = -2, levels = 3, padding = 1;  // the code outside the middle tensor's images

    explicit SmallProgram(unsigned seed) : random_(seed) {
        first_ = weights(middle_channels, channels, 3);
        second_ = weights(channels, middle_channels, 3);
        third_ = weights(channels, channels, 1);
        input_ = codes(channels * (width + 2) * (height + 2));
        for (int c = 0; c < channels; ++c) {
            offsets_.push_back(integer(-3, 3));
            scale_.push_back(uniform(random_, 0.001F, 2.0F));
            shift_.push_back(uniform(random_, -9.0F, 9.0F));
        }
        first_thresholds_ = thresholds<std::int16_t>(middle_channels, 20);
        second_thresholds_ = thresholds<std::int32_t>(channels, 200);
    }

    const std::vector<std::int8_t> &input() const {
        return input_;
    }

    // For these targets, each with what it requires of the processor.
    ProgramPlan plan(const std::string &name, const std::vector<ProgramVariant> &targets) const {
        ProgramPlan program;
        program.name = name;
        program.about = "Three convolutions.\nOf codes.";
        program.input = "int8_t codes, [y][x][channel].";
        program.output = "float, [y][x][channel].";
        for (ProgramVariant variant : targets) {
            variant.kernels = {first(), second(), third()};
            variant.tensor_bytes = second_offset + second_bytes;
            program.variants.push_back(variant);
        }
        return program;
    }

    std::vector<float> expected() const {
        std::vector<std::int8_t> middle(std::size_t(middle_channels * (width + 2) * (height + 2)), padding);
        std::vector<std::int8_t> last(std::size_t(channels * width * height));
        TensorView<std::int8_t> middle_view = view(middle, middle_channels, 1), last_view = view(last, channels, 0);
        std::vector<std::int8_t> image = input_;
        each(middle_view, [&](std::int8_t &code, int c, int x, int y) {
            const auto window = reference::codes_window(first_, 1, view(image, channels, 1), c, x, y, 0);
            code = reached(first_thresholds_, middle_channels, c, window.sum);
        });
        each(last_view, [&](std::int8_t &code, int c, int x, int y) {
            const auto window = reference::codes_window(second_, 1, middle_view, c, x, y, 0);
            const std::int64_t sum = 2 * window.sum + offsets_[std::size_t(c)] * window.codes;
            code = reached(second_thresholds_, channels, c, sum);
        });
        std::vector<float> result(last.size());
        each(view(result, channels, 0), [&](float &value, int c, int x, int y) {
            const auto window = reference::codes_window(third_, 1, last_view, c, x, y, 0);
            value = static_cast<float>(window.sum) * scale_[std::size_t(c)];
            value += shift_[std::size_t(c)];
            value = std::clamp(value, clamp_lower, clamp_upper);
        });
        return result;
    }

    // Of the workspace's tensors: the middle one with its border, and the one behind.
    static constexpr std::size_t middle_row = std::size_t{middle_channels} * (width + 2);
    static constexpr std::size_t middle_bytes = middle_row * (height + 2);
    static constexpr std::size_t second_offset = (middle_bytes + 63) / 64 * 64;
    static constexpr std::size_t second_bytes = std::size_t{channels} * width * height;

private:
    using Parameters = std::map<std::string, std::string>;

    int integer(int low, int high) {
        return low + static_cast<int>(random_() % static_cast<unsigned>(high - low + 1));
    }
    std::vector<std::int8_t> codes(int count) {
        std::vector<std::int8_t> all(static_cast<std::size_t>(count));
        for (std::int8_t &code : all) code = static_cast<std::int8_t>(integer(lowest, lowest + levels));
        return all;
    }
    CodeWeights weights(int out, int in, int kernel) {
        const std::vector<std::int8_t> values = codes(out * in * kernel * kernel);
        return {out, in, kernel, {values.begin(), values.end()}};
    }
    static std::size_t index_of(int level, int count, int c) {
        const int index = level * count + c;
        return static_cast<std::size_t>(index);
    }
    template <typename Sum>
    std::vector<Sum> thresholds(int count, int bound) {
        std::vector<Sum> all(index_of(levels, count, 0));
        for (int c = 0; c < count; ++c) {
            std::array<int, levels> rising{};
            for (int &threshold : rising) threshold = integer(-bound, bound);
            std::ranges::sort(rising);
            for (int level = 0; level < levels; ++level) {
                all[index_of(level, count, c)] = static_cast<Sum>(rising[std::size_t(level)]);
            }
        }
        return all;
    }

    template <typename Sum>
    static std::int8_t reached(const std::vector<Sum> &thresholds, int count, int c, std::int64_t sum) {
        int code = lowest;
        for (int level = 0; level < levels; ++level) code += sum >= thresholds[index_of(level, count, c)] ? 1 : 0;
        return static_cast<std::int8_t>(code);
    }
    template <typename Element>
    static TensorView<Element> view(std::vector<Element> &memory, int count, int border) {
        TensorView<Element> result{nullptr, count, width, height, 1, border};
        result.data = memory.data() + result.origin();
        return result;
    }
    template <typename Element, typename Of>
    static void each(TensorView<Element> tensor, Of of) {
        for (int y = 0; y < height; ++y) {
            for (int x = 0; x < width; ++x) {
                for (int c = 0; c < tensor.channels; ++c) {
                    of(tensor.data[y * tensor.row_stride() + x * tensor.channels + c], c, x, y);
                }
            }
        }
    }

    // Dense, innermost first.
    template <typename Element>
    static BufferPlan constants(const std::vector<Element> &values, const std::vector<int> &extents) {
        BufferPlan buffer;
        buffer.type = ElementTypeOf<Element>::value;
        buffer.place = Place::constants;
        int stride = 1;
        for (const int extent : extents) {
            buffer.dimensions.push_back({0, extent, stride});
            stride *= extent;
        }
        const auto bytes = std::as_bytes(std::span(values));
        buffer.bytes.assign(bytes.begin(), bytes.end());
        return buffer;
    }
    static BufferPlan images(Place place, int count, int border, std::size_t offset, int view_border) {
        BufferPlan buffer;
        buffer.place = place;
        buffer.offset = offset;
        const int row = count * (width + 2 * border);
        buffer.dimensions = {{0, count, 1},
                             {-view_border, width + 2 * view_border, count},
                             {-view_border, height + 2 * view_border, row},
                             {0, 1, row * (height + 2 * border)}};
        return buffer;
    }
    static Parameters parameters(int in, int out, int kernel, const std::string &epilogue) {
        return {{"in_channels", std::to_string(in)},
                {"out_channels", std::to_string(out)},
                {"kernel", std::to_string(kernel)},
                {"width", std::to_string(width)},
                {"height", std::to_string(height)},
                {"tile_channels", std::to_string(out)},
                {"epilogue", epilogue}};
    }
    static BufferPlan packed(const CodeWeights &weights) {
        return constants(pack_tiles(weights, weights.out_channels),
                         {weights.out_channels, weights.in_channels, weights.kernel, weights.kernel, 1});
    }

    KernelPlan first() const {
        KernelPlan kernel{"first", "conv2d_codes_mla", parameters(channels, middle_channels, 3, "codes"), {}, {}};
        kernel.buffers = {
            {"input", images(Place::input, channels, 1, 0, 1)},
            {"weights", packed(first_)},
            {"thresholds", constants(first_thresholds_, {middle_channels, levels})},
            {"output", images(Place::workspace, middle_channels, 1, middle_row + middle_channels, 0)},
        };
        return kernel;
    }
    KernelPlan second() const {
        KernelPlan kernel{"second", "conv2d_codes_smlal", parameters(middle_channels, channels, 3, "codes"), {}, {}};
        kernel.parameters["has_offset"] = "true";
        kernel.parameters["offset_shift"] = "1";
        kernel.buffers = {
            {"input", images(Place::workspace, middle_channels, 1, 0, 1)},
            {"weights", packed(second_)},
            {"offsets", constants(offsets_, {channels})},
            {"thresholds", constants(second_thresholds_, {channels, levels})},
            {"output", images(Place::workspace, channels, 0, second_offset, 0)},
        };
        return kernel;
    }
    KernelPlan third() const {
        KernelPlan kernel{"third", "conv2d_codes_smlal", parameters(channels, channels, 1, "float32"), {}, {}};
        BufferPlan output = images(Place::output, channels, 0, 0, 0);
        output.type = ElementType::f32;
        kernel.buffers = {
            {"input", images(Place::workspace, channels, 0, second_offset, 0)},
            {"weights", packed(third_)},
            {"scale", constants(scale_, {channels})},
            {"shift", constants(shift_, {channels})},
            {"output", output},
        };
        kernel.scalars = {{"clamp_lower", clamp_lower}, {"clamp_upper", clamp_upper}};
        return kernel;
    }

    Random random_;
    CodeWeights first_, second_, third_;
    std::vector<std::int8_t> input_;
    std::vector<std::int16_t> first_thresholds_;
    std::vector<std::int32_t> second_thresholds_, offsets_;
    std::vector<float> scale_, shift_;
};

}  // namespace dsq::tests

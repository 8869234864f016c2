#include "compile/split_convolution.h"

#include <initializer_list>

#include "compile/program_check.h"

namespace dsq {
namespace {

// The dimensions of an image, and that of the tiles of packed weights.
enum Dimension : std::size_t { channel = 0, row = 2, image = 3, weight_tile = 4 };

class Splitter {
public:
    Splitter(KernelPlan &kernel, int tasks) : kernel_(kernel), tasks_(tasks) {
        kernel.tasks = tasks;
    }

    void split_images() {
        const int images = extent(image) / tasks_;
        set("batch", images);
        split(kernel_.buffers.at("input"), image, images, images);
        split_outputs(image, images);
    }

    // Windows reach into the rows of other tasks.
    void split_rows() {
        const int rows = extent(row) / tasks_, kernel = number("kernel"), stride = number("stride");
        const int read = (rows - 1) * stride + kernel, border = 2 * (kernel / 2);
        set("height", read - border);
        split(kernel_.buffers.at("input"), row, read, rows * stride);
        split_outputs(row, rows);
    }

    void split_channels() {
        const int channels = extent(channel) / tasks_;
        set("pixel_stride", extent(channel));
        set("out_channels", channels);
        BufferPlan &weights = kernel_.buffers.at("weights");
        const int tiles = weights.dimensions[weight_tile].extent / tasks_;
        split(weights, weight_tile, tiles, tiles);
        for (auto &[name, values] : kernel_.buffers) {  // scale, shift, ...: a number for each channel
            if (values.dimensions.size() == 1) split(values, channel, channels, channels);
        }
        if (BufferPlan *thresholds = find("thresholds")) split_levels(*thresholds, channels);
        split_outputs(channel, channels);
    }

private:
    BufferPlan *find(const char *name) {
        const auto found = kernel_.buffers.find(name);
        return found != kernel_.buffers.end() ? &found->second : nullptr;
    }
    int number(const char *parameter) const {
        return std::stoi(kernel_.parameters.at(parameter));
    }
    void set(const char *parameter, int value) {
        kernel_.parameters[parameter] = std::to_string(value);
    }
    // Of the output, whichever it has.
    int extent(Dimension dimension) {
        const BufferPlan *output = find("output");
        return (output ? output : find("codes"))->dimensions[dimension].extent;
    }

    // A task sees so many of a dimension, and the next one begins `step` later.
    static void split(BufferPlan &buffer, Dimension dimension, int seen, int step) {
        BufferDimension &part = buffer.dimensions[dimension];
        part.extent = seen;
        buffer.task_stride =
            static_cast<std::size_t>(step) * static_cast<std::size_t>(part.stride) * element_size(buffer.type);
    }
    void split_outputs(Dimension dimension, int count) {
        for (const char *name : {"output", "codes", "residual"}) {
            if (BufferPlan *written = find(name)) split(*written, dimension, count, count);
        }
    }

    // The levels of a task's channels lie together.
    void split_levels(BufferPlan &thresholds, int channels) const {
        const std::size_t size = static_cast<std::size_t>(channels) * element_size(thresholds.type);
        const auto tasks = static_cast<std::size_t>(tasks_);
        const auto levels = static_cast<std::size_t>(thresholds.dimensions[1].extent);
        std::vector<std::byte> bytes;
        for (std::size_t task = 0; task < tasks; ++task) {
            for (std::size_t level = 0; level < levels; ++level) {
                const std::byte *const first = thresholds.bytes.data() + (level * tasks + task) * size;
                bytes.insert(bytes.end(), first, first + size);
            }
        }
        thresholds.bytes = std::move(bytes);
        thresholds.dimensions[0].extent = thresholds.dimensions[1].stride = channels;
        thresholds.task_stride = levels * size;
    }

    KernelPlan &kernel_;
    int tasks_;
};

}  // namespace

void split_convolution(KernelPlan &kernel, int tile_channels, int most) {
    const auto output = kernel.buffers.contains("output") ? "output" : "codes";
    const std::vector<BufferDimension> extents = kernel.buffers.at(output).dimensions;
    const bool share_input = byte_span(kernel.buffers.at("input")) < byte_span(kernel.buffers.at("weights"));
    for (int tasks = most; tasks > 1; --tasks) {
        const bool by_rows = extents[row].extent % tasks == 0;
        const bool by_channels = extents[channel].extent % (tasks * tile_channels) == 0;
        if (extents[image].extent % tasks == 0) return Splitter(kernel, tasks).split_images();
        if (by_channels && (share_input || !by_rows)) return Splitter(kernel, tasks).split_channels();
        if (by_rows) return Splitter(kernel, tasks).split_rows();
    }
}

}  // namespace dsq

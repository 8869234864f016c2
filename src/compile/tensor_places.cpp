#include "compile/tensor_places.h"

#include <algorithm>
#include <limits>

#include "compile/memory_plan.h"

namespace dsq {
namespace {

// Elements behind a tensor that kernels may read, though not use: where a row's pixels count as channels, a window of
// 0 weights reaches there.
constexpr std::size_t read_behind = 64;

std::size_t index(int i) {
    return static_cast<std::size_t>(i);
}

std::vector<int> tensors_of(const InputNode &node) {
    return {node.codes};
}
std::vector<int> tensors_of(const ConvolutionNode &node) {
    if (const auto *real = std::get_if<RealEpilogue>(&node.epilogue)) {
        return {node.input, real->residual, real->output, real->codes};
    }
    return {node.input, std::get<ThresholdEpilogue>(node.epilogue).codes};
}
std::vector<int> tensors_of(const QuantizeNode &node) {
    return {node.input, node.codes};
}
template <typename Node>
std::vector<int> tensors_of(const Node &node) {
    return {node.input, node.output};
}

// Tensors live from the node that writes them to the last that reads them.
void set_steps(const IntegerGraph &graph, std::vector<MemoryRequest> &requests) {
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
        const auto tensors = std::visit([](const auto &node) { return tensors_of(node); }, graph.nodes[n].operation);
        for (const int t : tensors) {
            if (t == no_tensor_index) continue;
            MemoryRequest &request = requests[index(t)];
            if (request.first_step < 0) request.first_step = static_cast<int>(n);
            request.last_step = static_cast<int>(n);
        }
    }
}

}  // namespace

TensorPlaces::TensorPlaces(const IntegerGraph &graph, int batch)
    : graph_(graph), batch_(batch), borders_(graph.tensors.size(), 0) {
    for (const IntegerNode &node : graph.nodes) {
        const auto *convolution = std::get_if<ConvolutionNode>(&node.operation);
        if (convolution == nullptr || convolution->flatten) continue;
        int &border = borders_[index(convolution->input)];
        border = std::max(border, convolution->weights.kernel / 2);
    }
}

Status TensorPlaces::check_size(int t) const {
    const Shape &shape = tensor(t).shape;
    const std::int64_t around = 2 * std::int64_t{border(t)};
    const std::int64_t elements = shape.channels * (shape.width + around) * (shape.height + around) * batch_;
    const std::int64_t bytes = elements * static_cast<std::int64_t>(element_bytes(t));
    constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
    if (bytes <= most) return {};
    return {ErrorCode::invalid_argument,
            "tensor " + tensor(t).name + ": expected at most " + std::to_string(most) + " bytes for " +
                std::to_string(batch_) + " images, found " + std::to_string(bytes)};
}

Status TensorPlaces::plan() {
    const int count = static_cast<int>(graph_.tensors.size());
    std::vector<MemoryRequest> requests;
    for (int t = 0; t < count; ++t) {
        if (Status status = check_size(t); !status.ok()) return status;
        const std::size_t bytes = (index(image_stride(t)) * index(batch_) + read_behind) * element_bytes(t);
        requests.push_back({t == graph_.logits ? 0 : bytes, -1, -1});
    }
    set_steps(graph_, requests);
    const MemoryPlan memory = plan_memory(requests, workspace_alignment);
    workspace_bytes_ = memory.bytes;
    places_.clear();
    for (int t = 0; t < count; ++t) {
        places_.push_back({t == graph_.logits ? Place::output : Place::workspace,
                           memory.offsets[index(t)] + border_elements(t) * element_bytes(t),
                           border(t)});
    }
    return {};
}

int TensorPlaces::row_stride(int t) const {
    return tensor(t).shape.channels * (tensor(t).shape.width + 2 * border(t));
}
int TensorPlaces::image_stride(int t) const {
    return row_stride(t) * (tensor(t).shape.height + 2 * border(t));
}
// Before the first element of an image.
std::size_t TensorPlaces::border_elements(int t) const {
    return index(border(t)) * index(row_stride(t) + tensor(t).shape.channels);
}

BufferPlan TensorPlaces::memory(int t) const {
    BufferPlan buffer;
    buffer.type = tensor(t).is_codes ? ElementType::i8 : ElementType::f32;
    buffer.place = places_[index(t)].place;
    buffer.offset = places_[index(t)].offset;
    return buffer;
}

BufferPlan TensorPlaces::image(int t, int border) const {
    const Shape &shape = tensor(t).shape;
    const int channels = shape.channels;
    BufferPlan buffer = memory(t);
    buffer.dimensions = {{0, channels, 1},
                         {-border, shape.width + 2 * border, channels},
                         {-border, shape.height + 2 * border, row_stride(t)},
                         {0, batch_, image_stride(t)}};
    buffer.offset -= index(border) * index(row_stride(t) + channels) * element_bytes(t);
    return buffer;
}

BufferPlan TensorPlaces::flat(int t, bool with_pixels) const {
    BufferPlan buffer = memory(t);
    buffer.dimensions = {{0, image_stride(t), 1}};
    if (with_pixels) buffer.dimensions.resize(3, {0, 1, image_stride(t)});
    buffer.dimensions.push_back({0, batch_, image_stride(t)});
    return buffer;
}

BufferPlan TensorPlaces::with_border(int t) const {
    BufferPlan buffer = flat(t);
    buffer.offset -= border_elements(t) * element_bytes(t);
    return buffer;
}

}  // namespace dsq

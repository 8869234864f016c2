#include "model/integer_interpreter.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "runtime/parallel.h"

namespace dsq {
namespace {

Status check(const IntegerGraph &graph, std::size_t elements, int count) {
    if (Status status = validate(graph); !status.ok()) return status;
    const std::size_t expected = static_cast<std::size_t>(std::max(count, 0)) * element_count(graph.input);
    if (count >= 0 && elements == expected) return {};
    return {ErrorCode::mismatched_buffers,
            "images: expected " + std::to_string(count) + " x " + std::to_string(element_count(graph.input)) +
                " elements, found " + std::to_string(elements)};
}

// Calls `use` with the number of each image and its tensors.
template <typename Use>
Status run(const IntegerGraph &graph, std::span<const std::uint8_t> images, int count, Use use) {
    if (Status status = check(graph, images.size(), count); !status.ok()) return status;
    const std::size_t pixels = element_count(graph.input);
    std::vector<std::vector<std::int16_t>> weights;
    for (const IntegerNode &node : graph.nodes) weights.push_back(ordered_weights(node));
    runtime::parallel_for(count, [&](int image_number) {
        const auto number = static_cast<std::size_t>(image_number);
        ImageTensors image{
            graph.tensors, images.subspan(number * pixels, pixels), std::vector<TensorValues>(graph.tensors.size())};
        for (std::size_t n = 0; n < graph.nodes.size(); ++n) evaluate(graph.nodes[n], weights[n], image);
        use(number, image.values);
    });
    return {};
}

// Puts the values of an image behind those of the images before it.
template <typename Element>
void place(const std::vector<Element> &of_image, std::size_t number, std::vector<Element> &all) {
    std::ranges::copy(of_image, all.begin() + static_cast<std::ptrdiff_t>(number * of_image.size()));
}

}  // namespace

Status interpret(const IntegerGraph &graph, std::span<const std::uint8_t> images, int count, IntegerTrace &trace) {
    if (Status status = check(graph, images.size(), count); !status.ok()) return status;
    trace.tensors.assign(graph.tensors.size(), {});
    for (std::size_t tensor = 0; tensor < graph.tensors.size(); ++tensor) {
        const std::size_t size = static_cast<std::size_t>(count) * element_count(graph.tensors[tensor].shape);
        TensorValues &values = trace.tensors[tensor];
        if (graph.tensors[tensor].is_codes)
            values.codes.resize(size);
        else
            values.reals.resize(size);
    }
    const auto keep = [&](std::size_t number, const std::vector<TensorValues> &values) {
        for (std::size_t tensor = 0; tensor < values.size(); ++tensor) {
            place(values[tensor].codes, number, trace.tensors[tensor].codes);
            place(values[tensor].reals, number, trace.tensors[tensor].reals);
        }
    };
    Status status = run(graph, images, count, keep);
    trace.logits = trace.tensors[static_cast<std::size_t>(graph.logits)].reals;
    return status;
}

Status interpret(const IntegerGraph &graph, std::span<const float> images, int count, IntegerTrace &trace) {
    std::vector<std::uint8_t> pixels(images.size());
    std::ranges::transform(images, pixels.begin(), pixel_of);
    return interpret(graph, pixels, count, trace);
}

Status interpret_logits(const IntegerGraph &graph,
                        std::span<const std::uint8_t> images,
                        int count,
                        std::vector<float> &logits) {
    if (Status status = check(graph, images.size(), count); !status.ok()) return status;
    const auto tensor = static_cast<std::size_t>(graph.logits);
    logits.resize(static_cast<std::size_t>(count) * element_count(graph.tensors[tensor].shape));
    return run(graph, images, count, [&](std::size_t number, const std::vector<TensorValues> &values) {
        place(values[tensor].reals, number, logits);
    });
}

}  // namespace dsq

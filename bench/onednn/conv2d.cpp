/// The benchmarks of conv2d_bench, with oneDNN in its best case: it chooses the layouts of all tensors, and reorders
/// and its just-in-time compilation are not timed. The label is the implementation that it chose.
#include <cstddef>
#include <unordered_map>

#include <benchmark/benchmark.h>

#include "bench_support.h"
#include "conv2d_layers.h"
#include "dnnl.hpp"

namespace dsq::bench {
namespace {

using dnnl::memory;

const dnnl::engine &cpu() {
    static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
    return engine;
}

dnnl::stream &queue() {
    static dnnl::stream stream(cpu());
    return stream;
}

memory::desc tensor_of(const memory::dims &extents, memory::format_tag tag = memory::format_tag::any) {
    return {extents, memory::data_type::f32, tag};
}

/// Random numbers in the layout that oneDNN chose.
memory random_memory(const memory::desc &layout, unsigned seed) {
    const memory::dims extents = layout.get_dims();
    std::size_t count = 1;
    for (const memory::dim extent : extents) {
        count *= static_cast<std::size_t>(extent);
    }
    Tensor values = tensor(Values::normal, count, seed);
    memory dense(tensor_of(extents, memory::format_tag::abcd), cpu(), values.data());
    memory result(layout, cpu());
    dnnl::reorder(dense, result).execute(queue(), dense, result);
    queue().wait();
    return result;
}

template <typename Primitive>
void time_primitive(benchmark::State &state,
                    const typename Primitive::primitive_desc &description,
                    const std::unordered_map<int, memory> &arguments) {
    const Primitive primitive(description);
    for (auto _ : state) {
        primitive.execute(queue(), arguments);
        queue().wait();
    }
    state.SetLabel(description.impl_info_str());
}

void run(benchmark::State &state, Pass pass, const Conv2dLayer &layer, int batch) {
    const int kernel = layer.shape.kernel;
    const memory::desc input = tensor_of({batch, layer.in_channels, layer.extent, layer.extent});
    const memory::desc weights = tensor_of({layer.out_channels, layer.in_channels, kernel, kernel});
    const memory::desc output = tensor_of({batch, layer.out_channels, layer.out_extent(), layer.out_extent()});
    const memory::dims strides(2, layer.shape.stride);
    const memory::dims padding(2, layer.shape.padding());
    const auto algorithm = dnnl::algorithm::convolution_auto;

    const dnnl::convolution_forward::primitive_desc forward(
        cpu(), dnnl::prop_kind::forward_training, algorithm, input, weights, output, strides, padding, padding);
    if (pass == Pass::forward) {
        time_primitive<dnnl::convolution_forward>(state,
                                                  forward,
                                                  {{DNNL_ARG_SRC, random_memory(forward.src_desc(), 1)},
                                                   {DNNL_ARG_WEIGHTS, random_memory(forward.weights_desc(), 3)},
                                                   {DNNL_ARG_DST, random_memory(forward.dst_desc(), 2)}});
    } else if (pass == Pass::backward_input) {
        const dnnl::convolution_backward_data::primitive_desc backward(
            cpu(), algorithm, input, weights, output, strides, padding, padding, forward);
        time_primitive<dnnl::convolution_backward_data>(
            state,
            backward,
            {{DNNL_ARG_DIFF_SRC, random_memory(backward.diff_src_desc(), 1)},
             {DNNL_ARG_WEIGHTS, random_memory(backward.weights_desc(), 3)},
             {DNNL_ARG_DIFF_DST, random_memory(backward.diff_dst_desc(), 2)}});
    } else {
        const dnnl::convolution_backward_weights::primitive_desc backward(
            cpu(), algorithm, input, weights, output, strides, padding, padding, forward);
        time_primitive<dnnl::convolution_backward_weights>(
            state,
            backward,
            {{DNNL_ARG_SRC, random_memory(backward.src_desc(), 1)},
             {DNNL_ARG_DIFF_WEIGHTS, random_memory(backward.diff_weights_desc(), 3)},
             {DNNL_ARG_DIFF_DST, random_memory(backward.diff_dst_desc(), 2)}});
    }
}

}  // namespace
}  // namespace dsq::bench

int main(int argc, char **argv) {
    return dsq::bench::run_conv2d_benchmarks(argc, argv, dsq::bench::run);
}

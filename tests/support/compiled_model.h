// A compiled library against the definition of what it computes.
#pragma once

#include <gtest/gtest.h>

#include "compile/observe_library.h"
#include "model/integer_interpreter.h"
#include "tests/support/settled_model.h"
#include "tests/support/temporary_folder.h"

namespace dsq::tests {

struct Count {
    std::size_t compared = 0, differing = 0;
};

template <typename Element>
void count(const std::vector<Element> &expected, const std::vector<Element> &found, Count &count) {
    count.compared += expected.size();
    if (expected.size() != found.size()) ++count.differing;
    for (std::size_t i = 0; i < std::min(expected.size(), found.size()); ++i) {
        count.differing += expected[i] == found[i] ? 0 : 1;
    }
}

// A library with the kernels of one instruction set, run on some batches: every tensor. The core is the target's first,
// if none is named.
inline void expect_equal(const Model &model, ProgramOptions options, const TargetVariant &variant, int runs = 2) {
    SCOPED_TRACE(options.target.name + ", " + variant.name);
    options.name = "model";
    if (options.core.empty()) options.core = options.target.cores.front();
    options.target.variants = {variant};
    const dsq::TemporaryFolder folder;
    CompiledModel compiled;
    Status status = compile_model(model, options, folder.path(), 2, compiled);
    ASSERT_TRUE(status.ok()) << status.message();
    const std::vector<std::uint8_t> pixels = random_pixels(model.network.input, runs * options.batch, 3);
    const std::size_t size = pixels.size() / static_cast<std::size_t>(runs);
    Count all;
    status = observe_library(compiled,
                             0,
                             folder.path(),
                             {.program = {options.target.linker, options.target.runner, ""}},
                             pixels,
                             runs,
                             [&](int run, const std::vector<TensorValues> &tensors) {
                                 IntegerTrace trace;
                                 const auto images =
                                     std::span(pixels).subspan(static_cast<std::size_t>(run) * size, size);
                                 const Status interpreted = interpret(compiled.graph, images, options.batch, trace);
                                 for (std::size_t t = 0; t < trace.tensors.size(); ++t) {
                                     count(trace.tensors[t].codes, tensors[t].codes, all);
                                     count(trace.tensors[t].reals, tensors[t].reals, all);
                                 }
                                 return interpreted;
                             });
    EXPECT_TRUE(status.ok()) << status.message();
    EXPECT_GT(all.compared, std::size_t{1000});
    EXPECT_EQ(all.differing, std::size_t{0});
}

}  // namespace dsq::tests

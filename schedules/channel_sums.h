// Sums of each channel over a batch, with the same bits for any number of threads: one of each image, then their total
// in order.
#pragma once

#include <Halide.h>

#include <vector>

namespace dsq::schedules {

struct ChannelSumStages {
    Halide::Func partial;                // (c, n): the sums of an image; its update runs over `all`
    Halide::Func totals;                 // (c); its update runs over `images`
    std::vector<Halide::Func> outcomes;  // (c), of the totals
    Halide::Var c, n;
    Halide::RDom all;  // c, x, y, n
    Halide::RDom images;
};

// Pixels in the order of memory, which prefetching needs; images for all cores.
inline void along_rows(Halide::Stage update, const Halide::RDom &all, int lanes) {
    Halide::RVar block{"block"}, channel{"channel"};
    update.split(all.x, block, channel, lanes, Halide::TailStrategy::GuardWithIf)
        .reorder(channel, block, all.y, all.z, all.w)
        .vectorize(channel)
        .parallel(all.w);
}

inline void channel_sums(ChannelSumStages s, int lanes) {
    using Halide::TailStrategy;
    s.partial.compute_root().vectorize(s.c, lanes, TailStrategy::GuardWithIf);
    along_rows(s.partial.update(), s.all, lanes);
    s.totals.compute_root().vectorize(s.c, lanes, TailStrategy::GuardWithIf);
    s.totals.update().reorder(s.c, s.images.x).vectorize(s.c, lanes, TailStrategy::GuardWithIf);
    for (Halide::Func &outcome : s.outcomes) outcome.vectorize(s.c, lanes, TailStrategy::GuardWithIf);
}

}  // namespace dsq::schedules

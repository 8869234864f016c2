/// Batches of a data set for training and evaluation, prepared by a thread of their own while the caller works on the
/// ones before.
///
/// The order and the augmentation of an epoch are a function of the seed and the epoch alone: training that is resumed
/// at any epoch and batch sees the same bits, on every machine, with any standard library.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "data/data_set.h"
#include "dsq/status.h"

namespace dsq {

enum class BatchFormat {
    normalized,  ///< float32: (pixel / 255 - mean) / deviation, each operation rounded by itself
    raw,         ///< the bytes of the data set
};

struct BatchOptions {
    int batch_size = 128;
    bool drop_last = false;  ///< leave out the last batch of an epoch where it is smaller
    bool shuffle = false;
    std::uint64_t seed = 0;

    /// Where above 0, a random window of the image with so many black pixels (0 before normalization, as is usual for
    /// CIFAR) around it.
    int padding = 0;
    bool flip = false;  ///< mirror left and right, one time in two

    BatchFormat format = BatchFormat::normalized;
    std::vector<float> mean = {};       ///< one a channel; none: 0. Only for `normalized`
    std::vector<float> deviation = {};  ///< one a channel; none: 1. Only for `normalized`
};

struct Batch {
    int epoch = 0;
    int index = 0;  ///< in its epoch
    int count = 0;
    std::span<const float> values;         ///< count x height x width x channels; empty where the format is raw
    std::span<const std::uint8_t> pixels;  ///< the same, where the format is raw; empty otherwise
    std::span<const std::uint8_t> labels;  ///< count
};

/// Memory is taken once, by open. For one thread at a time.
class Batches {
public:
    Batches();
    ~Batches();
    Batches(Batches &&) noexcept;
    Batches &operator=(Batches &&) noexcept;
    Batches(const Batches &) = delete;
    Batches &operator=(const Batches &) = delete;

    /// The data set must live, unchanged, for as long as this object. Error: invalid_argument where a size, label or
    /// option is not what it should be; nothing is changed then.
    Status open(const DataSet &data_set, const BatchOptions &options);

    int batches_per_epoch() const;

    /// Goes to a batch of an epoch, from wherever it is: 0 to batches_per_epoch(), which is the epoch's end.
    Status start(int epoch, int first_batch = 0);

    /// The next batch of the epoch, valid until the next call of a function that is not const. False at the end of the
    /// epoch, and before the first start.
    bool next(Batch &batch);

private:
    class Pipeline;
    std::unique_ptr<Pipeline> pipeline_;
};

}  // namespace dsq

/// What batches are made of: order, augmentation and normalization, on the thread that calls. Training uses
/// data/batches.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "data/batches.h"

namespace dsq {

/// What a batch's spans point to.
struct BatchBuffers {
    std::vector<float> values;
    std::vector<std::uint8_t> pixels;
    std::vector<std::uint8_t> labels;
    Batch batch;
};

struct ImageShape {
    std::ptrdiff_t height;
    std::ptrdiff_t width;
    std::ptrdiff_t channels;

    std::ptrdiff_t row() const {
        return width * channels;
    }
    std::ptrdiff_t size() const {
        return height * row();
    }
};

/// For a data set that is valid.
Status validate(const BatchOptions &options, const DataSet &data_set);

/// Both arguments must be valid, and the data set must outlive it.
class BatchMaker {
public:
    BatchMaker(const DataSet &data_set, const BatchOptions &options);

    int batches_per_epoch() const;

    /// Makes room for any batch.
    void allocate(BatchBuffers &buffers) const;

    /// Any batch of any epoch, in buffers that have room. Takes no memory.
    void make(int epoch, int index, BatchBuffers &buffers);

private:
    bool is_raw() const;
    void order_images(int epoch);
    void add_image(int image, std::size_t place, BatchBuffers &buffers);
    void normalize(float *values) const;

    const DataSet &data_set_;
    const BatchOptions options_;
    const ImageShape shape_;
    const std::vector<float> table_;  // the value of every byte, for every channel: [byte][channel]
    std::vector<int> order_;
    int ordered_epoch_ = -1;
    std::vector<std::uint8_t> window_;
};

}  // namespace dsq

// A small data set whose images tell which they are, and batches to keep.
#pragma once

#include <cstdint>
#include <vector>

#include "data/batches.h"

namespace dsq::tests {

// Images of 5 x 4 x 3 whose label is their number, and whose pixels are all different and not 0.
inline DataSet numbered_images(int count = 200) {
    DataSet data_set{.name = "numbered", .count = count, .height = 5, .width = 4, .channels = 3, .classes = 200};
    for (int image = 0; image < count; ++image) {
        data_set.labels.push_back(static_cast<std::uint8_t>(image));
        for (int i = 0; i < 60; ++i) {
            data_set.pixels.push_back(static_cast<std::uint8_t>(1 + (image * 7 + i * 4) % 255));
        }
    }
    return data_set;
}

// Batches of them that use all that there is.
inline const BatchOptions augmented{.batch_size = 32, .shuffle = true, .seed = 1, .padding = 2, .flip = true};

// A batch with memory of its own.
struct Copy {
    explicit Copy(const Batch &batch)
        : epoch(batch.epoch),
          index(batch.index),
          count(batch.count),
          values(batch.values.begin(), batch.values.end()),
          pixels(batch.pixels.begin(), batch.pixels.end()),
          labels(batch.labels.begin(), batch.labels.end()) {
    }
    bool operator==(const Copy &) const = default;

    int epoch, index, count;
    std::vector<float> values;
    std::vector<std::uint8_t> pixels, labels;
};

}  // namespace dsq::tests

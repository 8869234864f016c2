#include "data/batch_maker.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <string>
#include <utility>

#include "data/random.h"

namespace dsq {
namespace {

enum class Purpose : std::uint64_t { order, placement };

Random random_numbers(std::uint64_t seed, int epoch, Purpose purpose) {
    return {seed, static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(purpose)};
}

/// Fisher and Yates. The remainder of 64 bits favours some images by less than one part in 2^32.
void shuffle(std::vector<int> &order, const Random &random) {
    for (std::size_t left = order.size(); left > 1; --left) {
        std::swap(order[left - 1], order[random(left) % left]);
    }
}

/// A window's offset against the image, and whether it is mirrored.
struct Placement {
    int down = 0;
    int right = 0;
    bool mirrored = false;
};

Placement random_placement(std::uint64_t bits, const BatchOptions &options) {
    const std::uint64_t offsets = 2 * static_cast<std::uint64_t>(options.padding) + 1;
    return {
        .down = static_cast<int>((bits >> 32U) % offsets) - options.padding,
        .right = static_cast<int>((bits & 0x7FFFFFFFU) % offsets) - options.padding,
        .mirrored = options.flip && (bits >> 31U & 1U) != 0,
    };
}

void mirror(std::uint8_t *row, const ImageShape &shape) {
    std::uint8_t *left = row;
    std::uint8_t *right = row + shape.row() - shape.channels;
    for (; left < right; left += shape.channels, right -= shape.channels) {
        std::swap_ranges(left, left + shape.channels, right);
    }
}

void copy_window(const std::uint8_t *image, const ImageShape &shape, const Placement &placement, std::uint8_t *window) {
    const std::ptrdiff_t skipped = std::max(0, -placement.right) * shape.channels;
    const std::ptrdiff_t copied = shape.row() - std::abs(placement.right) * shape.channels;
    for (std::ptrdiff_t y = 0; y < shape.height; ++y, window += shape.row()) {
        std::fill_n(window, shape.row(), std::uint8_t{0});
        const std::ptrdiff_t source = y + placement.down;
        if (source >= 0 && source < shape.height) {
            const std::uint8_t *from = image + source * shape.row() + std::max(0, placement.right) * shape.channels;
            std::copy_n(from, copied, window + skipped);
        }
        if (placement.mirrored) {
            mirror(window, shape);
        }
    }
}

std::vector<float> normalization_table(const BatchOptions &options, int channels) {
    std::vector<float> table;
    for (int pixel = 0; pixel < 256; ++pixel) {
        for (std::size_t channel = 0; channel < static_cast<std::size_t>(channels); ++channel) {
            const float mean = options.mean.empty() ? 0.0F : options.mean[channel];
            const float deviation = options.deviation.empty() ? 1.0F : options.deviation[channel];
            table.push_back((static_cast<float>(pixel) / 255.0F - mean) / deviation);
        }
    }
    return table;
}

Status invalid(const std::string &name, const std::string &value, const std::string &expected) {
    return {ErrorCode::invalid_argument, name + " = " + value + ": expected " + expected};
}

Status check_channel_values(const std::string &name, const std::vector<float> &values, int channels) {
    if (!values.empty() && values.size() != static_cast<std::size_t>(channels)) {
        return {ErrorCode::invalid_argument,
                name + ": expected no value or " + std::to_string(channels) + ", one a channel, found " +
                    std::to_string(values.size())};
    }
    for (const float value : values) {
        if (!std::isfinite(value)) {
            return invalid(name, std::to_string(value), "a finite number");
        }
    }
    return {};
}

Status check_normalization(const BatchOptions &options, int channels) {
    if (Status status = check_channel_values("mean", options.mean, channels); !status.ok()) {
        return status;
    }
    for (const float deviation : options.deviation) {
        if (deviation <= 0.0F) {
            return invalid("deviation", std::to_string(deviation), "more than 0");
        }
    }
    return check_channel_values("deviation", options.deviation, channels);
}

}  // namespace

Status validate(const BatchOptions &options, const DataSet &data_set) {
    if (options.batch_size < 1) {
        return invalid("batch_size", std::to_string(options.batch_size), "1 or more");
    }
    if (options.drop_last && options.batch_size > data_set.count) {
        return invalid("batch_size",
                       std::to_string(options.batch_size),
                       "at most " + std::to_string(data_set.count) + ", the number of images, with drop_last");
    }
    const int most = std::min(data_set.height, data_set.width);
    if (options.padding < 0 || options.padding > most) {
        return invalid(
            "padding", std::to_string(options.padding), "0 to " + std::to_string(most) + ", the image's side");
    }
    return check_normalization(options, data_set.channels);
}

BatchMaker::BatchMaker(const DataSet &data_set, const BatchOptions &options)
    : data_set_(data_set),
      options_(options),
      shape_{data_set.height, data_set.width, data_set.channels},
      table_(normalization_table(options, data_set.channels)),
      order_(static_cast<std::size_t>(data_set.count)),
      window_(static_cast<std::size_t>(shape_.size())) {
}

int BatchMaker::batches_per_epoch() const {
    const int whole = data_set_.count / options_.batch_size;
    return options_.drop_last || data_set_.count % options_.batch_size == 0 ? whole : whole + 1;
}

bool BatchMaker::is_raw() const {
    return options_.format == BatchFormat::raw;
}

void BatchMaker::allocate(BatchBuffers &buffers) const {
    const auto images = static_cast<std::size_t>(std::min(options_.batch_size, data_set_.count));
    const std::size_t size = images * window_.size();
    buffers.values.resize(is_raw() ? 0 : size);
    buffers.pixels.resize(is_raw() ? size : 0);
    buffers.labels.resize(images);
}

void BatchMaker::make(int epoch, int index, BatchBuffers &buffers) {
    order_images(epoch);
    const int first = index * options_.batch_size;
    const int count = std::min(options_.batch_size, data_set_.count - first);
    const std::span images =
        std::span(order_).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < images.size(); ++i) {
        add_image(images[i], i, buffers);
    }
    const std::size_t size = images.size() * window_.size();
    buffers.batch = {
        .epoch = epoch,
        .index = index,
        .count = count,
        .values = std::span(buffers.values).first(is_raw() ? 0 : size),
        .pixels = std::span(buffers.pixels).first(is_raw() ? size : 0),
        .labels = std::span(buffers.labels).first(images.size()),
    };
}

void BatchMaker::order_images(int epoch) {
    if (epoch == ordered_epoch_) {
        return;
    }
    std::iota(order_.begin(), order_.end(), 0);
    if (options_.shuffle) {
        shuffle(order_, random_numbers(options_.seed, epoch, Purpose::order));
    }
    ordered_epoch_ = epoch;
}

void BatchMaker::add_image(int image, std::size_t place, BatchBuffers &buffers) {
    const auto number = static_cast<std::size_t>(image);
    const Random random = random_numbers(options_.seed, ordered_epoch_, Purpose::placement);
    const Placement placement = random_placement(random(number), options_);
    const std::size_t first = place * window_.size();
    std::uint8_t *window = is_raw() ? &buffers.pixels[first] : window_.data();
    copy_window(&data_set_.pixels[number * window_.size()], shape_, placement, window);
    if (!is_raw()) {
        normalize(&buffers.values[first]);
    }
    buffers.labels[place] = data_set_.labels[number];
}

void BatchMaker::normalize(float *values) const {
    const auto channels = static_cast<std::size_t>(shape_.channels);
    for (std::size_t i = 0; i < window_.size(); i += channels) {
        for (std::size_t channel = 0; channel < channels; ++channel) {
            values[i + channel] = table_[window_[i + channel] * channels + channel];
        }
    }
}

}  // namespace dsq

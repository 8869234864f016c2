#include "train/settle_model.h"

#include <vector>

#include "data/random.h"
#include "execute/executor.h"

namespace dsq {
namespace {

constexpr int batch = 2;
constexpr int passes = 40;  // leave 1.5 % of the statistics that a model starts with

// Normalized as the network says.
std::vector<float> random_images(const Network &network, std::uint64_t seed) {
    constexpr std::uint64_t purpose = 3;  // batches use 0 and 1, parameters 2
    constexpr unsigned above_pixel = 56;
    const Random random(seed, 0, purpose);
    const std::size_t channels = network.mean.size();
    std::vector<float> values(std::size_t{batch} * std::size_t(network.input.channels) *
                              std::size_t(network.input.width) * std::size_t(network.input.height));
    for (std::size_t i = 0; i < values.size(); ++i) {
        const float pixel = static_cast<float>(random(i) >> above_pixel) / 255.0F;
        values[i] = (pixel - network.mean[i % channels]) / network.deviation[i % channels];
    }
    return values;
}

}  // namespace

Status settle_model(std::uint64_t seed, Model &model) {
    Executor executor;
    if (Status status = executor.open(model, batch); !status.ok()) return status;
    const std::vector<float> images = random_images(model.network, seed);
    Status status = executor.forward(images, batch, Mode::calibrate);
    for (int pass = 0; pass < passes && status.ok(); ++pass) status = executor.forward(images, batch, Mode::train);
    if (status.ok()) model = executor.model();
    return status;
}

}  // namespace dsq

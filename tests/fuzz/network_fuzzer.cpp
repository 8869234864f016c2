// libFuzzer's target: a network as JSON, then the values of its parameters, a byte each. So that every network meets
// the passes of the compiler, which few files do whose tensors must fit as well.
#include <algorithm>
#include <cmath>
#include <string_view>

#include "model/network_json.h"
#include "model/parameters.h"
#include "tests/fuzz/check_model.h"

using namespace dsq;

namespace {

constexpr std::size_t most_parameters = 1 << 14;

// Small ones for most bytes, and for the last ones what breaks arithmetic.
float value_of(std::uint8_t byte) {
    constexpr float large[] = {1e30F, 3e38F, -3e38F, 1e-40F, -1e-40F, INFINITY, NAN, -0.0F};
    constexpr int first_large = 248;
    return byte >= first_large ? large[byte - first_large] : (static_cast<float>(byte) - 124.0F) / 32.0F;
}

// The values go round and round. Bounds that the network says nothing of are those of its quantizers.
bool make_model(const Network &network, std::string_view values, Model &model) {
    std::vector<Shape> shapes;
    if (!infer_shapes(network, shapes).ok()) return false;
    model.network = network;
    std::size_t at = 0, count = 0;
    for (const ParameterTensor &parameter : parameter_tensors(network, shapes)) {
        if (parameter.size() > most_parameters || (count += parameter.size()) > most_parameters) return false;
        std::vector<float> floats;
        for (std::size_t i = 0; i < parameter.size(); ++i) {
            const char next = values.empty() ? '\x90' : values[at++ % values.size()];
            floats.push_back(value_of(static_cast<std::uint8_t>(next)));
        }
        if (parameter.role == Role::running_variance) {
            for (float &variance : floats) variance = std::fabs(variance);
        }
        const bool is_weights = parameter.role == Role::weight_quantizer;
        if (is_weights || parameter.role == Role::input_quantizer) {
            const float bound = std::fabs(floats[0]) + 0.5F;
            floats = {is_weights ? -bound : 0.0F, bound, 0.2F};
        }
        model.tensors[parameter.name] = make_tensor<float>(parameter.shape, floats);
    }
    return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char *>(data), size);
    const std::size_t end = std::min(text.find('\0'), size);
    Network network;
    Model made, read;
    if (!network_from_json("text", text.substr(0, end), network).ok()) return 0;
    if (!make_model(network, text.substr(std::min(end + 1, size)), made)) return 0;
    if (model_from_file("text", file_of(made), read).ok()) fuzz::check_model(read);
    return 0;
}

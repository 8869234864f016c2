/// Prints the class of an image, by a model that dsq compiled. Once the image is read, nothing is allocated.
#include <classifier.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <string>

#include "image.h"

namespace {

alignas(CLASSIFIER_WORKSPACE_ALIGNMENT) std::byte workspace[CLASSIFIER_WORKSPACE_BYTES];
float logits[CLASSIFIER_CLASSES];

static_assert(CLASSIFIER_BATCH == 1, "this app classifies one image at a time: no BATCH");
static_assert(CLASSIFIER_INPUT_BYTES == CLASSIFIER_HEIGHT * CLASSIFIER_WIDTH * CLASSIFIER_CHANNELS,
              "this app gives the model bytes: no FLOAT_INPUT");
static_assert(CLASSIFIER_OUTPUT_BYTES == sizeof logits);

std::string size_text(int height, int width, int channels) {
    return std::to_string(height) + " x " + std::to_string(width) + " x " + std::to_string(channels);
}

void check_size(const std::string &path, const Image &image) {
    const std::string expected = size_text(CLASSIFIER_HEIGHT, CLASSIFIER_WIDTH, CLASSIFIER_CHANNELS);
    const std::string found = size_text(image.height, image.width, image.channels);
    if (found != expected) {
        throw std::runtime_error(path + ": expected an image of " + expected +
                                 " (height, width, channels), for which the model was trained, found " + found);
    }
}

void classify(const Image &image) {
    const int error = classifier_run(image.pixels.data(), logits, workspace);
    if (error == CLASSIFIER_UNSUPPORTED_PROCESSOR) {
        throw std::runtime_error("the model was compiled for processors with more instructions than this one has");
    }
    if (error != CLASSIFIER_OK) throw std::runtime_error("classifier_run returned error " + std::to_string(error));

    float *const best = std::max_element(std::begin(logits), std::end(logits));
    const auto best_class = std::distance(std::begin(logits), best);
    const float best_logit = *best;
    *best = -std::numeric_limits<float>::infinity();
    const float *const second = std::max_element(std::begin(logits), std::end(logits));
    std::printf("class %td, by a margin of %g before class %td\n",
                best_class,
                static_cast<double>(best_logit - *second),
                std::distance<const float *>(std::begin(logits), second));
}

int parse_index(const char *text) {
    int index = 0;
    const char *const end = text + std::strlen(text);
    if (std::from_chars(text, end, index).ptr != end || text == end) {
        throw std::runtime_error("index: expected a number, found '" + std::string(text) + "'");
    }
    return index;
}

}  // namespace

int main(int argc, char **argv) {
    if (argc != 2 && argc != 3) {
        std::fprintf(stderr, "usage: classify IMAGE [INDEX]\n");
        return 2;
    }
    try {
        const Image image = read_image(argv[1], argc == 3 ? parse_index(argv[2]) : 0);
        check_size(argv[1], image);
        classify(image);
    } catch (const std::exception &error) {
        std::fprintf(stderr, "classify: %s\n", error.what());
        return 1;
    }
    return 0;
}

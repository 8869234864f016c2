/// Quantizes a file of images at 1 to 4 bits, prints what is lost, and draws some of them.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "data/idx.h"
#include "dsq/quantize.h"
#include "picture.h"

namespace {

constexpr int class_count = 10;    ///< classes that the picture shows
constexpr int largest_side = 128;  ///< of an image, in pixels, for a picture that can be looked at

struct Options {
    std::string images = "/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz";
    std::string labels;
    std::string out = "build/demo";
};

struct Quantized {
    std::vector<float> values;
    std::vector<float> soft;
    std::vector<std::uint8_t> codes;
};

struct Measures {
    std::size_t codes_used = 0;
    double rms_error = 0;
    double largest_error = 0;
    double psnr = 0;
    double zero_share = 0;
    double soft_gap = 0;  ///< mean |soft - hard|, in steps
};

std::string size_text(int height, int width) {
    return std::to_string(height) + " x " + std::to_string(width);
}

/// Where the labels of these images should lie: the data sets name their files alike.
std::string labels_beside(const std::string &images) {
    const std::string from = "images-idx3";
    const std::size_t place = images.rfind(from);
    return place == std::string::npos ? "" : std::string(images).replace(place, from.size(), "labels-idx1");
}

dsq::Status failure(const std::string &path, const std::string &text) {
    return {dsq::ErrorCode::invalid_file, path + ": " + text};
}

/// Whether the images and labels belong together and make a picture.
dsq::Status check_data(const std::string &images_path,
                       const dsq::Images &images,
                       const std::string &labels_path,
                       const std::vector<std::uint8_t> &labels) {
    if (images.height > largest_side || images.width > largest_side) {
        return failure(images_path,
                       "expected images of at most " + size_text(largest_side, largest_side) + ", found " +
                           size_text(images.height, images.width));
    }
    if (labels.size() != static_cast<std::size_t>(images.count)) {
        return failure(labels_path,
                       "expected " + std::to_string(images.count) + " labels, one for each image, found " +
                           std::to_string(labels.size()));
    }
    if (*std::min_element(labels.begin(), labels.end()) >= class_count) {
        return failure(labels_path,
                       "expected labels below " + std::to_string(class_count) + ", found only larger ones");
    }
    return {};
}

dsq::Status read_data(const Options &options, dsq::Images &images, std::vector<std::uint8_t> &labels) {
    if (dsq::Status status = dsq::read_idx_images(options.images, images); !status.ok()) {
        return status;
    }
    const std::string path = options.labels.empty() ? labels_beside(options.images) : options.labels;
    if (path.empty()) {
        return failure(options.images, "expected 'images-idx3' in its name, to find its labels; give --labels FILE");
    }
    if (dsq::Status status = dsq::read_idx_labels(path, labels); !status.ok()) {
        return status;
    }
    return check_data(options.images, images, path, labels);
}

/// The first image of each class that there is.
std::vector<std::size_t> first_of_each_class(const std::vector<std::uint8_t> &labels) {
    std::vector<std::size_t> found;
    for (std::uint8_t label = 0; label < class_count; ++label) {
        const auto place = std::find(labels.begin(), labels.end(), label);
        if (place != labels.end()) {
            found.push_back(static_cast<std::size_t>(place - labels.begin()));
        }
    }
    return found;
}

std::vector<float> scaled_to_one(const std::vector<std::uint8_t> &pixels) {
    std::vector<float> scaled(pixels.size());
    std::transform(pixels.begin(), pixels.end(), scaled.begin(), [](std::uint8_t pixel) {
        return static_cast<float>(pixel) / 255.0F;
    });
    return scaled;
}

dsq::Status quantize(const dsq::Quantizer &quantizer, const std::vector<float> &x, Quantized &quantized) {
    quantized.values.resize(x.size());
    quantized.soft.resize(x.size());
    quantized.codes.resize(x.size());
    dsq::Status status = dsq::quantize_codes_and_values(quantizer, x, quantized.codes, quantized.values);
    return status.ok() ? dsq::quantize_soft(quantizer, x, quantized.soft) : status;
}

Measures measure(const std::vector<float> &x, const Quantized &quantized, float step) {
    Measures measures;
    double squares = 0;
    double gaps = 0;
    const auto count = static_cast<double>(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double error = std::abs(double{quantized.values[i]} - x[i]);
        squares += error * error;
        measures.largest_error = std::max(measures.largest_error, error);
        gaps += std::abs(double{quantized.soft[i]} - quantized.values[i]);
    }
    measures.codes_used = std::set(quantized.codes.begin(), quantized.codes.end()).size();
    measures.rms_error = std::sqrt(squares / count);
    measures.psnr = -20 * std::log10(measures.rms_error);
    measures.zero_share = static_cast<double>(std::count(quantized.codes.begin(), quantized.codes.end(), 0)) / count;
    measures.soft_gap = gaps / count / step;
    return measures;
}

void print_heading(const dsq::Images &images, const Options &options, float alpha) {
    std::printf("%d images of %s from %s\n",
                images.count,
                size_text(images.height, images.width).c_str(),
                options.images.c_str());
    std::printf("Method dsq between 0 and 1. Soft gap: mean |soft - hard| in steps, at alpha %g.\n\n", alpha);
    std::printf("bits  codes used  RMS error  largest error  step / 2  PSNR [dB]  zero codes  soft gap\n");
}

void print_row(int bits, float step, const Measures &measures) {
    std::printf("%4d  %10zu  %9.5f  %13.5f  %8.5f  %9.2f  %9.1f%%  %8.4f\n",
                bits,
                measures.codes_used,
                measures.rms_error,
                measures.largest_error,
                step / 2,
                measures.psnr,
                100 * measures.zero_share,
                measures.soft_gap);
}

/// The elements of the chosen images, one image after the other.
template <typename T>
std::vector<T> pick(const std::vector<T> &elements, const std::vector<std::size_t> &chosen, std::size_t image_size) {
    std::vector<T> picked;
    for (const std::size_t image : chosen) {
        const T *first = elements.data() + image * image_size;
        picked.insert(picked.end(), first, first + image_size);
    }
    return picked;
}

dsq::Status run(const Options &options) {
    dsq::Images images;
    std::vector<std::uint8_t> labels;
    dsq::Status status = read_data(options, images, labels);
    if (!status.ok()) {
        return status;
    }
    const std::vector<float> x = scaled_to_one(images.pixels);
    const std::vector<std::size_t> chosen = first_of_each_class(labels);
    const std::size_t image_size = x.size() / labels.size();
    Gallery gallery{images.height, images.width, {}, pick(x, chosen, image_size), {}};
    for (const std::size_t image : chosen) {
        gallery.names.push_back("class " + std::to_string(labels[image]));
    }

    dsq::Quantizer quantizer{.method = dsq::Method::dsq, .lower = 0.0F, .upper = 1.0F, .alpha = 0.2F};
    print_heading(images, options, quantizer.alpha);
    Quantized quantized;
    for (quantizer.bits = 1; quantizer.bits <= 4; ++quantizer.bits) {
        if (status = quantize(quantizer, x, quantized); !status.ok()) {
            return status;
        }
        const float step = dsq::grid(quantizer).step;
        const Measures measures = measure(x, quantized, step);
        print_row(quantizer.bits, step, measures);
        gallery.rows.push_back({quantizer.bits,
                                step,
                                measures.psnr,
                                pick(quantized.values, chosen, image_size),
                                pick(quantized.codes, chosen, image_size)});
    }

    const std::string path = (std::filesystem::path(options.out) / "quantized.png").string();
    status = write_picture(path, gallery);
    if (status.ok()) {
        std::printf("\nPicture: %s\n", path.c_str());
    }
    return status;
}

}  // namespace

int main(int argc, char **argv) {
    Options options;
    CLI::App app(
        "Quantizes images at 1, 2, 3 and 4 bits, prints what is lost, and draws the first image of each class.");
    app.add_option("--images", options.images, "IDX file of images, plain or gzip")->capture_default_str();
    app.add_option(
        "--labels", options.labels, "its labels (default: beside it, 'labels-idx1' for 'images-idx3' in the name)");
    app.add_option("--out", options.out, "folder for quantized.png")->capture_default_str();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
        return app.exit(error) == 0 ? 0 : 1;
    }
    const dsq::Status status = run(options);
    if (!status.ok()) {
        std::fprintf(stderr, "quantize_images: %s\n", status.message().c_str());
    }
    return status.ok() ? 0 : 1;
}

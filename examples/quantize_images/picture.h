/// The demo's picture: images before and after quantization, side by side.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dsq/status.h"

/// The same images at one bit width.
struct QuantizedRow {
    int bits = 0;
    float step = 0;
    double psnr = 0;
    std::vector<float> values;
    std::vector<std::uint8_t> codes;
};

/// What is shown: images with values from 0 to 1, as many as there are names.
struct Gallery {
    int height = 0;
    int width = 0;
    std::vector<std::string> names;
    std::vector<float> originals;
    std::vector<QuantizedRow> rows;
};

/// Writes a PNG file, whole or not at all, and the folder for it where there is none.
dsq::Status write_picture(const std::string &path, const Gallery &gallery);

#include "picture.h"

#include <gd.h>
#include <gdfontg.h>
#include <gdfontl.h>
#include <gdfonts.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

namespace {

constexpr int margin = 18;
constexpr int group_gap = 22;
constexpr int row_gap = 20;
constexpr int title_height = 22;
constexpr int smallest_group = 560;  ///< room for the legends
constexpr int largest_scale = 4;

constexpr int background = 0xF6F6F4;
constexpr int ink = 0x202020;
constexpr int faint_ink = 0x606060;

struct Free {
    void operator()(gdImage *image) const {
        gdImageDestroy(image);
    }
    void operator()(void *bytes) const {
        gdFree(bytes);
    }
};
using Canvas = std::unique_ptr<gdImage, Free>;

/// Where everything goes, in pixels.
struct Layout {
    int scale;
    int tile_width;
    int tile_height;
    int group_width;

    int group_left(int group) const {
        return margin + group * (group_width + group_gap);
    }
    int row_top(int row) const {
        return margin + title_height + 8 + row * (title_height + tile_height + row_gap);
    }
};

Layout layout_of(const Gallery &gallery) {
    const int columns = static_cast<int>(gallery.names.size());
    const int scale = std::clamp(smallest_group / (columns * gallery.width), 1, largest_scale);
    return {scale,
            scale * gallery.width,
            scale * gallery.height,
            std::max(smallest_group, columns * scale * gallery.width)};
}

/// A point on the way through evenly spaced colours, t from 0 to 1.
int blend(const std::vector<int> &colours, float t) {
    const float place = std::clamp(t, 0.0F, 1.0F) * static_cast<float>(colours.size() - 1);
    const std::size_t first = std::min(static_cast<std::size_t>(place), colours.size() - 2);
    const float share = place - static_cast<float>(first);
    int mixed = 0;
    for (const int shift : {16, 8, 0}) {
        const auto from = static_cast<float>(colours[first] >> shift & 0xFF);
        const auto to = static_cast<float>(colours[first + 1] >> shift & 0xFF);
        mixed |= static_cast<int>(std::lround(from + share * (to - from))) << shift;
    }
    return mixed;
}

int grey(float value) {
    return blend({0x000000, 0xFFFFFF}, value);
}

int heat(float share) {
    return blend({0x000004, 0x420A68, 0x932667, 0xDD513A, 0xFCA50A, 0xFCFFA4}, share);
}

int code_colour(int code, int largest) {
    return blend({0x2A1245, 0x4662D7, 0x36AAF9, 0x1AE4B6, 0x72FE5E, 0xE8EF34, 0xFFA52A, 0xF0402A, 0xFF9AD5},
                 static_cast<float>(code) / static_cast<float>(largest));
}

int text_width(gdFontPtr font, const std::string &text) {
    return font->w * static_cast<int>(text.size());
}

void draw_text(const Canvas &canvas, gdFontPtr font, int left, int top, const std::string &text, int colour) {
    std::string bytes = text;
    gdImageString(canvas.get(), font, left, top, reinterpret_cast<unsigned char *>(bytes.data()), colour);
}

void fill(const Canvas &canvas, int left, int top, int width, int height, int colour) {
    gdImageFilledRectangle(canvas.get(), left, top, left + width - 1, top + height - 1, colour);
}

std::string number(const char *format, double value) {
    char text[32];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

/// Draws all images of a group side by side; colour_of(i) is the colour of element i.
template <typename ColourOf>
void draw_images(
    const Canvas &canvas, const Gallery &gallery, const Layout &layout, int left, int top, ColourOf colour_of) {
    const int scale = layout.scale;
    std::size_t i = 0;
    for (std::size_t image = 0; image < gallery.names.size(); ++image) {
        for (int y = 0; y < gallery.height; ++y) {
            for (int x = 0; x < gallery.width; ++x, ++i) {
                fill(canvas, left + scale * x, top + scale * y, scale, scale, colour_of(i));
            }
        }
        left += layout.tile_width;
    }
}

void draw_originals(const Canvas &canvas, const Gallery &gallery, const Layout &layout) {
    const int top = layout.row_top(0);
    for (std::size_t image = 0; image < gallery.names.size(); ++image) {
        const int left = layout.group_left(0) + static_cast<int>(image) * layout.tile_width;
        draw_text(canvas, gdFontGetSmall(), left + 2, top + 6, gallery.names[image], faint_ink);
    }
    draw_images(canvas, gallery, layout, layout.group_left(0), top + title_height, [&](std::size_t i) {
        return grey(gallery.originals[i]);
    });
}

void draw_explanation(const Canvas &canvas, const Layout &layout) {
    int top = margin;
    for (const char *line : {"left:   the original images, from 0 (black) to 1 (white)",
                             "values: what each pixel becomes, step * code; step = 1 / (2^bits - 1)",
                             "codes:  what is stored, integers of so many bits; a colour for each",
                             "error:  |value - original|, at most step/2: each row has its own scale",
                             "PSNR:   of all images of the file"}) {
        draw_text(canvas, gdFontGetLarge(), layout.group_left(1), top, line, faint_ink);
        top += 19;
    }
}

void draw_values(const Canvas &canvas, const Gallery &gallery, const Layout &layout, const QuantizedRow &row, int top) {
    const int left = layout.group_left(0);
    const std::string title = std::to_string(row.bits) + (row.bits == 1 ? " bit: values" : " bits: values");
    const std::string psnr = number("PSNR %.1f dB", row.psnr);
    const int psnr_left = left + layout.group_width - text_width(gdFontGetLarge(), psnr);
    draw_text(canvas, gdFontGetGiant(), left, top + 2, title, ink);
    draw_text(canvas, gdFontGetLarge(), psnr_left, top + 2, psnr, faint_ink);
    draw_images(canvas, gallery, layout, left, top + title_height, [&](std::size_t i) { return grey(row.values[i]); });
}

void draw_codes(const Canvas &canvas, const Gallery &gallery, const Layout &layout, const QuantizedRow &row, int top) {
    constexpr int swatch = 24;
    const int left = layout.group_left(1);
    const int largest = (1 << row.bits) - 1;
    draw_text(canvas, gdFontGetGiant(), left, top + 2, "codes 0.." + std::to_string(largest), ink);
    for (int code = 0; code <= largest; ++code) {
        const int swatch_left = left + layout.group_width - (largest + 1 - code) * swatch;
        const std::string label = std::to_string(code);
        const int label_left = swatch_left + (swatch - text_width(gdFontGetSmall(), label)) / 2;
        const int colour = code_colour(code, largest);
        const bool bright = (colour >> 8 & 0xFF) > 0x80;  // green decides how bright a colour looks
        fill(canvas, swatch_left, top + 1, swatch, title_height - 5, colour);
        draw_text(canvas, gdFontGetSmall(), label_left, top + 3, label, bright ? ink : 0xFFFFFF);
    }
    draw_images(canvas, gallery, layout, left, top + title_height, [&](std::size_t i) {
        return code_colour(row.codes[i], largest);
    });
}

void draw_errors(const Canvas &canvas, const Gallery &gallery, const Layout &layout, const QuantizedRow &row, int top) {
    constexpr int bar = 160;
    const int left = layout.group_left(2);
    const float largest = row.step / 2;
    const std::string label = "step/2 = " + number("%.3f", largest);
    const int label_left = left + layout.group_width - text_width(gdFontGetLarge(), label);
    const int bar_left = label_left - 8 - bar;
    draw_text(canvas, gdFontGetGiant(), left, top + 2, "error, 0 to step/2", ink);
    draw_text(canvas, gdFontGetLarge(), bar_left - 16, top + 2, "0", faint_ink);
    draw_text(canvas, gdFontGetLarge(), label_left, top + 2, label, faint_ink);
    for (int x = 0; x < bar; ++x) {
        fill(canvas, bar_left + x, top + 1, 1, title_height - 5, heat(static_cast<float>(x) / (bar - 1)));
    }
    draw_images(canvas, gallery, layout, left, top + title_height, [&](std::size_t i) {
        return heat(std::abs(row.values[i] - gallery.originals[i]) / largest);
    });
}

Canvas draw(const Gallery &gallery) {
    const Layout layout = layout_of(gallery);
    const int rows = static_cast<int>(gallery.rows.size());
    const int width = layout.group_left(2) + layout.group_width + margin;
    const int height = layout.row_top(rows + 1) - row_gap + margin;
    Canvas canvas(gdImageCreateTrueColor(width, height));
    if (!canvas) {
        return canvas;
    }
    fill(canvas, 0, 0, width, height, background);
    draw_text(canvas, gdFontGetGiant(), margin, margin, "The first image of each class, quantized", ink);
    draw_originals(canvas, gallery, layout);
    draw_explanation(canvas, layout);
    for (int i = 0; i < rows; ++i) {
        const QuantizedRow &row = gallery.rows[static_cast<std::size_t>(i)];
        const int top = layout.row_top(i + 1);
        draw_values(canvas, gallery, layout, row, top);
        draw_codes(canvas, gallery, layout, row, top);
        draw_errors(canvas, gallery, layout, row, top);
    }
    return canvas;
}

dsq::Status failure(const std::string &path, const std::string &text) {
    return {dsq::ErrorCode::invalid_file, path + ": " + text};
}

/// Under another name first: nobody finds half a file.
dsq::Status write_file(const std::string &path, const void *bytes, std::size_t size) {
    const std::string part = path + ".part";
    errno = 0;
    std::FILE *file = std::fopen(part.c_str(), "wb");
    bool written = file != nullptr && std::fwrite(bytes, 1, size, file) == size;
    written = file != nullptr && std::fclose(file) == 0 && written;
    if (written && std::rename(part.c_str(), path.c_str()) == 0) {
        return {};
    }
    const std::string reason = std::strerror(errno);
    std::remove(part.c_str());
    return failure(path, "cannot write the picture: " + reason);
}

}  // namespace

dsq::Status write_picture(const std::string &path, const Gallery &gallery) {
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
    if (error) {
        return failure(path, "cannot make its folder: " + error.message());
    }
    const Canvas canvas = draw(gallery);
    int size = 0;
    const std::unique_ptr<void, Free> bytes(canvas ? gdImagePngPtr(canvas.get(), &size) : nullptr);
    if (!bytes) {
        return failure(path, "cannot draw a picture of images this large, or there is no memory for it");
    }
    return write_file(path, bytes.get(), static_cast<std::size_t>(size));
}

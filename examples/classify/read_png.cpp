#include <png.h>

#include <stdexcept>

#include "image.h"

Image decode_png(const std::vector<std::uint8_t> &file) {
    png_image png{};
    png.version = PNG_IMAGE_VERSION;
    if (png_image_begin_read_from_memory(&png, file.data(), file.size()) == 0) throw std::runtime_error(png.message);
    const bool is_color = (png.format & PNG_FORMAT_FLAG_COLOR) != 0;
    png.format = is_color ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    Image image{static_cast<int>(png.height), static_cast<int>(png.width), is_color ? 3 : 1, {}};
    image.pixels.resize(PNG_IMAGE_SIZE(png));
    if (png_image_finish_read(&png, nullptr, image.pixels.data(), 0, nullptr) == 0) {
        throw std::runtime_error(png.message);
    }
    return image;
}

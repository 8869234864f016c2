#include "train/text_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "model/file_descriptor.h"

namespace dsq {

Status read_text_file(const std::string &path, const std::string &what, std::string &text) {
    const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string all;
    std::array<char, 65536> block{};
    ssize_t count = file.is_open() ? 1 : -1;
    while (count > 0) {
        count = read(file.number, block.data(), block.size());
        all.append(block.data(), static_cast<std::size_t>(count > 0 ? count : 0));
    }
    if (count < 0) {
        return {ErrorCode::invalid_file,
                path + ": expected " + what + ", found: " + std::generic_category().message(errno)};
    }
    text = std::move(all);
    return {};
}

}  // namespace dsq

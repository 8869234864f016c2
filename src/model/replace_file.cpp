#include "model/replace_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "model/file_descriptor.h"

namespace dsq {
namespace {

/// What the operating system said last.
Status failure(const std::string &path, const std::string &expected) {
    const std::string found = std::generic_category().message(errno);
    return {ErrorCode::invalid_file, path + ": expected " + expected + ", found: " + found};
}

/// A new file that goes unless it is renamed.
class TemporaryFile {
public:
    explicit TemporaryFile(const std::string &path) : name_(unused_name(path)), file_(create(name_)) {
    }
    ~TemporaryFile() {
        if (file_.is_open() && !renamed_) {
            unlink(name_.c_str());
        }
    }
    TemporaryFile(const TemporaryFile &) = delete;
    TemporaryFile &operator=(const TemporaryFile &) = delete;

    bool is_open() const {
        return file_.is_open();
    }
    bool write_all(std::span<const std::byte> bytes) const {
        while (!bytes.empty()) {
            const ssize_t written = write(file_.number, bytes.data(), bytes.size());
            if (written < 0 && errno != EINTR) {
                return false;
            }
            bytes = bytes.subspan(static_cast<std::size_t>(written < 0 ? 0 : written));
        }
        return true;
    }
    bool sync() const {
        return fsync(file_.number) == 0;
    }
    bool rename_to(const std::string &path) {
        renamed_ = std::rename(name_.c_str(), path.c_str()) == 0;
        return renamed_;
    }

private:
    /// Threads differ in the number, processes in their id; a file that was left by a killed process is stepped over.
    static std::string unused_name(const std::string &path) {
        static std::atomic<unsigned> number = 0;
        std::string name;
        do {
            name = path + "." + std::to_string(getpid()) + "." + std::to_string(number++) + ".tmp";
        } while (access(name.c_str(), F_OK) == 0);
        return name;
    }
    static int create(const std::string &name) {
        constexpr mode_t all_that_umask_leaves = 0666;
        return open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, all_that_umask_leaves);
    }

    std::string name_;
    FileDescriptor file_;
    bool renamed_ = false;
};

/// Makes the new name of a file survive the machine's stop.
bool sync_folder_of(const std::string &path) {
    std::filesystem::path folder = std::filesystem::path(path).parent_path();
    if (folder.empty()) {
        folder = ".";
    }
    const FileDescriptor opened(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return opened.is_open() && fsync(opened.number) == 0;
}

}  // namespace

Status replace_file(const std::string &path, std::span<const std::span<const std::byte>> parts) {
    TemporaryFile file(path);
    if (!file.is_open()) {
        return failure(path, "a folder that may be written");
    }
    for (const std::span<const std::byte> part : parts) {
        if (!file.write_all(part)) {
            return failure(path, "to write " + std::to_string(part.size()) + " bytes");
        }
    }
    if (!file.sync()) {
        return failure(path, "to sync what was written");
    }
    if (!file.rename_to(path)) {
        return failure(path, "a file that may be replaced");
    }
    return sync_folder_of(path) ? Status() : failure(path, "to sync the folder after the file was replaced");
}

}  // namespace dsq

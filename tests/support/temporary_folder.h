/// A folder for the files of one test.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace dsq {

/// Empty at the start, gone with this object; tests run side by side, each in a process of its own.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::filesystem::create_directory(folder_);
    }
    ~TemporaryFolder() {
        std::filesystem::remove_all(folder_);
    }
    TemporaryFolder(const TemporaryFolder &) = delete;
    TemporaryFolder &operator=(const TemporaryFolder &) = delete;

    std::string path(const std::string &name = "") const {
        return name.empty() ? folder_.string() : (folder_ / name).string();
    }

    /// Returns the path.
    std::string write(const std::string &name, const std::string &text) const {
        std::ofstream(path(name), std::ios::binary) << text;
        return path(name);
    }

private:
    const std::filesystem::path folder_ = testing::TempDir() + "dsq_test_" + std::to_string(getpid());
};

inline std::string file_text(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace dsq

/// An open file of the operating system, closed when it is left.
#pragma once

#include <unistd.h>

namespace dsq {

class FileDescriptor {
public:
    explicit FileDescriptor(int opened) : number(opened) {
    }
    ~FileDescriptor() {
        if (is_open()) {
            close(number);
        }
    }
    FileDescriptor(const FileDescriptor &) = delete;
    FileDescriptor &operator=(const FileDescriptor &) = delete;

    bool is_open() const {
        return number >= 0;
    }

    const int number;
};

}  // namespace dsq

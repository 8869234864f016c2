/// How functions of dsq report failure: by value. Nothing here throws, prints or aborts.
#pragma once

#include <string>
#include <utility>

namespace dsq {

enum class ErrorCode {
    ok,
    invalid_argument,       ///< a parameter is outside what the function takes
    mismatched_buffers,     ///< a buffer is null or has the wrong size
    non_finite,             ///< the data holds a NaN or an infinity where none can be used
    unsupported_processor,  ///< this processor lacks the instructions that the library was built for
    invalid_file,           ///< a file is missing, truncated, or not what it should be
    kernel_failed,          ///< a generated kernel returned an error: a bug of dsq, or no memory
};

/// Success, or an error code with a message that names the argument, what was expected and what was found.
class [[nodiscard]] Status {
public:
    Status() = default;
    Status(ErrorCode error, std::string text) : code_(error), message_(std::move(text)) {
    }

    bool ok() const {
        return code_ == ErrorCode::ok;
    }
    ErrorCode code() const {
        return code_;
    }
    const std::string &message() const {
        return message_;
    }

private:
    ErrorCode code_ = ErrorCode::ok;
    std::string message_;
};

}  // namespace dsq

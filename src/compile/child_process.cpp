#include "compile/child_process.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <span>
#include <string>

namespace dsq {
namespace {

// Before the answer, or the message of an error.
struct Header {
    ErrorCode code;
    std::size_t bytes;
};

bool write_all(int file, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t count = write(file, bytes.data(), bytes.size());
        if (count <= 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return true;
}

bool read_all(int file, std::span<std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t count = read(file, bytes.data(), bytes.size());
        if (count <= 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return true;
}

[[noreturn]] void work_and_answer(const std::function<Status(std::vector<std::byte> &)> &work, int file) {
    std::vector<std::byte> answer;
    const Status status = work(answer);
    const std::string &message = status.message();
    const std::span<const std::byte> said =
        status.ok() ? std::span(std::as_const(answer)) : std::as_bytes(std::span(message));
    const Header header{status.code(), said.size()};
    const bool whole = write_all(file, std::as_bytes(std::span(&header, 1))) && write_all(file, said);
    _exit(whole ? 0 : 1);
}

bool read_answer(int file, std::vector<std::byte> &answer, Status &status) {
    Header header{};
    if (!read_all(file, std::as_writable_bytes(std::span(&header, 1)))) return false;
    std::vector<std::byte> said(header.bytes);
    if (!read_all(file, said)) return false;
    if (header.code == ErrorCode::ok) {
        answer = std::move(said);
    } else {
        status = {header.code, std::string(reinterpret_cast<const char *>(said.data()), said.size())};
    }
    return true;
}

}  // namespace

Status run_in_child(const std::function<Status(std::vector<std::byte> &answer)> &work, std::vector<std::byte> &answer) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) return {ErrorCode::kernel_failed, "no pipe to a process that compiles"};
    const pid_t child = fork();
    if (child == 0) work_and_answer(work, ends[1]);
    close(ends[1]);
    Status status;
    const bool whole = child > 0 && read_answer(ends[0], answer, status);
    close(ends[0]);
    if (child > 0) waitpid(child, nullptr, 0);
    return whole ? status : Status{ErrorCode::kernel_failed, "the process that compiles ended before it was done"};
}

}  // namespace dsq

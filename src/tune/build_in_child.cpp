#include "tune/build_in_child.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstddef>

namespace dsq {
namespace {

// What the child says, before the paths and the message.
struct Answer {
    ErrorCode code;
    std::size_t input_bytes, output_bytes, workspace_bytes, code_bytes, constant_bytes;
    std::array<std::size_t, 3> lengths;  // of the archive's path, the header's, the message
};

bool write_all(int file, const void *data, std::size_t size) {
    const auto *bytes = static_cast<const char *>(data);
    while (size > 0) {
        const ssize_t count = write(file, bytes, size);
        if (count <= 0) return false;
        bytes += count;
        size -= static_cast<std::size_t>(count);
    }
    return true;
}

bool read_all(int file, void *data, std::size_t size) {
    auto *bytes = static_cast<char *>(data);
    while (size > 0) {
        const ssize_t count = read(file, bytes, size);
        if (count <= 0) return false;
        bytes += count;
        size -= static_cast<std::size_t>(count);
    }
    return true;
}

[[noreturn]] void build_and_answer(const ProgramPlan &plan, const std::string &folder, int file) {
    LibraryFacts facts;
    const Status status = build_library(plan, folder, 1, facts);
    const std::array<std::string, 3> texts{facts.archive, facts.header, status.message()};
    const Answer answer{status.code(),
                        facts.input_bytes,
                        facts.output_bytes,
                        facts.workspace_bytes,
                        facts.code_bytes,
                        facts.constant_bytes,
                        {texts[0].size(), texts[1].size(), texts[2].size()}};
    bool whole = write_all(file, &answer, sizeof answer);
    for (const std::string &text : texts) whole = whole && write_all(file, text.data(), text.size());
    _exit(whole ? 0 : 1);
}

bool read_answer(int file, LibraryFacts &facts, Status &status) {
    Answer answer{};
    if (!read_all(file, &answer, sizeof answer)) return false;
    std::array<std::string, 3> texts;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        texts[i].resize(answer.lengths[i]);
        if (!read_all(file, texts[i].data(), texts[i].size())) return false;
    }
    status = answer.code == ErrorCode::ok ? Status{} : Status{answer.code, texts[2]};
    facts = {};
    facts.archive = texts[0];
    facts.header = texts[1];
    facts.input_bytes = answer.input_bytes;
    facts.output_bytes = answer.output_bytes;
    facts.workspace_bytes = answer.workspace_bytes;
    facts.code_bytes = answer.code_bytes;
    facts.constant_bytes = answer.constant_bytes;
    return true;
}

}  // namespace

Status build_in_child(const ProgramPlan &plan, const std::string &folder, LibraryFacts &facts) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) return {ErrorCode::kernel_failed, "no pipe to a process that compiles"};
    const pid_t child = fork();
    if (child == 0) build_and_answer(plan, folder, ends[1]);
    close(ends[1]);
    Status status;
    const bool whole = child > 0 && read_answer(ends[0], facts, status);
    close(ends[0]);
    if (child > 0) waitpid(child, nullptr, 0);
    return whole ? status : Status{ErrorCode::kernel_failed, "the process that compiles ended before it was done"};
}

}  // namespace dsq

#include "compile/build_library.h"

#include <Halide.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <span>
#include <thread>

#include "compile/child_process.h"
#include "compile/entry_points.h"
#include "compile/kernel_module.h"
#include "compile/library_header.h"
#include "compile/object_file.h"
#include "compile/processor_object.h"
#include "compile/program_check.h"
#include "model/replace_file.h"

namespace dsq {
namespace {

using Bytes = std::vector<std::byte>;

Status file_error(const std::string &path, const std::string &what) {
    return {ErrorCode::invalid_file, path + ": " + what};
}

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Beside the library, gone with this object; the folders above too that were not there before, if nothing is in them.
class WorkFolder {
public:
    WorkFolder() = default;
    WorkFolder(const WorkFolder &) = delete;
    WorkFolder &operator=(const WorkFolder &) = delete;
    ~WorkFolder() {
        std::error_code ignored;
        if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
        for (const std::filesystem::path &folder : new_folders_) std::filesystem::remove(folder, ignored);
    }

    Status open(const std::string &folder) {
        std::error_code failure;
        folder_ = std::filesystem::absolute(folder, failure);
        for (auto above = folder_; !failure && !std::filesystem::exists(above, failure); above = above.parent_path()) {
            new_folders_.push_back(above);
            failure.clear();
        }
        if (!failure) std::filesystem::create_directories(folder_, failure);
        std::string path = (folder_ / ".dsq-XXXXXX").string();
        if (failure || !mkdtemp(path.data())) return file_error(folder, "cannot write there");
        path_ = path;
        return {};
    }
    std::string path(const std::string &name) const {
        return (path_ / name).string();
    }

private:
    std::filesystem::path folder_, path_;
    std::vector<std::filesystem::path> new_folders_;  // the innermost first
};

Status read_file(const std::string &path, Bytes &bytes) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    bytes.resize(file ? static_cast<std::size_t>(file.tellg()) : 0);
    file.seekg(0);
    if (!file.read(reinterpret_cast<char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()))) {
        return file_error(path, "cannot be read");
    }
    return {};
}

// Halide would print, and abort.
class ThrowingReporter : public Halide::CompileTimeErrorReporter {
public:
    void warning(const char * /*message*/) override {
    }
    void error(const char *message) override {
        throw Halide::CompileError(message);
    }
};

void install_reporter() {
    static ThrowingReporter reporter;
    [[maybe_unused]] static const bool installed = (Halide::set_custom_compile_time_error_reporter(&reporter), true);
}

// Everything that Halide does comes back as a Status.
template <typename Work>
Status guarded(const std::string &place, const Work &work) {
    try {
        return work();
    } catch (const Halide::Error &failure) {
        return {ErrorCode::invalid_argument, place + failure.what()};
    } catch (const std::exception &failure) {
        return {ErrorCode::invalid_argument, place + failure.what()};
    }
}

// What a library without a runtime and without variables has none of.
Status check_object(const ObjectFacts &facts) {
    if (facts.writable_bytes != 0) return {ErrorCode::kernel_failed, "its code has variables"};
    for (const std::string &symbol : facts.undefined) {
        if (symbol.starts_with("halide_")) return {ErrorCode::kernel_failed, "its code calls '" + symbol + "'"};
    }
    return {};
}

Status write_object(const Halide::Module &module, const std::string &path, ObjectFacts &facts) {
    module.compile({{Halide::OutputFileType::object, path}});
    Bytes bytes;
    if (Status status = read_file(path, bytes); !status.ok()) return status;
    if (Status status = read_object(bytes, facts); !status.ok()) return status;
    return check_object(facts);
}

struct Job {
    std::size_t variant = 0, kernel = 0;
    std::string object;
    KernelFacts facts = {};
    Status status = {};
};

// What a process that compiles tells.
struct Sizes {
    std::size_t code = 0, constants = 0, scratch = 0;
};

Status sizes_in_child(const std::string &place, const std::function<Status(Sizes &)> &work, Sizes &sizes) {
    std::vector<std::byte> answer;
    Status status = run_in_child(
        [&](std::vector<std::byte> &said) {
            Sizes found;
            Status worked = guarded(place, [&] { return work(found); });
            const std::span<const std::byte> bytes = std::as_bytes(std::span(&found, 1));
            said.assign(bytes.begin(), bytes.end());
            return worked;
        },
        answer);
    if (status.ok()) std::memcpy(&sizes, answer.data(), sizeof sizes);
    return status;
}

void compile_kernel(const ProgramPlan &plan, Job &job) {
    const auto start = std::chrono::steady_clock::now();
    const ProgramVariant &variant = plan.variants[job.variant];
    const KernelPlan &kernel = variant.kernels[job.kernel];
    const std::string place = "variant '" + variant.target + "', kernel '" + kernel.name + "': ";
    const auto work = [&](Sizes &found) -> Status {
        const std::string symbol = kernel_symbol(plan, job.variant, kernel);
        Halide::Module module(symbol, Halide::Target());
        ObjectFacts object;
        Status status = make_kernel_module(
            kernel, Halide::Target(variant.target), symbol, variant.tensor_bytes, module, found.scratch);
        if (status.ok()) status = write_object(module, job.object, object);
        found.code = object.code_bytes;
        found.constants = object.constant_bytes;
        return status.ok() ? status : Status(status.code(), place + status.message());
    };
    Sizes sizes;
    job.status = sizes_in_child(place, work, sizes);
    job.facts = {kernel.name, sizes.code, sizes.constants, sizes.scratch, seconds_since(start)};
}

// The first error in the order of the plan; after one, no more kernels begin.
Status compile_kernels(const ProgramPlan &plan, int threads, std::vector<Job> &jobs) {
    std::atomic<std::size_t> next = 0;
    std::atomic<bool> failed = false;
    const auto work = [&] {
        for (std::size_t index = next++; index < jobs.size() && !failed; index = next++) {
            compile_kernel(plan, jobs[index]);
            if (!jobs[index].status.ok()) failed = true;
        }
    };
    {
        std::vector<std::jthread> workers;
        const std::size_t useful = std::min(static_cast<std::size_t>(threads), jobs.size());
        for (std::size_t index = 1; index < useful; ++index) workers.emplace_back(work);
        work();
    }
    for (const Job &job : jobs) {
        if (!job.status.ok()) return job.status;
    }
    return {};
}

Status check_targets(const ProgramPlan &plan, bool &has_requirements) {
    has_requirements = false;
    for (const ProgramVariant &variant : plan.variants) {
        const std::string place = "variant '" + variant.target + "': ";
        if (!Halide::Target::validate_target_string(variant.target)) {
            return {ErrorCode::invalid_argument, place + "Halide has no such target"};
        }
        unsigned bits = 0;
        if (Status status = processor_bits(variant.requirements, bits); !status.ok()) {
            return {status.code(), place + status.message()};
        }
        if (bits != 0 && Halide::Target(variant.target).arch != Halide::Target::X86) {
            return {ErrorCode::invalid_argument, place + "only x86 processors are asked what they have"};
        }
        has_requirements |= bits != 0;
    }
    return {};
}

void sum_up(const ProgramPlan &plan, const std::vector<Job> &jobs, LibraryFacts &facts) {
    facts.kernels.resize(plan.variants.size());
    for (const Job &job : jobs) {
        facts.kernels[job.variant].push_back(job.facts);
        facts.code_bytes += job.facts.code_bytes;
        facts.constant_bytes += job.facts.constant_bytes;
        const std::size_t begin = scratch_offset(plan.variants[job.variant].tensor_bytes);
        facts.workspace_bytes = std::max(facts.workspace_bytes, begin + job.facts.scratch_bytes);
    }
}

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

// Both files, or none.
Status write_library(const std::string &archive, const std::string &header, const LibraryFacts &facts) {
    Bytes bytes;
    if (Status status = read_file(archive, bytes); !status.ok()) return status;
    const std::span<const std::byte> archive_parts[] = {bytes}, header_parts[] = {bytes_of(header)};
    if (Status status = replace_file(facts.archive, archive_parts); !status.ok()) return status;
    Status status = replace_file(facts.header, header_parts);
    std::error_code ignored;
    if (!status.ok()) std::filesystem::remove(facts.archive, ignored);
    return status;
}

Status build(const ProgramPlan &plan, const std::string &folder, int threads, LibraryFacts &facts) {
    ProgramSizes sizes;
    bool has_requirements = false;
    if (Status status = check_program(plan, sizes); !status.ok()) return status;
    if (Status status = check_targets(plan, has_requirements); !status.ok()) return status;
    if (threads < 1)
        return {ErrorCode::invalid_argument, "threads: expected 1 or more, found " + std::to_string(threads)};
    WorkFolder work;
    if (Status status = work.open(folder); !status.ok()) return status;

    std::vector<Job> jobs;
    std::vector<std::string> objects;
    for (std::size_t variant = 0; variant < plan.variants.size(); ++variant) {
        for (std::size_t kernel = 0; kernel < plan.variants[variant].kernels.size(); ++kernel) {
            const std::string name = kernel_symbol(plan, variant, plan.variants[variant].kernels[kernel]);
            jobs.push_back({variant, kernel, work.path(name + ".o")});
            objects.push_back(jobs.back().object);
        }
    }
    if (Status status = compile_kernels(plan, threads, jobs); !status.ok()) return status;
    facts.input_bytes = sizes.input_bytes;
    facts.output_bytes = sizes.output_bytes;
    sum_up(plan, jobs, facts);

    const std::string entry_points = work.path(plan.name + ".o"), archive = work.path("library.a");
    objects.push_back(entry_points);
    if (has_requirements) {
        objects.push_back(work.path("processor.o"));
        const std::span<const std::byte> parts[] = {bytes_of(processor_object)};
        if (Status status = replace_file(objects.back(), parts); !status.ok()) return status;
    }
    const auto archived = [&](Sizes &found) -> Status {
        ObjectFacts object;
        Status status = write_object(make_entry_points(plan), entry_points, object);
        if (!status.ok()) return status;
        found = {object.code_bytes, object.constant_bytes, 0};
        Halide::create_static_library(objects, Halide::Target(plan.variants.back().target), archive);
        return {};
    };
    Sizes entry;
    if (Status status = sizes_in_child("library '" + plan.name + "': ", archived, entry); !status.ok()) return status;
    facts.code_bytes += entry.code;
    facts.constant_bytes += entry.constants;
    return write_library(archive, library_header(plan, sizes, facts.workspace_bytes), facts);
}

}  // namespace

Status build_library(const ProgramPlan &plan, const std::string &folder, int threads, LibraryFacts &facts) {
    const auto start = std::chrono::steady_clock::now();
    if (!Halide::exceptions_enabled()) return {ErrorCode::kernel_failed, "this Halide was built without exceptions"};
    install_reporter();
    LibraryFacts found;
    const std::filesystem::path path(folder);
    found.archive = (path / ("lib" + plan.name + ".a")).string();
    found.header = (path / (plan.name + ".h")).string();
    if (Status status = guarded("library '" + plan.name + "': ", [&] { return build(plan, folder, threads, found); });
        !status.ok()) {
        return status;
    }
    found.seconds = seconds_since(start);
    facts = found;
    return {};
}

}  // namespace dsq

#include "compile/program_check.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <set>

namespace dsq {
namespace {

Status error(const std::string &message) {
    return {ErrorCode::invalid_argument, message};
}

// Names of files are made of two of them.
constexpr std::size_t longest_identifier = 112;

bool is_identifier(const std::string &name) {
    const auto is_letter = [](unsigned char character) { return std::isalpha(character) || character == '_'; };
    return !name.empty() && name.size() <= longest_identifier && is_letter(static_cast<unsigned char>(name[0])) &&
           std::all_of(name.begin(), name.end(), [&](unsigned char character) {
               return is_letter(character) || std::isdigit(character);
           });
}

Status check_buffer(const BufferPlan &buffer, int tasks, std::size_t tensor_bytes) {
    for (const BufferDimension &dimension : buffer.dimensions) {
        if (dimension.extent < 1 || dimension.stride < 1) return error("an extent or a stride is below 1");
    }
    const std::size_t span = byte_span(buffer, tasks);
    if (span > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
        return error("it has more than 2^31 - 1 bytes");
    }
    for (const auto &[what, bytes] : {std::pair{"offset", buffer.offset}, {"stride of tasks", buffer.task_stride}}) {
        if (bytes % element_size(buffer.type) == 0) continue;
        return error("its " + std::string(what) + ", " + std::to_string(bytes) +
                     ", is not a multiple of its elements' " + std::to_string(element_size(buffer.type)) + " bytes");
    }
    if (buffer.place == Place::workspace && (buffer.offset > tensor_bytes || tensor_bytes - buffer.offset < span)) {
        return error("it ends at byte " + std::to_string(buffer.offset + span) + " of the workspace's " +
                     std::to_string(tensor_bytes));
    }
    if (buffer.place == Place::constants && buffer.bytes.size() != span) {
        return error("it has " + std::to_string(buffer.bytes.size()) + " bytes of constants, and its shape takes " +
                     std::to_string(span));
    }
    return {};
}

// With the end of what it reads and writes of the caller's memory.
Status check_kernel(const KernelPlan &kernel, std::size_t tensor_bytes, ProgramSizes &sizes) {
    for (const auto &[name, buffer] : kernel.buffers) {
        Status status = check_buffer(buffer, kernel.tasks, tensor_bytes);
        if (!status.ok()) return error("'" + name + "': " + status.message());
        const std::size_t end = buffer.offset + byte_span(buffer, kernel.tasks);
        if (buffer.place == Place::input) sizes.input_bytes = std::max(sizes.input_bytes, end);
        if (buffer.place == Place::output) sizes.output_bytes = std::max(sizes.output_bytes, end);
    }
    return {};
}

Status check_variant(const ProgramVariant &variant, int most_tasks, ProgramSizes &sizes) {
    if (variant.kernels.empty()) return error("it has no kernels");
    std::set<std::string> names;
    for (const KernelPlan &kernel : variant.kernels) {
        const std::string place = "kernel '" + kernel.name + "': ";
        if (!is_identifier(kernel.name)) return error(place + "its name is no C identifier");
        if (!names.insert(kernel.name).second) return error(place + "its name is not unique");
        if (kernel.tasks < 1 || kernel.tasks > most_tasks)
            return error(place + "expected 1 to " + std::to_string(most_tasks) + " tasks, found " +
                         std::to_string(kernel.tasks));
        Status status = check_kernel(kernel, variant.tensor_bytes, sizes);
        if (!status.ok()) return error(place + status.message());
    }
    return {};
}

}  // namespace

std::size_t byte_span(const BufferPlan &buffer, int tasks) {
    std::size_t elements = 1;
    for (const BufferDimension &dimension : buffer.dimensions) {
        elements += static_cast<std::size_t>(dimension.extent - 1) * static_cast<std::size_t>(dimension.stride);
    }
    return elements * element_size(buffer.type) + static_cast<std::size_t>(tasks - 1) * buffer.task_stride;
}

Status check_program(const ProgramPlan &plan, ProgramSizes &sizes) {
    if (!is_identifier(plan.name))
        return error("the program's name, '" + plan.name + "', is no C identifier of at most " +
                     std::to_string(longest_identifier) + " characters");
    if (plan.variants.empty()) return error("program '" + plan.name + "' has no variants");
    sizes = {};
    for (const ProgramVariant &variant : plan.variants) {
        const std::string place = "program '" + plan.name + "', variant '" + variant.target + "': ";
        ProgramSizes found;
        Status status = check_variant(variant, plan.most_tasks, found);
        if (!status.ok()) return error(place + status.message());
        if (&variant != &plan.variants.front() &&
            (found.input_bytes != sizes.input_bytes || found.output_bytes != sizes.output_bytes)) {
            return error(place + "its input and output have other sizes than those of the first variant");
        }
        sizes = found;
    }
    return {};
}

}  // namespace dsq

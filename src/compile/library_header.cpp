#include "compile/library_header.h"

#include <algorithm>
#include <cctype>
#include <iterator>

namespace dsq {
namespace {

constexpr const char *frame = R"(/* @name@: made by dsq; do not edit.
 *
@about@ *
 * Nothing is allocated and nothing is kept between calls: several threads may run it at once, each with its own output
 * and workspace. Link lib@name@.a; it needs the C library only. */
#ifndef DSQ_LIBRARY_@NAME@_H
#define DSQ_LIBRARY_@NAME@_H

#ifdef __cplusplus
extern "C" {
#endif

/* Images of one call. */
#define @NAME@_BATCH @batch@

/* Input:
@input@ */
#define @NAME@_INPUT_BYTES @input_bytes@
#define @NAME@_HEIGHT @height@
#define @NAME@_WIDTH @width@
#define @NAME@_CHANNELS @channels@

/* Output:
@output@ */
#define @NAME@_OUTPUT_BYTES @output_bytes@
#define @NAME@_CLASSES @classes@

/* Memory that a call works in, at an address that is a multiple of the alignment. It need not be cleared, and holds
 * nothing that a later call wants. */
#define @NAME@_WORKSPACE_BYTES @workspace_bytes@
#define @NAME@_WORKSPACE_ALIGNMENT @workspace_alignment@

/* What the functions return. */
enum @name@_error {
    @NAME@_OK = 0,
    @NAME@_NULL_POINTER = 1,         /* an argument is null */
    @NAME@_NO_SUCH_STEP = 2,         /* a step below 0, or behind the last */
    @NAME@_UNSUPPORTED_PROCESSOR = 3 /* it lacks instructions that the library was made for */
};

/* Runs the model. The three memories do not overlap; on an error nothing is written. */
int @name@_run(const void *input, void *output, void *workspace);

/* Runs one step of the model, for profilers and comparisons: all steps in order are what @name@_run does, if input,
 * output and workspace stay the same in between. The steps, for each set of instructions:
@steps@ */
int @name@_step(int step, const void *input, void *output, void *workspace);

/* Which of the sets of instructions above this processor runs, from 0; -1: none. */
int @name@_variant(void);

#ifdef __cplusplus
}
#endif

#endif
)";

// As lines of a comment: nothing of the text ends it.
std::string comment(std::string text) {
    for (std::size_t at = text.find("*/"); at != std::string::npos; at = text.find("*/", at))
        text.replace(at, 2, "* /");
    std::string lines = " * " + text + "\n";
    for (std::size_t at = lines.find('\n'); at + 1 < lines.size(); at = lines.find('\n', at + 1)) {
        lines.insert(at + 1, " * ");
    }
    return lines;
}

// The last line of a comment that ends behind it.
std::string open_comment(const std::string &text) {
    std::string lines = comment(text);
    lines.pop_back();
    return lines;
}

std::string step_list(const ProgramPlan &plan) {
    std::string lines;
    for (std::size_t variant = 0; variant < plan.variants.size(); ++variant) {
        lines += std::to_string(variant) + ": " + plan.variants[variant].target + "\n";
        for (std::size_t step = 0; step < plan.variants[variant].kernels.size(); ++step) {
            const KernelPlan &kernel = plan.variants[variant].kernels[step];
            lines += "     " + std::to_string(step) + "  " + kernel.name + " (" + kernel.generator + ")\n";
        }
    }
    lines.pop_back();
    return lines;
}

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char character) {
        return static_cast<char>(std::toupper(character));
    });
    return text;
}

}  // namespace

std::string library_header(const ProgramPlan &plan, const ProgramSizes &sizes, std::size_t workspace_bytes) {
    const std::pair<std::string, std::string> values[] = {
        {"name", plan.name},
        {"NAME", upper(plan.name)},
        {"batch", std::to_string(plan.batch)},
        {"height", std::to_string(plan.image.height)},
        {"width", std::to_string(plan.image.width)},
        {"channels", std::to_string(plan.image.channels)},
        {"classes", std::to_string(plan.classes)},
        {"about", comment(plan.about)},
        {"input", open_comment(plan.input)},
        {"output", open_comment(plan.output)},
        {"steps", open_comment(step_list(plan))},
        {"input_bytes", std::to_string(sizes.input_bytes)},
        {"output_bytes", std::to_string(sizes.output_bytes)},
        {"workspace_bytes", std::to_string(workspace_bytes)},
        {"workspace_alignment", std::to_string(workspace_alignment)},
    };
    const std::string text = frame;
    std::string header;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t mark = std::min(text.find('@', begin), text.size());
        header += text.substr(begin, mark - begin);
        if (mark == text.size()) break;
        const std::size_t end = text.find('@', mark + 1);
        const std::string key = text.substr(mark + 1, end - mark - 1);
        header += std::find_if(std::begin(values), std::end(values), [&](const auto &value) {
                      return value.first == key;
                  })->second;
        begin = end + 1;
    }
    return header;
}

}  // namespace dsq

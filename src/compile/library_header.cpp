#include "compile/library_header.h"

#include <algorithm>
#include <cctype>
#include <utility>
#include <vector>

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
@parallel@
#ifdef __cplusplus
}
#endif

#endif
)";

constexpr const char *parallel_frame = R"(
/* For apps with threads: most steps are split into tasks, @NAME@_TASKS at most, that may run at once.
 *
 * The hook stands for the app's threads: it calls task(closure, index) once for each index from 0 to tasks - 1, on any
 * threads, in any order, and returns when all of them have returned: 0, or the result of one that is not 0. */
#define @NAME@_TASKS @most_tasks@
typedef int (*@name@_parallel_for)(void *context, int tasks, int (*task)(void *closure, int index), void *closure);

/* What @name@_run_parallel is made of: how many tasks a step has, 0 behind the last one, and one of them. `variant` is
 * what @name@_variant returns. */
int @name@_task_count(int variant, int step);
int @name@_task(int variant, int step, int task, const void *input, void *output, void *workspace);

struct @name@_closure {
    int variant, step;
    const void *input;
    void *output, *workspace;
};
static inline int @name@_call_task(void *closure, int index) {
    const struct @name@_closure *of = (const struct @name@_closure *)closure;
    return @name@_task(of->variant, of->step, index, of->input, of->output, of->workspace);
}

/* Runs the model as @name@_run does, with the same output, bit for bit: each step through the hook, which gets
 * `context` of the caller's. A result of the hook that is not 0 ends it, and is its own. */
static inline int @name@_run_parallel(const void *input, void *output, void *workspace,
                                      @name@_parallel_for parallel_for, void *context) {
    struct @name@_closure closure;
    int tasks, error = @NAME@_OK;
    if (!input || !output || !workspace || !parallel_for) return @NAME@_NULL_POINTER;
    closure.variant = @name@_variant();
    if (closure.variant < 0) return @NAME@_UNSUPPORTED_PROCESSOR;
    closure.input = input;
    closure.output = output;
    closure.workspace = workspace;
    for (closure.step = 0; error == 0; ++closure.step) {
        tasks = @name@_task_count(closure.variant, closure.step);
        if (tasks == 0) break;
        error = tasks == 1 ? @name@_call_task(&closure, 0) : parallel_for(context, tasks, @name@_call_task, &closure);
    }
    return error;
}
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

using Values = std::vector<std::pair<std::string, std::string>>;

// The text with @key@ as its value.
std::string filled(const std::string &text, const Values &values) {
    std::string result;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t mark = std::min(text.find('@', begin), text.size());
        result += text.substr(begin, mark - begin);
        if (mark == text.size()) break;
        const std::size_t end = text.find('@', mark + 1);
        const std::string key = text.substr(mark + 1, end - mark - 1);
        result += std::ranges::find(values, key, &Values::value_type::first)->second;
        begin = end + 1;
    }
    return result;
}

}  // namespace

std::string library_header(const ProgramPlan &plan, const ProgramSizes &sizes, std::size_t workspace_bytes) {
    Values values = {
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
        {"most_tasks", std::to_string(plan.most_tasks)},
    };
    values.emplace_back("parallel", plan.most_tasks > 1 ? filled(parallel_frame, values) : "");
    return filled(frame, values);
}

}  // namespace dsq

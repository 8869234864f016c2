#include "compile/entry_points.h"

#include <algorithm>
#include <iterator>

#include "compile/bind_kernel.h"
#include "compile/kernel_module.h"
#include "runtime/processor.h"

namespace dsq {
namespace {

using namespace Halide::Internal;
using Halide::Expr;

#define FEATURE(name) name,
constexpr const char *feature_names[] = {DSQ_PROCESSOR_FEATURES(FEATURE)};
#undef FEATURE

// With NoAsserts nothing would be left of it.
Stmt return_unless(const Expr &condition, int code) {
    return AssertStmt::make(condition, code);
}
Stmt return_unless(const Expr &condition, EntryError error) {
    return return_unless(condition, static_cast<int>(error));
}

std::vector<Expr> pointers() {
    std::vector<Expr> all;
    for (const LoweredArgument &argument : entry_arguments())
        all.push_back(Variable::make(argument.type, argument.name));
    return all;
}

Expr number(const std::string &name) {
    return Variable::make(Halide::Int(32), entry_argument(name));
}

Expr fits(const ProgramVariant &variant) {
    unsigned bits = 0;
    if (!processor_bits(variant.requirements, bits).ok() || bits == 0) return const_true();
    return Call::make(Halide::Int(32), "dsq_processor_has", {make_const(Halide::UInt(32), bits)}, Call::Extern) != 0;
}

// Of the task that is asked for.
Stmt call_task(const ProgramPlan &plan, std::size_t variant, const KernelPlan &kernel) {
    std::vector<Expr> arguments = pointers();
    if (kernel.tasks > 1) arguments.insert(arguments.begin(), number("task"));
    return Evaluate::make(Call::make(Halide::Int(32), kernel_symbol(plan, variant, kernel), arguments, Call::Extern));
}

Stmt call_all_tasks(const ProgramPlan &plan, std::size_t variant, const KernelPlan &kernel) {
    Stmt call = call_task(plan, variant, kernel);
    if (kernel.tasks == 1) return call;
    return For::make(entry_argument("task"),
                     0,
                     kernel.tasks,
                     ForType::Serial,
                     Halide::Partition::Never,
                     Halide::DeviceAPI::None,
                     call);
}

template <typename Body>
std::vector<Stmt> for_each_kernel(const ProgramPlan &plan, std::size_t variant, const Body &body) {
    std::vector<Stmt> all;
    for (const KernelPlan &kernel : plan.variants[variant].kernels) all.push_back(body(plan, variant, kernel));
    return all;
}

Stmt run_all(const ProgramPlan &plan, std::size_t variant) {
    return Block::make(for_each_kernel(plan, variant, call_all_tasks));
}

// The one of the step that is asked for.
Stmt on_step(const std::vector<Stmt> &of_steps) {
    const Expr step = number("step");
    const int count = static_cast<int>(of_steps.size());
    std::vector<Stmt> all{return_unless(step >= 0 && step < count, EntryError::no_such_step)};
    for (int index = 0; index < count; ++index) {
        all.push_back(IfThenElse::make(step == index, of_steps[static_cast<std::size_t>(index)]));
    }
    return Block::make(all);
}

Stmt run_step(const ProgramPlan &plan, std::size_t variant) {
    return on_step(for_each_kernel(plan, variant, call_all_tasks));
}

// The first variant that fits, behind a check of the pointers.
template <typename Body>
Stmt on_first_variant(const ProgramPlan &plan, const Body &body) {
    Stmt stmt = return_unless(const_false(), EntryError::unsupported_processor);
    for (std::size_t variant = plan.variants.size(); variant-- > 0;) {
        stmt = IfThenElse::make(fits(plan.variants[variant]), body(plan, variant), stmt);
    }
    std::vector<Stmt> all;
    for (const Expr &pointer : pointers()) {
        all.push_back(return_unless(reinterpret(Halide::UInt(64), pointer) != make_zero(Halide::UInt(64)),
                                    EntryError::null_pointer));
    }
    all.push_back(stmt);
    return Block::make(all);
}

// For the variant that is asked for.
template <typename Body>
Stmt on_variant(const ProgramPlan &plan, const Body &body) {
    std::vector<Stmt> all;
    for (std::size_t variant = 0; variant < plan.variants.size(); ++variant) {
        all.push_back(IfThenElse::make(number("variant") == static_cast<int>(variant), body(plan, variant)));
    }
    return Block::make(all);
}

Stmt run_task(const ProgramPlan &plan, std::size_t variant) {
    return on_step(for_each_kernel(plan, variant, call_task));
}

Stmt count_tasks(const ProgramPlan &plan, std::size_t variant) {
    std::vector<Stmt> all;
    for (const KernelPlan &kernel : plan.variants[variant].kernels) {
        const Expr is_asked_for = number("step") == static_cast<int>(all.size());
        all.push_back(return_unless(!is_asked_for, kernel.tasks));
    }
    return Block::make(all);
}

Stmt tell_variant(const ProgramPlan &plan) {
    std::vector<Stmt> all;
    for (std::size_t variant = 0; variant < plan.variants.size(); ++variant) {
        all.push_back(return_unless(!fits(plan.variants[variant]), static_cast<int>(variant)));
    }
    all.push_back(return_unless(const_false(), -1));
    return Block::make(all);
}

}  // namespace

std::string kernel_symbol(const ProgramPlan &plan, std::size_t variant, const KernelPlan &kernel) {
    return plan.name + "_variant" + std::to_string(variant) + "_" + kernel.name;
}

Status processor_bits(const std::vector<std::string> &requirements, unsigned &bits) {
    bits = 0;
    for (const std::string &requirement : requirements) {
        const auto *const found = std::find(std::begin(feature_names), std::end(feature_names), requirement);
        if (found == std::end(feature_names)) {
            return {ErrorCode::invalid_argument, "unknown requirement '" + requirement + "' of the processor"};
        }
        bits |= 1U << (found - std::begin(feature_names));
    }
    return {};
}

Halide::Module make_entry_points(const ProgramPlan &plan) {
    Halide::Module module(plan.name,
                          Halide::Target(plan.variants.back().target).with_feature(Halide::Target::NoRuntime));
    const auto add = [&](const std::string &suffix, const std::vector<LoweredArgument> &arguments, const Stmt &body) {
        module.append(LoweredFunc(plan.name + suffix, arguments, body, Halide::LinkageType::External));
    };
    const auto behind_numbers = [](const std::vector<std::string> &names) {
        std::vector<LoweredArgument> arguments;
        for (const std::string &name : names) arguments.push_back(number_argument(name));
        const std::vector<LoweredArgument> entry = entry_arguments();
        arguments.insert(arguments.end(), entry.begin(), entry.end());
        return arguments;
    };
    add("_run", entry_arguments(), on_first_variant(plan, run_all));
    add("_step", behind_numbers({"step"}), on_first_variant(plan, run_step));
    add("_variant", {}, tell_variant(plan));
    if (plan.most_tasks == 1) return module;
    add("_task_count", {number_argument("variant"), number_argument("step")}, on_variant(plan, count_tasks));
    add("_task", behind_numbers({"variant", "step", "task"}), on_variant(plan, run_task));
    return module;
}

}  // namespace dsq

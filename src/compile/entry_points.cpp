#include "compile/entry_points.h"

#include <algorithm>
#include <iterator>

#include "compile/kernel_module.h"
#include "runtime/processor.h"

namespace dsq {
namespace {

using namespace Halide::Internal;
using Halide::Expr;

constexpr const char *step_name = "dsq.step";

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

Expr fits(const ProgramVariant &variant) {
    unsigned bits = 0;
    if (!processor_bits(variant.requirements, bits).ok() || bits == 0) return const_true();
    return Call::make(Halide::Int(32), "dsq_processor_has", {make_const(Halide::UInt(32), bits)}, Call::Extern) != 0;
}

std::vector<Stmt> kernel_calls(const ProgramPlan &plan, std::size_t variant) {
    std::vector<Stmt> calls;
    for (const KernelPlan &kernel : plan.variants[variant].kernels) {
        calls.push_back(Evaluate::make(
            Call::make(Halide::Int(32), kernel_symbol(plan, variant, kernel), pointers(), Call::Extern)));
    }
    return calls;
}

Stmt run_all(const ProgramPlan &plan, std::size_t variant) {
    return Block::make(kernel_calls(plan, variant));
}

Stmt run_step(const ProgramPlan &plan, std::size_t variant) {
    const Expr step = Variable::make(Halide::Int(32), step_name);
    const std::vector<Stmt> calls = kernel_calls(plan, variant);
    const int count = static_cast<int>(calls.size());
    std::vector<Stmt> all{return_unless(step >= 0 && step < count, EntryError::no_such_step)};
    for (int index = 0; index < count; ++index) {
        all.push_back(IfThenElse::make(step == index, calls[static_cast<std::size_t>(index)]));
    }
    return Block::make(all);
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
    std::vector<LoweredArgument> arguments = entry_arguments();
    add("_run", arguments, on_first_variant(plan, run_all));
    arguments.insert(arguments.begin(),
                     LoweredArgument(step_name, Halide::Argument::InputScalar, Halide::Int(32), 0, {}));
    add("_step", arguments, on_first_variant(plan, run_step));
    add("_variant", {}, tell_variant(plan));
    return module;
}

}  // namespace dsq

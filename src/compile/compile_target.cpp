#include "compile/compile_target.h"

#include <algorithm>

#include "runtime/processor.h"

namespace dsq {
namespace {

const std::vector<CompileTarget> &table() {
    static const std::vector<CompileTarget> targets{
#include "compile_targets.inc"
    };
    return targets;
}

template <typename Range, typename Name>
std::string names_of(const Range &range, Name name) {
    std::string text;
    for (const auto &element : range) text += (text.empty() ? "" : ", ") + std::string(name(element));
    return text;
}

bool has_feature(std::string_view feature) {
#ifdef __x86_64__
    __builtin_cpu_init();
#define FEATURE(name) \
    if (feature == (name)) return __builtin_cpu_supports(name) != 0;
    DSQ_PROCESSOR_FEATURES(FEATURE)
#undef FEATURE
#endif
    return feature.empty();
}

}  // namespace

std::span<const CompileTarget> compile_targets() {
    return table();
}

bool runs_here(const CompileTarget &target, const TargetVariant &variant) {
    return !target.runner.empty() || std::all_of(variant.requirements.begin(), variant.requirements.end(), has_feature);
}

Status find_target(std::string_view name, std::string &core, CompileTarget &target) {
    const auto found = std::find_if(
        table().begin(), table().end(), [&](const CompileTarget &candidate) { return candidate.name == name; });
    if (found == table().end()) {
        return {ErrorCode::invalid_argument,
                "target '" + std::string(name) + "': expected one of " +
                    names_of(table(), [](const CompileTarget &t) { return t.name; })};
    }
    if (core.empty()) core = found->cores.front();
    if (std::find(found->cores.begin(), found->cores.end(), core) == found->cores.end()) {
        return {ErrorCode::invalid_argument,
                "core '" + core + "' of target " + found->name + ": expected one of " +
                    names_of(found->cores, [](const std::string &c) { return c; })};
    }
    target = *found;
    return {};
}

}  // namespace dsq

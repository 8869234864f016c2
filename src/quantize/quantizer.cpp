#include "dsq/quantizer.h"

#include <array>
#include <cmath>
#include <limits>
#include <sstream>

namespace dsq {
namespace {

struct NamedMethod {
    Method method;
    std::string_view name;
};

constexpr std::array<NamedMethod, 8> methods{{
    {Method::none, "none"},
    {Method::dsq, "dsq"},
    {Method::binary, "binary"},
    {Method::ste, "ste"},
    {Method::pact, "pact"},
    {Method::pact_dsq, "pact_dsq"},
    {Method::lsq, "lsq"},
    {Method::dorefa, "dorefa"},
}};

template <typename Value>
Status invalid(std::string_view field, Value value, std::string_view expected) {
    std::ostringstream text;
    text.precision(std::numeric_limits<float>::max_digits10);
    text << field << " = " << value << ": expected " << expected;
    return {ErrorCode::invalid_argument, text.str()};
}

Status validate_bounds(const Quantizer &quantizer) {
    if (!std::isfinite(quantizer.lower)) return invalid("lower", quantizer.lower, "a finite number");
    if (!std::isfinite(quantizer.upper)) return invalid("upper", quantizer.upper, "a finite number");
    if (!(quantizer.lower < quantizer.upper)) {
        return invalid("upper", quantizer.upper, "more than lower = " + std::to_string(quantizer.lower));
    }
    // What the kernels compute from the bounds must be normal float32 numbers.
    const double range = double{quantizer.upper} - double{quantizer.lower};
    const double step = range / largest_code(quantizer);
    constexpr double smallest = 0x1p-90, largest = std::numeric_limits<float>::max();
    if (step < smallest || range > largest) {
        return invalid("upper - lower", range, "at least 2^-90 for each step, and a finite float32");
    }
    return {};
}

Status validate_method(const Quantizer &quantizer) {
    switch (quantizer.method) {
        case Method::binary:
            if (quantizer.bits != 1) return invalid("bits", quantizer.bits, "1 (method binary)");
            return {};
        case Method::pact:
        case Method::pact_dsq:
            if (quantizer.lower != 0.0F) {
                return invalid("lower", quantizer.lower, "0 (method " + std::string(name(quantizer.method)) + ")");
            }
            return {};
        case Method::dorefa:
            if (quantizer.operand == Operand::weights && quantizer.lower != -quantizer.upper) {
                return invalid("lower", quantizer.lower, "-upper (method dorefa, weights)");
            }
            return {};
        case Method::none:
        case Method::dsq:
        case Method::ste:
        case Method::lsq:
            return {};
    }
    return invalid("method", static_cast<int>(quantizer.method), "one of the methods of dsq::Method");
}

}  // namespace

std::string_view name(Method method) {
    for (const NamedMethod &named : methods) {
        if (named.method == method) return named.name;
    }
    return "unknown";
}

std::optional<Method> method_from_name(std::string_view name) {
    for (const NamedMethod &named : methods) {
        if (named.name == name) return named.method;
    }
    return std::nullopt;
}

Status validate(const Quantizer &quantizer) {
    if (quantizer.bits < 1 || quantizer.bits > 8) return invalid("bits", quantizer.bits, "1 to 8");
    if (!(quantizer.alpha >= smallest_alpha && quantizer.alpha <= largest_alpha)) {
        return invalid("alpha", quantizer.alpha, "0.001 to 0.499999");
    }
    if (Status status = validate_bounds(quantizer); !status.ok()) return status;
    return validate_method(quantizer);
}

int largest_code(const Quantizer &quantizer) {
    return (1 << quantizer.bits) - 1;
}

Grid grid(const Quantizer &quantizer) {
    const bool between_signs = quantizer.method == Method::dorefa && quantizer.operand == Operand::weights;
    const double lower = between_signs ? -1.0 : double{quantizer.lower};
    const double upper = between_signs ? 1.0 : double{quantizer.upper};
    return {static_cast<float>(lower), static_cast<float>((upper - lower) / largest_code(quantizer))};
}

}  // namespace dsq

// The quantizers in plain C++: codes in float32 as quantize.h defines them, functions and gradients in double.
#pragma once

#include <cstdint>

#include "dsq/quantizer.h"

namespace dsq::reference {

// The code of x and its value, one rounding an operation.
int code(const Quantizer &quantizer, float x);
float value(const Quantizer &quantizer, float x);

// A point of the parameter space, in double.
struct Point {
    double x, lower, upper, alpha;
};
Point point(const Quantizer &quantizer, float x);

double step(const Quantizer &quantizer, const Point &at);

// DSQ's soft function (eq. 4 to 7).
double soft(const Quantizer &quantizer, const Point &at);

// tanh(kappa (h - 1/2)) at x's position h in its cell.
double wave(const Quantizer &quantizer, float x);

// The derivatives by x, l, u and alpha.
struct Gradient {
    double x, lower, upper, alpha;
};

// The closed forms of dsq-math: dsq.h's Method.
Gradient gradient(const Quantizer &quantizer, float x);

// The same by central differences (one-sided at a bound) of the functions that the methods differentiate.
Gradient difference_quotients(const Quantizer &quantizer, float x);

}  // namespace dsq::reference

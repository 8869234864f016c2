#!/usr/bin/env python3
"""Estimates loops whose instructions are known, and about how long they take."""

import subprocess
import tempfile
from pathlib import Path

import arm_cycles

# Each round of `counted`: a multiply-accumulate that waits for the one before it, and the loop's own two instructions.
SOURCE = """
#include <stdlib.h>
#include <string.h>
__attribute__((noinline)) void counted(long rounds) {
    __asm__ volatile("1: mla v0.16b, v1.16b, v2.16b\\n subs %0, %0, #1\\n b.ne 1b" : "+r"(rounds) : : "v0", "cc");
}
__attribute__((noinline)) void other(long rounds) {
    __asm__ volatile("1: subs %0, %0, #1\\n b.ne 1b" : "+r"(rounds) : : "cc");
}
int main(int argc, char **argv) {
    if (argc < 3) return 3;
    other(atol(argv[2]));
    counted(atol(argv[1]));
    return 0;
}
"""


def build(folder):
    source, program = Path(folder) / "loops.c", Path(folder) / "loops"
    source.write_text(SOURCE)
    subprocess.run(["aarch64-linux-gnu-gcc", "-O2", "-static", source, "-o", program], check=True)
    return str(program)


def check_difference(program):
    """What both commands do cancels out."""
    cores = ["cortex-a53", "cortex-a72"]
    result = arm_cycles.estimate([program, "3000", "5000"], cores, "cortex-a53", [program, "1000", "5000"])
    assert 6000 <= result["instructions"] <= 6100, result["instructions"]
    a53, a72 = (result["cores"][core]["cycles"] for core in cores)
    assert 4 * 2000 <= a53 <= 7 * 2000, a53
    assert 1 * 2000 <= a72 <= 5 * 2000, a72


def check_symbols(program):
    result = arm_cycles.estimate([program, "1000", "5000"], ["cortex-a53"], "cortex-a53", only="^other$")
    assert 10000 <= result["instructions"] <= 10010, result["instructions"]
    assert {block["symbol"] for block in result["cores"]["cortex-a53"]["blocks"]} == {"other"}


def check_refusal(expected, *arguments, **options):
    try:
        arm_cycles.estimate(*arguments, **options)
    except arm_cycles.EstimateError as error:
        assert expected in str(error), error
    else:
        raise AssertionError(f"no error: expected '{expected}'")


with tempfile.TemporaryDirectory() as folder:
    loops = build(folder)
    check_difference(loops)
    check_symbols(loops)
    check_refusal("exited with 3", [loops], ["cortex-a53"], "cortex-a53")
    check_refusal("no block", [loops, "9", "9"], ["cortex-a53"], "cortex-a53", only="^nowhere$")
    check_refusal("cortex-a1000", [loops, "9", "9"], ["cortex-a1000"], "cortex-a53")

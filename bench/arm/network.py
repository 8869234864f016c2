#!/usr/bin/env python3
"""Estimates what a model's library takes on Arm cores, all of it and step by step, without a board.

  dsq compile MODEL --target arm-64-linux -o DIR
  python3 bench/arm/network.py DIR [--cores cortex-a53 cortex-a72] [--json]

The cycles are those of arm_cycles.py, which says how far they are off: what a second call executes, on random pixels.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import arm_cycles  # noqa: E402

PROGRAM = r"""
#include <cstdint>
#include <cstdlib>
#include "@name@.h"
alignas(64) static std::uint8_t input[@NAME@_INPUT_BYTES], workspace[@NAME@_WORKSPACE_BYTES], output[@NAME@_OUTPUT_BYTES];
int main(int, char **arguments) {
    for (std::uint32_t i = 0; i < sizeof input; ++i) input[i] = static_cast<std::uint8_t>(i * 2654435761U >> 26);
    for (int calls = std::atoi(arguments[1]); calls > 0; --calls) {
        if (@name@_run(input, output, workspace) != 0) return 1;
    }
    return 0;
}
"""


def library_name(folder):
    archives = sorted(folder.glob("lib*.a"))
    if len(archives) != 1:
        sys.exit(f"network.py: {folder}: expected one library lib*.a, found {len(archives)}")
    return archives[0].stem[3:]


def link(folder, name, work):
    source, program = work / "program.cpp", work / "program"
    source.write_text(PROGRAM.replace("@name@", name).replace("@NAME@", name.upper()))
    command = ["aarch64-linux-gnu-g++", "-static", "-std=c++20", "-O1", f"-I{folder}", source, folder / f"lib{name}.a", "-o", program]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"network.py: could not link {folder / f'lib{name}.a'}:\n{result.stderr}")
    return program


def steps_of(core, name):
    """{step: cycles} by the names of the kernels; what none of them is, under the C library's own."""
    steps = {}
    for block in core["blocks"]:
        kernel = re.fullmatch(rf"{name}_variant\d+_(step\d+_\w+)", block["symbol"])
        key = kernel[1] if kernel else block["symbol"]
        steps[key] = steps.get(key, 0) + block["executions"] * block["cycles"]
    return dict(sorted(steps.items(), key=lambda item: int(m[1]) if (m := re.match(r"step(\d+)_", item[0])) else 10**6))


def estimate(folder, cores, qemu_cpu):
    name = library_name(folder)
    with tempfile.TemporaryDirectory() as work:
        program = link(folder, name, Path(work))
        result = arm_cycles.estimate([program, "2"], cores, qemu_cpu, [program, "1"], folder=work)
    return {core: {"cycles": found["cycles"], "steps": steps_of(found, name)} for core, found in result["cores"].items()}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where dsq compile left the library and its header")
    parser.add_argument("--cores", nargs="+", default=["cortex-a53", "cortex-a72"])
    parser.add_argument("--qemu-cpu", default="cortex-a53", help="the processor that QEMU presents")
    parser.add_argument("--macs", type=float, help="multiplications of a call, for MAC/cycle")
    parser.add_argument("--gigahertz", type=float, default=1.2, help="of the core, for milliseconds")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    cores = estimate(arguments.folder, arguments.cores, arguments.qemu_cpu)
    if arguments.json:
        print(json.dumps({"cores": cores}, indent=1))
        return
    for core, found in cores.items():
        cycles = found["cycles"]
        rate = f", {arguments.macs / cycles:.2f} MAC/cycle" if arguments.macs else ""
        milliseconds = cycles / arguments.gigahertz / 1e6
        print(f"{core}: {cycles / 1e6:.3f} M cycles{rate}, {milliseconds:.2f} ms at {arguments.gigahertz} GHz")
    first = next(iter(cores.values()))
    for step, cycles in first["steps"].items():
        print(f"  {step:<40} {cycles / 1e3:9.1f} k {cycles / first['cycles']:6.1%}")


if __name__ == "__main__":
    try:
        main()
    except arm_cycles.EstimateError as error:
        sys.exit(f"network.py: {error}")

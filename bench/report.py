#!/usr/bin/env python3
"""Runs the benchmarks and writes <out>/report.json, with the kernels' rates as fractions of what the machine can do.

Machines are shared and noisy. So each round measures the machine beside the kernels, a program mixes the repetitions of
its benchmarks, fractions are taken within a round, and every figure is the median over the rounds. Then bench/arm/table8.py
prints the paper's Table 8 with our estimates for Arm cores beside it, and adds "table8".

To add a kernel: write a function that turns its figures and the machine's into an object of the report, and a row of SECTIONS.
"""

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
ONEDNN = REPOSITORY / "build/onednn/conv2d"
PASSES = ("forward", "backward_input", "backward_weight")
MILLISECONDS = {"ns": 1e-6, "us": 1e-3, "ms": 1.0, "s": 1e3}


def machine(figures, _):
    return {
        "fma_peak_gmacs": figures["fma"]["giga_items_per_s"],
        "copy_gb_per_s": figures["copy"]["gb_per_s"],
        "read_gb_per_s": figures["read"]["gb_per_s"],
        "cores": figures["fma"]["threads"],
        "processor": processor(),
        "instruction_set": figures["fma"]["label"],
    }


def quantize(figures, machine):
    codes, backward = figures["codes/normal"], figures["backward/dsq_2_bits"]
    return {
        "forward_fraction": codes["gb_per_s"] / machine["copy_gb_per_s"],
        "backward_fraction": backward["gb_per_s"] / machine["copy_gb_per_s"],
        "denormal_slowdown": max(
            figures["codes/denormal"]["milliseconds"] / codes["milliseconds"],
            figures["backward/dsq_2_bits_denormal_x"]["milliseconds"] / backward["milliseconds"],
            figures["backward/dsq_2_bits_denormal_gradient"]["milliseconds"] / backward["milliseconds"],
        ),
        "kernels": sweeps(figures, machine),
    }


def sweep(figures, machine):
    return {
        "read_fraction": figures["statistics"]["gb_per_s"] / machine["read_gb_per_s"],
        "kernels": sweeps(figures, machine),
    }


def traffic(figures, machine):
    return {"kernels": sweeps(figures, machine)}


def batch_norm(figures, machine):
    """Fractions at the images that lie beyond the caches."""

    def fraction(name, unit="copy_gb_per_s"):
        return figures[name]["gb_per_s"] / machine[unit]

    return {
        "statistics_fraction": fraction("statistics/vgg_small_2", "read_gb_per_s"),
        "forward_fraction": fraction("forward/vgg_small_2"),
        "backward_fraction": fraction("backward/vgg_small_2_dsq"),
        "backward_input_fraction": fraction("backward_input/vgg_small_2"),
        "kernels": sweeps(figures, machine),
    }


def products(figures, machine):
    """What is bound by arithmetic, forward and backward."""
    passes = {
        name: {
            "milliseconds": figure["milliseconds"],
            "gmacs": figure["giga_items_per_s"],
            "peak_fraction": figure["giga_items_per_s"] / machine["fma_peak_gmacs"],
        }
        for name, figure in sorted(figures.items())
    }
    fractions = {
        f"{which}_fraction": statistics.geometric_mean(
            figure["peak_fraction"] for name, figure in passes.items() if name.startswith(f"{which}/"))
        for which in PASSES
    }
    return fractions | {"kernels": passes}


def training_step(figures, machine):
    """Of ResNet-20, 2 bits with DSQ, batch 128. Efficiency: multiplications of the step's products a second, of the FMA peak."""

    def step(name):
        figure = figures[name]
        images_per_second = figure["giga_items_per_s"] * 1e9
        return {
            "images_per_second": images_per_second,
            "efficiency": images_per_second * figure["macs_per_image"] / (machine["fma_peak_gmacs"] * 1e9),
        }

    return step("training_step/resnet20_2bit_dsq") | {"float": step("training_step/resnet20_float")}


def speed_of(kernels, others):
    """Ratios of our speed to that of another program's benchmarks of the same names."""
    ratios = {name: others[name]["milliseconds"] / kernel["milliseconds"] for name, kernel in kernels.items()}
    means = {
        f"{which}_ratio": statistics.geometric_mean(
            ratio for name, ratio in ratios.items() if name.startswith(f"{which}/"))
        for which in PASSES
    }
    return means | {"overall_ratio": statistics.geometric_mean(ratios.values())} | ratios


# Name in the report, programs in bench/, function of (the programs' figures, the object "machine").
SECTIONS = [
    ("machine", ["machine_bench"], machine),
    ("quantize", ["quantize_bench", "quantize_backward_bench"], quantize),
    ("statistics", ["statistics_bench"], sweep),
    ("batch_norm", ["batch_norm_bench"], batch_norm),
    ("conv2d", ["conv2d_bench"], products),
    ("depthwise_conv2d", ["depthwise_conv2d_bench"], traffic),
    ("depthwise_conv2d_codes", ["depthwise_conv2d_codes_bench"], traffic),
    ("linear", ["linear_bench"], products),
    ("optimizer", ["optimizer_bench"], traffic),
    ("training_step", ["training_step_bench"], training_step),
]


def sweeps(figures, machine):
    """What is bound by memory: time, rate of traffic, and that as a fraction of the machine's copy."""
    return {
        name: {
            "milliseconds": figure["milliseconds"],
            "gb_per_s": figure["gb_per_s"],
            "copy_fraction": figure["gb_per_s"] / machine["copy_gb_per_s"],
        }
        for name, figure in sorted(figures.items())
    }


def processor():
    try:
        names = re.findall(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        names = []
    return names[0] if names else platform.machine()


def run_program(program, options):
    """The figures of each benchmark of a program, by its name without size and threads."""
    if not program.is_file():
        sys.exit(f"report.py: no benchmark program {program}\n"
                 "build it with: cmake --preset host && cmake --build --preset host")
    command = [str(program), "--benchmark_format=json", *options]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0 or not result.stdout:
        sys.exit(f"report.py: '{' '.join(command)}' failed with status {result.returncode}:\n{result.stderr}")
    repetitions = {}
    for entry in json.loads(result.stdout)["benchmarks"]:
        if entry["run_type"] == "iteration":
            name = re.split("/large:|/real_time", entry["run_name"])[0]
            repetitions.setdefault(name, []).append(read_figure(program, entry))
    return {name: median(figures) for name, figures in repetitions.items()}


def read_figure(program, entry):
    if entry.get("error_occurred"):
        sys.exit(f"report.py: {program}: {entry['name']}: {entry['error_message']}")
    return {
        "milliseconds": entry["real_time"] * MILLISECONDS[entry["time_unit"]],
        "gb_per_s": entry.get("bytes_per_second", 0.0) / 1e9,
        "giga_items_per_s": entry.get("items_per_second", 0.0) / 1e9,
        "macs_per_image": entry.get("macs_per_image", 0.0),
        "threads": entry["threads"],
        "label": entry.get("label", ""),
    }


def run_round(build, options, with_onednn):
    report = {}
    for section, programs, summarize in SECTIONS:
        figures = {}
        for program in programs:
            figures |= run_program(build / "bench" / program, options)
        report[section] = summarize(figures, report.get("machine"))
        if section == "conv2d" and with_onednn:
            report["onednn"] = speed_of(report["conv2d"]["kernels"], run_program(ONEDNN, options))
    return report


def median(values):
    """The median of each number in equal objects; what is no measurement is the same in all."""
    first = values[0]
    if isinstance(first, dict):
        return {key: median([value[key] for value in values]) for key in first}
    return statistics.median(values) if isinstance(first, float) else first


def write_atomically(path, report):
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(report, indent=2) + "\n")
    temporary.replace(path)


def kept_sections(path):
    """What bench/arm/table8.py and bench/onnxruntime/compare.py have put into the report."""
    try:
        report = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    return {name: report[name] for name in ("table8", "onnxruntime") if name in report}


def run_table8(arguments):
    command = [sys.executable, REPOSITORY / "bench/arm/table8.py", "--build", arguments.build, "--out", arguments.out]
    if subprocess.run([*command, *(["--quick"] if arguments.quick else [])]).returncode != 0:
        sys.exit("report.py: bench/arm/table8.py failed")


def print_report(report):
    for section, figures in report.items():
        print(section)
        for name, value in figures.items():
            if name != "kernels":
                print(f"  {name:<40} {f'{value:.3g}' if isinstance(value, float) else value}")
        for name, kernel in figures.get("kernels", {}).items():
            rate = f"{kernel['gb_per_s']:8.2f} GB/s" if "gb_per_s" in kernel else f"{kernel['gmacs']:8.2f} GMAC/s"
            fraction = (f"{kernel['copy_fraction']:8.2f} of copy" if "copy_fraction" in kernel
                        else f"{kernel['peak_fraction']:8.2f} of FMA peak")
            print(f"  {name:<40} {kernel['milliseconds']:8.3f} ms {rate:<16} {fraction}")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=REPOSITORY / "build/host", help="build folder")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "build/bench", help="folder for report.json")
    parser.add_argument("--onednn", action="store_true", help="compare convolutions with oneDNN, which this installs in build/onednn")
    parser.add_argument("--no-table8", action="store_true", help="keep the estimates for Arm cores as they are")
    parser.add_argument("--quick", action="store_true", help="small tensors, one round: checks that all runs, measures little")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    if arguments.onednn:
        subprocess.run([REPOSITORY / "bench/onednn/build.sh"], check=True)
    # bench_support.h has the sizes.
    if arguments.quick:
        rounds, options = 1, ["--benchmark_filter=-large:1", "--benchmark_min_time=0.001"]
    else:
        rounds, options = 5, ["--benchmark_filter=-large:0", "--benchmark_min_time=0.1",
                              "--benchmark_repetitions=3", "--benchmark_enable_random_interleaving=true"]
    report = median([run_round(arguments.build, options, arguments.onednn) for _ in range(rounds)])
    path = arguments.out / "report.json"
    write_atomically(path, report | kept_sections(path))
    print_report(report)
    sys.stdout.flush()
    if not arguments.no_table8:
        run_table8(arguments)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Estimates the speed of our convolutions on the layers of the paper's Table 8, on Arm cores, beside the paper's.

Each kernel is made for its layer and for weights that are like trained ones, linked into a program for Arm, compared code by
code with a plain loop under QEMU as several cores, and its cycles are estimated (arm_cycles.py). Tiles are tried, and the best
one counts. Adds "table8" to <out>/report.json: rows of this run replace those of the same layer, bits, core and way, but those
of a quick run only fill gaps. Programs are kept in <out>/arm; a second run there waits for the first.

To add a way: a row of WAYS, and of plan_layer.cpp.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import arm_cycles  # noqa: E402
import report  # noqa: E402
import table8_rows  # noqa: E402
from table8_rows import LAYERS  # noqa: E402

# A kernel's name in generators/, what its Halide target has beside ARMv8.0, the processors that QEMU presents (the first for
# estimates), the cores, and tiles of pixels x output channels. mla_paper is the paper's pattern: runs that follow from ranges
# alone. A depthwise way convolves each channel by itself: layers of their own.
Way = collections.namedtuple("Way", "generator features qemu_cpus cores tiles bits depthwise", defaults=(False,))
PLAIN = ("", ("cortex-a53", "cortex-a72", "max"), ("cortex-a53", "cortex-a55", "cortex-a72", "cortex-a76"))
DOT = ("-arm_dot_prod-armv82a", ("cortex-a76", "max"), ("cortex-a55", "cortex-a76"))
WAYS = {
    "mla_paper": Way("conv2d_codes_mla", *PLAIN, ((2, 64), (4, 32)), (2, 3, 4)),
    "mla": Way("conv2d_codes_mla", *PLAIN, ((2, 64), (4, 32)), (1, 2, 3, 4)),
    "mla_sadalp": Way("conv2d_codes_mla", *PLAIN, ((3, 32), (2, 32), (4, 16)), (1, 2, 3, 4)),
    "smlal": Way("conv2d_codes_smlal", *PLAIN, ((4, 32), (2, 64), (7, 16)), (1, 2, 3, 4)),
    "winograd": Way("conv2d_codes_winograd", *PLAIN, ((2, 64), (4, 32)), (1, 2)),
    "winograd_sadalp": Way("conv2d_codes_winograd", *PLAIN, ((3, 32), (2, 32)), (1, 2)),
    "winograd_smlal": Way("conv2d_codes_winograd", *PLAIN, ((2, 64), (4, 32), (3, 64)), (1, 2, 3, 4)),
    "dot": Way("conv2d_codes_dot", *DOT, ((8, 8), (7, 8)), (1, 2, 3, 4)),
    "popcount": Way("conv2d_codes_popcount", *PLAIN, ((4, 32), (7, 16)), (1,)),
    "depthwise": Way("depthwise_conv2d_codes", *PLAIN, ((4, 16), (7, 16)), (2, 4), True),
}


class ProgramError(Exception):
    """A program that failed, or is not there."""


def run(command):
    """The output of a command."""
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if result.returncode != 0:
        raise ProgramError(f"'{' '.join(str(word) for word in command)}' failed with status {result.returncode}:\n"
                           f"{result.stdout}{result.stderr}")
    return result.stdout


def is_older(target, sources):
    return not target.exists() or any(target.stat().st_mtime < source.stat().st_mtime for source in sources)


@contextlib.contextmanager
def locked(folder):
    """One run at a time has the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another run in {folder}", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Workshop:
    """Builds programs for Arm below a folder, several at a time; what is newer than its sources is kept."""

    def __init__(self, build, folder):
        self.generators, self.planner, self.folder = build / "generators", build / "bench/plan_layer", folder
        if not self.planner.is_file():
            raise ProgramError(f"no program {self.planner}\n"
                               "build it with: cmake --preset host && cmake --build --preset host")
        self.main_object = self.build_main()

    def generator_path(self, way):
        return self.generators / f"{way.generator}.generator"

    def built_ways(self):
        """Those whose generator is there; the others are told."""
        missing = [name for name, way in WAYS.items() if not self.generator_path(way).is_file()]
        if missing:
            print(f"left out, for no generator of them is built in {self.generators}: {', '.join(missing)}")
        return [name for name in WAYS if name not in missing]

    def generator(self, way):
        path = self.generator_path(way)
        if not path.is_file():
            raise ProgramError(f"no generator {path}\nbuild it with: cmake --build --preset host --target {path.name}")
        return path

    def build_main(self):
        """What all programs have in common."""
        path, source = self.folder / "layer_program.o", HERE / "layer_program.cpp"
        if is_older(path, [source]):
            run(["aarch64-linux-gnu-g++", "-std=c++20", "-O2", "-Wall", "-Wextra", "-Werror", "-isystem",
                 REPOSITORY / ".venv/halide/include", "-c", source, "-o", path])
        runtime = self.folder / "runtime.o"
        if not runtime.exists():
            generator = self.generator(next(iter(WAYS.values())))
            run([generator, "-r", runtime.stem, "-e", "object", "-o", self.folder, "target=arm-64-linux"])
        return [path, runtime]

    def program(self, name, layer, bits, tile):
        """The words of a command that runs the layer, but for how often."""
        way = WAYS[name]
        pixels, tile_channels = tile
        folder = self.folder / f"{name}_{layer.channels}_{layer.size}_{bits}_{pixels}x{tile_channels}"
        folder.mkdir(exist_ok=True)
        plan = json.loads(run([self.planner, name, layer.channels, layer.size, bits, pixels, tile_channels, folder]))
        parameters = [f"{key}={value}" for key, value in plan["parameters"].items()]
        program, kernel, made_with = folder / "program", folder / "dsq_layer.o", folder / "parameters"
        text = "\n".join(parameters)
        sources = [self.generator(way), *self.main_object]
        if is_older(program, sources) or not made_with.exists() or made_with.read_text() != text:
            target = "target=arm-64-linux" + way.features + "-no_runtime-no_asserts-no_bounds_query"
            run([self.generator(way), "-g", way.generator, "-f", "dsq_layer", "-n", "dsq_layer", "-e", "object",
                 "-o", folder, target, *parameters])
            run(["aarch64-linux-gnu-g++", "-static", *self.main_object, kernel, "-o", program])
            made_with.write_text(text)
        levels, accumulator_bits = plan["parameters"]["levels"], plan["accumulator_bits"]
        return [str(word) for word in (program, folder, layer.channels, layer.size, levels, accumulator_bits)], plan


# What one worker does: a way on a layer; of the estimates the best of the tiles.
Task = collections.namedtuple("Task", "layer bits way cores tiles")


def check(workshop, task):
    """Compares the codes of the first tile's kernel with those of a plain loop, on every processor. Returns how many."""
    command, _ = workshop.program(task.way, LAYERS[task.layer], task.bits, task.tiles[0])
    for cpu in WAYS[task.way].qemu_cpus:
        run(["qemu-aarch64", "-cpu", cpu, *command, "1", "--check"])
    return len(WAYS[task.way].qemu_cpus)


def measure(workshop, task):
    """{core: (MAC/cycle, tile, plan)} with the best of the tiles, each of which is checked too."""
    layer, way, best = LAYERS[task.layer], WAYS[task.way], {}
    macs = 9 * layer.channels * layer.size**2 * (1 if way.depthwise else layer.channels)
    for tile in task.tiles:
        command, plan = workshop.program(task.way, layer, task.bits, tile)
        run(["qemu-aarch64", "-cpu", way.qemu_cpus[0], *command, "1", "--check"])
        result = arm_cycles.estimate([*command, "2"], task.cores, way.qemu_cpus[0], [*command, "1"], folder=workshop.folder)
        for core in task.cores:
            found = (macs / result["cores"][core]["cycles"], tile, plan)
            best[core] = max(best.get(core, found), found, key=lambda figure: figure[0])
    return best


def print_best(task, best):
    speeds = ", ".join(f"{core} {speed:.2f} ({tile[0]}x{tile[1]})" for core, (speed, tile, _) in best.items())
    parameters = next(iter(best.values()))[2]["parameters"]
    details = ", ".join(f"{key} {value}" for key, value in parameters.items() if key in ("run", "runs", "spill_channels"))
    print(f"{task.layer:<10} {task.bits} {task.way:<14} {speeds}; {details}", flush=True)


def results(workers, function, workshop, tasks):
    """(task, its result) in order; the first failure ends all."""
    with concurrent.futures.ThreadPoolExecutor(workers) as executor:
        futures = [executor.submit(function, workshop, task) for task in tasks]
        try:
            for task, future in zip(tasks, futures):
                yield task, future.result()
        finally:
            executor.shutdown(wait=False, cancel_futures=True)


def add_to_report(path, rows, quick):
    whole = json.loads(path.read_text()) if path.exists() else {}
    old = whole.get("table8", [])
    whole["table8"] = table8_rows.merged(old, rows) if quick else table8_rows.merged(rows, old)
    report.write_atomically(path, whole)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--layers", nargs="+", choices=LAYERS, default=list(LAYERS))
    parser.add_argument("--bits", nargs="+", type=int, choices=(1, 2, 3, 4), default=(4, 3, 2, 1))
    parser.add_argument("--ways", nargs="+", choices=WAYS, help="by default those that are built")
    parser.add_argument("--cores", nargs="+", help="of those that a way is for; all by default")
    parser.add_argument("--check-only", action="store_true",
                        help="compare the codes of each way with a plain loop on all processors; no estimates, no report")
    parser.add_argument("--quick", action="store_true",
                        help="the smallest of the layers, 2 bits, one tile: checks that all runs, and only fills gaps of the report")
    parser.add_argument("--build", type=Path, default=REPOSITORY / "build/host", help="build folder")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "build/bench", help="folder of report.json and of the programs")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many programs are built or run at a time")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.layers, arguments.bits = ["512x7x7"], (2,)
    return arguments


def tasks_of(arguments, ways):
    for layer in arguments.layers:
        for bits in arguments.bits:
            for name in ways:
                way = WAYS[name]
                cores = [core for core in way.cores if not arguments.cores or core in arguments.cores]
                if bits in way.bits and cores:
                    yield Task(layer, bits, name, cores, way.tiles[:1] if arguments.quick else way.tiles)


def run_table(arguments, folder):
    workshop = Workshop(arguments.build, folder)
    tasks = list(tasks_of(arguments, arguments.ways or workshop.built_ways()))
    if arguments.check_only:
        runs = sum(count for _, count in results(arguments.jobs, check, workshop, tasks))
        print(f"{len(tasks)} kernels, {runs} runs: all codes equal those of a plain loop")
        return
    arm_cycles.build_plugin(folder)
    rows = []
    for task, best in results(arguments.jobs, measure, workshop, tasks):
        print_best(task, best)
        layer = task.layer + table8_rows.DEPTHWISE * WAYS[task.way].depthwise
        rows += [table8_rows.new_row(layer, task.bits, core, task.way, best[core][0]) for core in best]
    add_to_report(arguments.out / "report.json", rows, arguments.quick)
    table8_rows.print_table(rows)


def main():
    arguments = parse_arguments()
    folder = arguments.out / "arm"
    try:
        with locked(folder):
            run_table(arguments, folder)
    except (ProgramError, arm_cycles.EstimateError) as error:
        sys.exit(f"table8.py: {error}")


if __name__ == "__main__":
    main()

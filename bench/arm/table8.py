#!/usr/bin/env python3
"""Estimates the speed of our convolutions on the layers of the paper's Table 8, on Arm cores, beside the paper's.

Each kernel is made for its layer and for weights that are like trained ones, linked into a program for Arm, compared code by
code with a plain loop under QEMU, and its cycles are estimated (arm_cycles.py). Tiles are tried, and the best one counts.
Adds "table8" to <out>/report.json: rows of this run replace those of the same layer, bits, core and way.

To add a way: a row of WAYS, and its plan in plan_layer.cpp.
"""

import argparse
import collections
import json
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import arm_cycles  # noqa: E402
import report  # noqa: E402

# A kernel's name in generators/, what its Halide target has beside ARMv8.0, the processor that QEMU presents, the cores, and
# tiles of pixels x output channels. A depthwise way convolves each channel by itself: layers of their own.
Way = collections.namedtuple("Way", "generator features qemu_cpu cores tiles bits depthwise", defaults=(False,))
PLAIN_CORES = ("cortex-a53", "cortex-a72")
DOT_CORES = ("cortex-a55", "cortex-a76")
WAYS = {
    "mla": Way("conv2d_codes_mla", "", "cortex-a53", PLAIN_CORES, ((2, 64), (4, 32)), (2, 3, 4)),
    "smlal": Way("conv2d_codes_smlal", "", "cortex-a53", PLAIN_CORES, ((4, 32), (2, 64), (7, 16)), (2, 3, 4)),
    "winograd": Way("conv2d_codes_winograd", "", "cortex-a53", PLAIN_CORES, ((2, 64), (4, 32)), (2,)),
    "winograd_smlal": Way("conv2d_codes_winograd", "", "cortex-a53", PLAIN_CORES, ((2, 64), (4, 32), (2, 32)), (2, 3, 4)),
    "dot": Way("conv2d_codes_dot", "-arm_dot_prod-armv82a", "cortex-a76", DOT_CORES, ((8, 8), (7, 8)), (2, 3, 4)),
    "popcount": Way("conv2d_codes_popcount", "", "cortex-a53", PLAIN_CORES, ((4, 32), (7, 16)), (1,)),
    "depthwise": Way("depthwise_conv2d_codes", "", "cortex-a53", PLAIN_CORES, ((4, 16), (7, 16)), (2, 4), True),
}

Layer = collections.namedtuple("Layer", "channels size")
LAYERS = {"64x56x56": Layer(64, 56), "128x28x28": Layer(128, 28), "256x14x14": Layer(256, 14), "512x7x7": Layer(512, 7)}

# MAC/cycle on a Cortex-A53 (Raspberry Pi 3B, 1.2 GHz): milliseconds of Table 8; its means over the four layers.
PAPER_CORE = "cortex-a53"
PAPER = {("64x56x56", 2): 2.53, ("128x28x28", 2): 3.42, ("512x7x7", 2): 3.79, ("64x56x56", 4): 2.2}
PAPER_MEANS = {2: 3.2, 3: 3.1, 4: 2.7}


def run(command):
    """The output of a command; failure ends the program."""
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"table8.py: '{' '.join(str(word) for word in command)}' failed with status {result.returncode}:\n"
                 f"{result.stdout}{result.stderr}")
    return result.stdout


def is_older(target, sources):
    return not target.exists() or any(target.stat().st_mtime < source.stat().st_mtime for source in sources)


class Workshop:
    """Builds programs for Arm below a folder; what is newer than its sources is kept."""

    def __init__(self, build, folder):
        self.generators, self.planner, self.folder = build / "generators", build / "bench/plan_layer", folder
        if not self.planner.is_file():
            sys.exit(f"table8.py: no program {self.planner}\nbuild it with: cmake --preset host && cmake --build --preset host")
        folder.mkdir(parents=True, exist_ok=True)

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
            sys.exit(f"table8.py: no generator {path}\nbuild it with: cmake --build --preset host --target {path.name}")
        return path

    def runtime(self, way):
        path = self.folder / "runtime.o"
        if not path.exists():
            run([self.generator(way), "-r", path.stem, "-e", "object", "-o", self.folder, "target=arm-64-linux"])
        return path

    def main_object(self):
        path, source = self.folder / "layer_program.o", HERE / "layer_program.cpp"
        if is_older(path, [source]):
            run(["aarch64-linux-gnu-g++", "-std=c++20", "-O2", "-Wall", "-Wextra", "-Werror", "-isystem",
                 REPOSITORY / ".venv/halide/include", "-c", source, "-o", path])
        return path

    def program(self, name, layer, bits, tile):
        """The words of a command that runs the layer, but for how often."""
        way = WAYS[name]
        pixels, tile_channels = tile
        folder = self.folder / f"{name}_{layer.channels}_{layer.size}_{bits}_{pixels}x{tile_channels}"
        folder.mkdir(exist_ok=True)
        plan = json.loads(run([self.planner, name, layer.channels, layer.size, bits, tile_channels, folder]))
        parameters = [f"{key}={value}" for key, value in plan["parameters"].items()] + [f"tile_pixels={pixels}"]
        program, kernel, made_with = folder / "program", folder / "dsq_layer.o", folder / "parameters"
        text = "\n".join(parameters)
        sources = [self.generator(way), self.main_object()]
        if is_older(program, sources) or not made_with.exists() or made_with.read_text() != text:
            target = "target=arm-64-linux" + way.features + "-no_runtime-no_asserts-no_bounds_query"
            run([self.generator(way), "-g", way.generator, "-f", "dsq_layer", "-n", "dsq_layer", "-e", "object,assembly",
                 "-o", folder, target, *parameters])
            run(["aarch64-linux-gnu-g++", "-static", self.main_object(), kernel, self.runtime(way), "-o", program])
            made_with.write_text(text)
        levels, accumulator_bits = plan["parameters"]["levels"], plan["accumulator_bits"]
        return [str(word) for word in (program, folder, layer.channels, layer.size, levels, accumulator_bits)], plan


def measure(workshop, layer_name, bits, name, cores, tiles, checked):
    """{core: (MAC/cycle, tile, plan)} with the best of the tiles."""
    layer, way, best = LAYERS[layer_name], WAYS[name], {}
    macs = 9 * layer.channels * layer.size**2 * (1 if way.depthwise else layer.channels)
    for tile in tiles:
        command, plan = workshop.program(name, layer, bits, tile)
        if checked:
            run(["qemu-aarch64", "-cpu", way.qemu_cpu, *command, "1", "--check"])
        result = arm_cycles.estimate([*command, "2"], cores, way.qemu_cpu, [*command, "1"], folder=workshop.folder)
        for core in cores:
            found = (macs / result["cores"][core]["cycles"], tile, plan)
            best[core] = max(best.get(core, found), found, key=lambda figure: figure[0])
    return best


def table_row(layer, bits, core, way, mac_per_cycle):
    paper = PAPER.get((layer, bits)) if core == PAPER_CORE else None
    return {"layer": layer, "bits": bits, "core": core, "way": way, "mac_per_cycle": mac_per_cycle,
            "paper_mac_per_cycle": paper}


def print_row(row, tile, plan):
    paper = row["paper_mac_per_cycle"]
    details = ", ".join(f"{key} {value}" for key, value in plan["parameters"].items() if key in ("run", "runs", "spill_channels"))
    print(f"{row['layer']:<20} {row['bits']:>4} {row['core']:<11} {row['way']:<9} {row['mac_per_cycle']:>9.2f} "
          f"{paper or '':>6}   tile {tile[0]}x{tile[1]}, {details}", flush=True)


def print_means(rows):
    """Over the layers, where all of them were measured."""
    groups = collections.defaultdict(list)
    for row in rows:
        groups[row["bits"], row["core"], row["way"]].append(row["mac_per_cycle"])
    for (bits, core, way), speeds in groups.items():
        if len(speeds) == len(LAYERS):
            paper = PAPER_MEANS.get(bits, "") if core == PAPER_CORE and not WAYS[way].depthwise else ""
            print(f"{'geom. mean':<20} {bits:>4} {core:<11} {way:<9} {statistics.geometric_mean(speeds):>9.2f} {paper:>6}")


def key_of(row):
    return row["layer"], row["bits"], row["core"], row["way"]


def add_to_report(path, rows):
    whole = json.loads(path.read_text()) if path.exists() else {}
    new = {key_of(row) for row in rows}
    whole["table8"] = [row for row in whole.get("table8", []) if key_of(row) not in new] + rows
    report.write_atomically(path, whole)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--layers", nargs="+", choices=LAYERS, default=list(LAYERS))
    parser.add_argument("--bits", nargs="+", type=int, choices=(1, 2, 3, 4), default=(1, 2, 3, 4))
    parser.add_argument("--ways", nargs="+", choices=WAYS, help="by default those that are built")
    parser.add_argument("--cores", nargs="+", help="of those that a way is for; all by default")
    parser.add_argument("--no-check", action="store_true", help="do not compare the codes with a plain loop")
    parser.add_argument("--build", type=Path, default=REPOSITORY / "build/host", help="build folder")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "build/bench", help="folder of report.json")
    parser.add_argument("--quick", action="store_true", help="the smallest of the layers, one tile: checks that all runs")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    workshop = Workshop(arguments.build, REPOSITORY / "build/arm")
    layers = ["512x7x7"] if arguments.quick else arguments.layers
    ways = arguments.ways or workshop.built_ways()
    rows = []
    print(f"{'layer':<20} bits {'core':<11} {'way':<9} MAC/cycle  paper")
    for layer in layers:
        for bits in arguments.bits:
            for name in ways:
                way = WAYS[name]
                cores = [core for core in way.cores if not arguments.cores or core in arguments.cores]
                if bits not in way.bits or not cores:
                    continue
                tiles = way.tiles[:1] if arguments.quick else way.tiles
                for core, (speed, tile, plan) in measure(workshop, layer, bits, name, cores, tiles,
                                                         not arguments.no_check).items():
                    rows.append(table_row(layer + " depthwise" * way.depthwise, bits, core, name, speed))
                    print_row(rows[-1], tile, plan)
    add_to_report(arguments.out / "report.json", rows)
    print_means(rows)


if __name__ == "__main__":
    try:
        main()
    except arm_cycles.EstimateError as error:
        sys.exit(f"table8.py: {error}")

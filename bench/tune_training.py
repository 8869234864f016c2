#!/usr/bin/env python3
"""Tunes the tiles of training's convolutions on this machine, for AVX2 and AVX-512, and writes schedules/tuned/training/.

The build with DSQ_TUNE_TRAINING makes each kernel with every tile; bench/training_tiles.cpp times all of them in turn on the layers of
ResNet-20, VGG-Small and ResNet-18. A kernel's tile is the one with the least geometric mean over the layers that the kernel serves. The
one that it has now stays where no other gains GAIN or more: times on a shared machine differ by as much from run to run. The next build
takes the tables (generators/training_tiles.cmake).

  python3 bench/tune_training.py                the build of the preset host, built before (./test.sh)
  python3 bench/tune_training.py --rounds 31    for a busier machine
"""

import argparse
import json
import math
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
TABLES = REPOSITORY / "schedules/tuned/training"
GAIN = 0.02


def build(cmake):
    """The program with all tiles; the build is left as it was."""
    for command in (["--preset", "host", "-DDSQ_TUNE_TRAINING=ON"], ["--build", "--preset", "host", "--target", "training_tiles"]):
        subprocess.run([cmake, *command], cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)
    return REPOSITORY / "build/host/bench/training_tiles"


def times_of(lines):
    """{(instruction set, operation, kernel): {tile: {layer: ns}}} and the tiles that kernels have now."""
    times, current = defaultdict(lambda: defaultdict(dict)), {}
    for line in lines:
        operation, instruction_set, kernel, tile, now, layer, nanoseconds = line.split()
        key = instruction_set, operation, kernel
        times[key][int(tile)][layer] = float(nanoseconds)
        current[key] = int(now)
    return times, current


def mean(of_layers):
    return math.exp(sum(map(math.log, of_layers.values())) / len(of_layers))


def best_tile(tiles, now):
    """The tile of a kernel, its mean time, and that of the tile that it has now. A tile must serve all layers."""
    layers = max(len(of_layers) for of_layers in tiles.values())
    means = {tile: mean(of_layers) for tile, of_layers in tiles.items() if len(of_layers) == layers}
    best = min(means, key=means.get)
    if now in means and means[best] > (1 - GAIN) * means[now]:
        best = now
    return best, means[best], means.get(now, means[best])


def table_of(instruction_set, times, current):
    """Its text, a kernel on each line."""
    lines = []
    for (of, operation, kernel), tiles in sorted(times.items()):
        if of != instruction_set:
            continue
        tile, cost, default = best_tile(tiles, current[of, operation, kernel])
        row = {"operation": operation, "kernel": kernel, "tile": tile, "cost": round(cost), "before": round(default)}
        lines.append(" " + json.dumps(row, separators=(",", ":")))
    head = {"version": 1, "instruction_set": instruction_set, "unit": "ns"}
    return json.dumps(head)[:-1] + ', "kernels": [\n' + ",\n".join(lines) + "\n]}\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15, help="times of each tile on each layer, of which the median counts")
    parser.add_argument("--cmake", default=str(REPOSITORY / ".venv/bin/cmake"))
    parser.add_argument("--output", type=Path, default=TABLES, help="folder of the tables")
    arguments = parser.parse_args()
    program = build(arguments.cmake)
    run = subprocess.run([program, str(arguments.rounds)], stdout=subprocess.PIPE, text=True)
    subprocess.run([arguments.cmake, "--preset", "host", "-DDSQ_TUNE_TRAINING=OFF"], cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)
    if run.returncode:
        sys.exit(f"tune_training.py: {program} exited with {run.returncode}")
    times, current = times_of(run.stdout.splitlines())
    arguments.output.mkdir(parents=True, exist_ok=True)
    for instruction_set in sorted({key[0] for key in times}):
        path = arguments.output / f"{instruction_set}.json"
        path.write_text(table_of(instruction_set, times, current))
        print(f"Table: {path}")


if __name__ == "__main__":
    main()

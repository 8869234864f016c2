#!/usr/bin/env python3
"""Estimates the cycles that an AArch64 program takes on given Arm cores, without a board.

QEMU counts how often every block of code runs, llvm-mca says how many cycles one run of the block takes on a core, and the
estimate is the sum of the products. Caches and branch misses are not modelled.

How far it is off, with ncnn's ResNet-18 in 8 bits, one thread, against published times on boards: 5 to 17 % too few cycles on
cortex-a53, 19 % on cortex-a76, 35 % on cortex-a72. Ratios on one core are what to trust.

  arm_cycles.py -- ./program conv 1                   one run, everything counted
  arm_cycles.py --only '^conv' -- ./program           only blocks whose symbol matches
  arm_cycles.py --less './program 1' -- ./program 2   the difference of two runs: start-up and set-up cancel out

Link the program with -static, so that its blocks have symbols. Needs what setup.sh installs.
"""

import argparse
import json
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ATTRIBUTES = "-mattr=+v8.6a,+dotprod,+i8mm,+fullfp16,+bf16"
NOT_MODELLED = re.compile(r"\s*(bl|blr|br|ret|svc|mrs|msr|ldxr|stxr|ldaxr|stlxr)\b")
ITERATIONS = 50
COVERAGE = 0.995  # share of the executed instructions that is handed to llvm-mca


class EstimateError(Exception):
    """What could not be run or counted."""


def build_plugin(folder):
    plugin = Path(folder) / "block_counts.so"
    source = HERE.parents[1] / "runtime/block_counts.c"
    if not plugin.exists() or plugin.stat().st_mtime < source.stat().st_mtime:
        command = ["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", source, "-o", plugin]
        subprocess.run(command, check=True)
    return plugin


def count_blocks(command, qemu_cpu, folder):
    """{(address, length, symbol, code): executions} of one run of the command under QEMU."""
    plugin, counts = build_plugin(folder), {}
    with tempfile.NamedTemporaryFile("r", dir=folder) as lines:
        qemu = ["qemu-aarch64", "-cpu", qemu_cpu, "-plugin", f"{plugin},out={lines.name}", *command]
        run = subprocess.run(qemu, stdout=sys.stderr)
        if run.returncode:
            raise EstimateError(f"{shlex.join(map(str, command))} exited with {run.returncode}")
        for line in lines:
            address, executions, length, symbol, code = line.split()
            key = (address, int(length), symbol, code)
            counts[key] = counts.get(key, 0) + int(executions)
    return counts


def instructions(counts, block):
    return counts[block] * block[1]


def hottest(counts, only):
    """The blocks that make up nearly all executed instructions, and the share that they do make up."""
    counted = [block for block, n in counts.items() if n > 0 and (not only or re.search(only, block[2]))]
    total, covered, hot = sum(instructions(counts, block) for block in counted), 0, []
    for block in sorted(counted, key=lambda block: instructions(counts, block), reverse=True):
        if covered >= COVERAGE * total:
            break
        hot.append(block)
        covered += instructions(counts, block)
    if not hot:
        raise EstimateError("no block was counted")
    return hot, total, covered / total


def disassemble(blocks):
    """The assembly lines of each block, in order."""
    words = [block[3][i:i + 8] for block in blocks for i in range(0, len(block[3]), 8)]
    source = "\n".join(f"0x{w[6:8]} 0x{w[4:6]} 0x{w[2:4]} 0x{w[0:2]}" for w in words)
    command = ["llvm-mc-19", "--disassemble", "-triple=aarch64", ATTRIBUTES]
    run = subprocess.run(command, input=source, capture_output=True, text=True)
    lines = [line for line in run.stdout.splitlines() if line.strip() and not line.strip().startswith(".")]
    for bad in re.findall(r"<stdin>:(\d+):\d+: warning: invalid", run.stderr):
        lines.insert(int(bad) - 1, "\tnop")
    if len(lines) != len(words):
        raise EstimateError(f"llvm-mc-19 gave {len(lines)} lines for {len(words)} instructions: {run.stderr[:200]}")
    rest = iter(lines)
    return [[next(rest) for _ in range(block[1])] for block in blocks]


def cycles_per_block(assembly, cpu):
    """Cycles of one execution of each block on the core, in a steady state; None where llvm-mca has no answer."""
    regions = [
        f"# LLVM-MCA-BEGIN r{i}\n" + "\n".join(line for line in lines if not NOT_MODELLED.match(line)) + "\n# LLVM-MCA-END\n"
        for i, lines in enumerate(assembly)
    ]
    command = ["llvm-mca-19", "-mtriple=aarch64", f"-mcpu={cpu}", ATTRIBUTES, f"-iterations={ITERATIONS}",
               "-instruction-info=false", "-resource-pressure=false"]
    run = subprocess.run(command, input="".join(regions), capture_output=True, text=True)
    found = dict(re.findall(r"Code Region - r(\d+)\n.*?Total Cycles:\s+(\d+)", run.stdout, re.S))
    if not found:
        raise EstimateError(f"llvm-mca-19 knows nothing of {cpu}: {run.stderr[:200]}")
    return [int(found[str(i)]) / ITERATIONS if str(i) in found else None for i in range(len(assembly))]


def estimate_core(cpu, counts, hot, assembly, covered):
    per_run = cycles_per_block(assembly, cpu)
    # Where llvm-mca has no answer: a cycle an instruction.
    cost = [counts[block] * (block[1] if cycles is None else cycles) for block, cycles in zip(hot, per_run)]
    unmodelled = sum(instructions(counts, block) for block, cycles in zip(hot, per_run) if cycles is None)
    blocks = [
        {"share": c / sum(cost), "executions": counts[block], "cycles": c / counts[block], "instructions": block[1],
         "address": block[0], "symbol": block[2]} for c, block in sorted(zip(cost, hot), reverse=True)
    ]
    return {"cycles": sum(cost) / covered, "unmodelled_instructions": unmodelled, "blocks": blocks}


def estimate(command, cpus, qemu_cpu, less=None, only=None, folder=None):
    """What a command executes on each of the cores, less what the command `less` does.

    only: regular expression of the symbols whose blocks count. folder: keeps QEMU's plugin for the next call; build_plugin there before calls at the same time. Returns
    {"instructions": n, "cores": {cpu: {"cycles": c, "unmodelled_instructions": n, "blocks": [the most expensive first]}}}.
    Raises EstimateError.
    """
    if folder is None:
        with tempfile.TemporaryDirectory() as temporary:
            return estimate(command, cpus, qemu_cpu, less, only, temporary)
    counts = count_blocks(command, qemu_cpu, folder)
    if less:
        for block, n in count_blocks(less, qemu_cpu, folder).items():
            counts[block] = counts.get(block, 0) - n
    hot, total, covered = hottest(counts, only)
    assembly = disassemble(hot)
    cores = {cpu: estimate_core(cpu, counts, hot, assembly, covered) for cpu in cpus}
    return {"instructions": total, "cores": cores}


def print_estimate(result, macs, top):
    total = result["instructions"]
    for index, (cpu, core) in enumerate(result["cores"].items()):
        cycles = core["cycles"]
        per_mac = f", {macs / cycles:.2f} MAC/cycle" if macs else ""
        print(f"{cpu}: {cycles / 1e6:.3f} M cycles, {total / cycles:.2f} instructions/cycle{per_mac}"
              f" ({core['unmodelled_instructions'] / total:.1%} of the instructions not modelled)")
        for block in core["blocks"][:top] if index == 0 else []:
            print(f"   {block['share']:6.1%}  {block['executions']:>10} x {block['cycles']:6.1f} cycles,"
                  f" {block['instructions']:4} instructions at {block['address']} {block['symbol'][:80]}")
    print(f"instructions: {total / 1e6:.3f} M")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cpus", default="cortex-a53,cortex-a55,cortex-a72", help="cores known to llvm-mca")
    parser.add_argument("--qemu-cpu", default="cortex-a53", help="the core that QEMU presents; 'max' has dotprod, i8mm")
    parser.add_argument("--only", help="regular expression: count only blocks of symbols that match")
    parser.add_argument("--less", type=shlex.split, help="a command whose counts are taken off")
    parser.add_argument("--macs", type=float, help="multiply-accumulates of the counted work, for MAC/cycle")
    parser.add_argument("--top", type=int, default=5, help="hottest blocks to show on the first core")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    parser.add_argument("command", nargs="+")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    try:
        result = estimate(arguments.command, arguments.cpus.split(","), arguments.qemu_cpu, arguments.less, arguments.only)
    except EstimateError as error:
        sys.exit(f"arm_cycles.py: {error}")
    if arguments.json:
        print(json.dumps(result))
    else:
        print_estimate(result, arguments.macs, arguments.top)


if __name__ == "__main__":
    main()

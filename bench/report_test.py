#!/usr/bin/env python3
"""Runs report.py in its quick mode on the build folder given, and checks the report that it writes."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

REPORT = Path(__file__).with_name("report.py")
PROMISED = {
    "machine": ["fma_peak_gmacs", "copy_gb_per_s", "read_gb_per_s", "cores", "processor", "instruction_set"],
    "quantize": ["forward_fraction", "backward_fraction", "denormal_slowdown", "kernels"],
    "statistics": ["read_fraction", "kernels"],
    "batch_norm": ["statistics_fraction", "forward_fraction", "backward_fraction", "backward_input_fraction", "kernels"],
    "conv2d": ["forward_fraction", "backward_input_fraction", "backward_weight_fraction", "kernels"],
    "depthwise_conv2d": ["kernels"],
    "depthwise_conv2d_codes": ["kernels"],
    "linear": ["forward_fraction", "backward_input_fraction", "backward_weight_fraction", "kernels"],
    "optimizer": ["kernels"],
    "training_step": ["images_per_second", "efficiency", "float"],
}


def run_report(build, out):
    return subprocess.run([sys.executable, REPORT, "--quick", "--build", build, "--out", out],
                          capture_output=True, text=True)


def check_report(build, out):
    estimates = [{"layer": "64x56x56", "bits": 2, "core": "cortex-a53", "way": "mla", "mac_per_cycle": 7.0,
                  "paper_mac_per_cycle": 2.53}]
    (Path(out) / "report.json").write_text(json.dumps({"machine": {"cores": 0}, "table8": estimates}))
    result = run_report(build, out)
    assert result.returncode == 0, result.stderr
    assert sorted(path.name for path in Path(out).iterdir()) == ["arm", "report.json"], "no temporary file"
    report = json.loads((Path(out) / "report.json").read_text())
    assert estimates[0] in report["table8"], "those of a full run stay"
    ways = {row["way"] for row in report["table8"] if row["layer"] == "512x7x7" and row["core"] == "cortex-a53"}
    assert {"mla_paper", "mla", "mla_sadalp", "smlal", "winograd", "winograd_smlal"} <= ways, ways
    assert "MAC/cycle, estimated for cortex-a72" in result.stdout, result.stdout
    for section, keys in PROMISED.items():
        for key in keys:
            assert report[section][key], f"{section}.{key}: expected a value, found {report[section].get(key)!r}"


def check_missing_program(out):
    result = run_report(Path(out) / "no_build", out)
    assert result.returncode != 0
    assert "no_build/bench/machine_bench" in result.stderr and "cmake --build" in result.stderr, result.stderr


with tempfile.TemporaryDirectory() as folder:
    check_report(sys.argv[1], folder)
with tempfile.TemporaryDirectory() as folder:
    check_missing_program(folder)

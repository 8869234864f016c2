#!/usr/bin/env python3
"""Runs table8.py in its quick mode on the build folder given, and checks the report; then that a wrong code is found."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TABLE8 = Path(__file__).with_name("table8.py")
PROGRAMS = TABLE8.parent.parent.parent / "build/arm"
OTHERS = {"machine": {"cores": 2}}
OTHER_ROW = {"layer": "512x7x7", "bits": 2, "core": "cortex-a53", "way": "another", "mac_per_cycle": 1.0,
             "paper_mac_per_cycle": None}
STALE_ROW = OTHER_ROW | {"way": "mla", "mac_per_cycle": 99.0}


def check_report(build, out):
    path = Path(out) / "report.json"
    path.write_text(json.dumps(OTHERS | {"table8": [OTHER_ROW, STALE_ROW]}))
    command = [sys.executable, TABLE8, "--quick", "--bits", "2", "--ways", "mla", "--build", build, "--out", out]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    report = json.loads(path.read_text())
    assert report["machine"] == OTHERS["machine"]
    rows = {(row["core"], row["way"]): row for row in report["table8"]}
    assert rows["cortex-a53", "another"] == OTHER_ROW
    assert len(report["table8"]) == 3 and set(rows["cortex-a72", "mla"]) == set(OTHER_ROW), rows
    row = rows["cortex-a53", "mla"]
    assert 1.0 < row["mac_per_cycle"] < 16.0, row
    assert row["paper_mac_per_cycle"] == 3.79, row
    assert "512x7x7" in result.stdout and "3.79" in result.stdout, result.stdout


def check_wrong_code(folder):
    layer = shutil.copytree(PROGRAMS / "mla_512_7_2_2x64", Path(folder) / "layer")
    expected = bytearray((layer / "expected").read_bytes())
    command = ["qemu-aarch64", layer / "program", layer, "512", "7", "3", "16", "1", "--check"]
    assert subprocess.run(command).returncode == 0
    expected[-1] ^= 1
    (layer / "expected").write_bytes(expected)
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 1 and f"1 of {len(expected)} codes differ" in result.stderr, result.stderr


with tempfile.TemporaryDirectory() as temporary:
    check_report(sys.argv[1], temporary)
    check_wrong_code(temporary)

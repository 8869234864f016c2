#!/usr/bin/env python3
"""Runs table8.py in its quick mode on the build folder given, and checks the report; then that a wrong code is found."""

import fcntl
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import table8_rows

TABLE8 = Path(__file__).with_name("table8.py")
OTHERS = {"machine": {"cores": 2}}
OTHER_ROW = {"layer": "512x7x7", "bits": 2, "core": "cortex-a53", "way": "another", "mac_per_cycle": 1.0,
             "paper_mac_per_cycle": None}
FULL_ROW = OTHER_ROW | {"way": "mla", "mac_per_cycle": 99.0}


def run_while_another_has_the_folder(command, folder):
    """Lets go of the folder when the command says that it waits for it."""
    folder.mkdir()
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stdout.readline() == f"waiting for another run in {folder}\n"
    stdout, stderr = process.communicate()
    assert process.returncode == 0, stderr
    return stdout


def check_report(build, out):
    path = Path(out) / "report.json"
    path.write_text(json.dumps(OTHERS | {"table8": [OTHER_ROW, FULL_ROW]}))
    command = [sys.executable, TABLE8, "--quick", "--ways", "mla", "--build", build, "--out", out]
    stdout = run_while_another_has_the_folder(command, Path(out) / "arm")
    report = json.loads(path.read_text())
    assert report["machine"] == OTHERS["machine"]
    rows = {(row["core"], row["way"]): row for row in report["table8"]}
    assert len(rows) == len(report["table8"]) == 5, rows
    assert rows["cortex-a53", "another"] == OTHER_ROW
    assert rows["cortex-a53", "mla"] == FULL_ROW, "a quick run replaces nothing"
    row = rows["cortex-a72", "mla"]
    assert set(row) == set(OTHER_ROW) and 1.0 < row["mac_per_cycle"] < 16.0, row
    assert "512x7x7                 2   3.79" in stdout, stdout


def check_rows():
    row = table8_rows.new_row("512x7x7", 2, "cortex-a53", "mla", 5.0)
    assert row["paper_mac_per_cycle"] == 3.79 and table8_rows.new_row("512x7x7", 2, "cortex-a72", "mla", 5.0)[
        "paper_mac_per_cycle"] is None
    assert table8_rows.merged([row], [FULL_ROW, OTHER_ROW]) == [OTHER_ROW, row]
    rows = [table8_rows.new_row(layer, 4, "cortex-a53", "mla", speed) for layer, speed in
            zip(table8_rows.LAYERS, (1.0, 2.0, 4.0, 8.0))]
    assert table8_rows.means(rows[:3]) == []
    mean, = table8_rows.means(rows)
    assert abs(mean["mac_per_cycle"] - 64**0.25) < 1e-9 and mean["paper_mac_per_cycle"] == 2.7, mean


def check_wrong_code(build, folder):
    """Of all codes one is another than expected."""
    programs = Path(folder) / "arm"
    command = [sys.executable, TABLE8, "--check-only", "--layers", "512x7x7", "--bits", "2", "--ways", "mla", "--build", build,
               "--out", folder]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0 and "1 kernels, 3 runs" in result.stdout, result
    layer = shutil.copytree(programs / "mla_512_7_2_2x64", Path(folder) / "layer")
    expected = bytearray((layer / "expected").read_bytes())
    expected[-1] ^= 1
    (layer / "expected").write_bytes(expected)
    command = ["qemu-aarch64", layer / "program", layer, "512", "7", "3", "16", "1", "--check"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 1 and f"1 of {len(expected)} codes differ" in result.stderr, result.stderr


check_rows()
with tempfile.TemporaryDirectory() as temporary:
    check_report(sys.argv[1], temporary)
    check_wrong_code(sys.argv[1], temporary)

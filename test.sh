#!/usr/bin/env bash
# Set up, build and test: this machine, Arm under QEMU, and with sanitizers. The logs are in build/logs.
set -euo pipefail
cd "$(dirname "$0")"
./setup.sh
source cmake/build.sh
tests/unpack_cifar10.sh

passed=0 skipped=0
for preset in host arm64 asan; do
  build "$preset"
  log=build/logs/$preset-test.log
  ctest --preset "$preset" >"$log" 2>&1 || { cat "$log"; exit 1; }
  # The reasons why tests did not run, each once.
  reasons=$(grep -hoE 'this (processor|machine) has no .*' "build/$preset/Testing/Temporary/LastTest.log" | sort | uniq -c | sed 's/^ */   skipped: /' || true)
  ran=$(grep -cE ' +Passed +[0-9.]+ sec' "$log") && left=$(grep -cE '\*\*\*Skipped' "$log") || true
  echo "== $preset: $ran tests passed, $left skipped"
  [ -z "$reasons" ] || echo "$reasons"
  passed=$((passed + ran)) skipped=$((skipped + left))
done
echo "$passed passed, 0 failed, $skipped skipped"

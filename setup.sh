#!/usr/bin/env bash
# Everything that dsq needs on Debian 12 (Ubuntu has the same packages): system packages, and a Python environment in .venv
# with Halide, CMake and Ninja. Changes nothing, in about a second, where all of it is there.
set -euo pipefail
cd "$(dirname "$0")"

packages=(
  g++ python3 python3-venv  # the compiler, and the environment for Halide's wheel
  googletest libbenchmark-dev  # tests, benchmarks
  g++-aarch64-linux-gnu qemu-user  # build for Arm, and run what was built
  llvm-19  # llvm-mca: cycles of what was built for Arm
  nlohmann-json3-dev zlib1g-dev  # models and data as files
  python3-numpy python3-pil  # unpack CIFAR-10 for the tests
  libtomlplusplus-dev libcli11-dev node-chart.js  # recipes, command line, plots of the report page
  libgd-dev libpng-dev pkg-config dataset-fashion-mnist  # the demo, the example that classifies images
)

fail() {
  echo "setup.sh: $1" >&2
  exit 1
}

installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=()
for package in "${packages[@]}"; do
  installed "$package" || missing+=("$package")
done

if [ ${#missing[@]} -gt 0 ]; then
  command -v apt-get >/dev/null || fail "these packages are missing, and there is no apt-get: ${missing[*]}"
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "these packages are missing; install them as root: ${missing[*]}"
    as_root=(sudo)
  fi
  echo "setup.sh: installing ${missing[*]}"
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  if ! { "${as_root[@]}" apt-get update &&
         "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } \
       </dev/null >"$log" 2>&1; then
    tail -n 5 "$log" >&2
    fail "could not install these packages (network? rights?): ${missing[*]}"
  fi
fi

# The stamp is written last: an interrupted installation starts again.
stamp=.venv/requirements.installed
if ! cmp -s requirements.txt "$stamp"; then
  echo "setup.sh: installing $(grep -v '^#' requirements.txt | tr '\n' ' ')into .venv"
  rm -rf .venv
  python3 -m venv .venv || fail "could not create .venv with $(command -v python3)"
  .venv/bin/pip install --quiet --disable-pip-version-check --no-deps --requirement requirements.txt ||
    fail "could not install the wheels of requirements.txt (network?)"
  # One path to Halide, whatever the version of Python.
  ln -sfn "$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/halide" .venv/halide
  cp requirements.txt "$stamp"
fi

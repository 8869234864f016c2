#!/usr/bin/env bash
# Builds build/onednn/conv2d, after ./setup.sh: conv2d_bench with oneDNN, which it installs into build/onednn. Nothing else
# of the project needs it.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=build/onednn

if [ ! -d $folder ]; then
  # A prefix, because pip leaves libraries out of a target; moved last: an interrupted installation starts again.
  rm -rf $folder.new
  mkdir -p build
  .venv/bin/pip install --quiet --disable-pip-version-check --no-deps --ignore-installed --prefix $folder.new \
    onednn-cpu-gomp==2023.2.0 onednn-devel-cpu-gomp==2023.2.0
  mv $folder.new $folder
fi

g++ -std=c++20 -O2 -Wall -Wextra -Werror -Ibench -Iinclude -Isrc -isystem $folder/include bench/onednn/conv2d.cpp \
  -o $folder/conv2d -L$folder/lib -Wl,-rpath,'$ORIGIN/lib' -ldnnl -lbenchmark

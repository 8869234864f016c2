#!/usr/bin/env bash
# Set up, build and run the demo: Fashion-MNIST's test images at 1 to 4 bits, as a table and a picture.
set -euo pipefail
cd "$(dirname "$0")"
./setup.sh
source cmake/build.sh

build host quantize_images
build/host/examples/quantize_images/quantize_images --out build/demo

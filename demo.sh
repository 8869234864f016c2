#!/usr/bin/env bash
# Set up, build and run the demo: ResNet-20 learns Fashion-MNIST, in float32 and then with weights and activations of 2 bits.
set -euo pipefail
cd "$(dirname "$0")"
./setup.sh
source cmake/build.sh

build host dsq
dsq=build/host/src/cli/dsq runs=build/demo
rm -rf $runs/float $runs/2bit

echo "== float32"
$dsq train recipes/fashion_mnist_float.toml --set run_folder=$runs/float
echo "== weights and activations of 2 bits"
$dsq train recipes/fashion_mnist_2bit_dsq.toml --set run_folder=$runs/2bit --set network.start=$runs/float/model.safetensors
echo "== report"
$dsq report $runs/2bit

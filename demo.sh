#!/usr/bin/env bash
# Set up, build and run the demo: ResNet-20 learns Fashion-MNIST, in float32 and then with weights and activations of 2 bits, and becomes a
# library for this machine and one for Arm, each compared with its definition.
set -euo pipefail
cd "$(dirname "$0")"
./setup.sh
source cmake/build.sh

build host dsq
dsq=build/host/src/cli/dsq runs=build/demo data=/usr/share/datasets/fashion-mnist
rm -rf $runs
mkdir -p $runs
model=$runs/2bit/model.safetensors

echo "== float32"
$dsq train recipes/fashion_mnist_float.toml --set run_folder=$runs/float
echo "== weights and activations of 2 bits"
$dsq train recipes/fashion_mnist_2bit_dsq.toml --set run_folder=$runs/2bit --set network.start=$runs/float/model.safetensors
$dsq report $runs/2bit
echo "== libraries"
for target in x86-64-linux arm-64-linux; do
  $dsq compile $model --target $target -o $runs/$target >$runs/$target.txt
  tail -n 5 $runs/$target.txt
done
$dsq compile $model --target arm-64-linux -o $runs/arm-64-linux --json >$runs/compile_arm.json
echo "== compare"
$dsq verify $model --target x86-64-linux --data $data --images 300 --json >$runs/verify_host.json
$dsq verify $model --target arm-64-linux --data $data --images 200 --json >$runs/verify_arm.json
echo "== measure"
$dsq eval $runs/float/model.safetensors --data $data --json >$runs/eval_float.json
$dsq eval $model --data $data --json >$runs/eval_2bit.json
$dsq eval $model --data $data --target x86-64-linux --json >$runs/eval_host.json
$dsq profile $model --json >$runs/profile_host.json
$dsq inspect $model --json >$runs/inspect_2bit.json
$dsq profile $model --target arm-64-linux --core cortex-a53 --page $runs/profile_a53.html --json >$runs/profile_a53.json
echo "== result"
python3 examples/demo/summary.py $runs $data

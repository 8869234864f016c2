#!/usr/bin/env bash
# Unpacks CIFAR-10 once, for the tests, from the folder shared with this project into build/data/cifar10, which appears only whole.
# Without that folder it does nothing: the tests then say that they skip.
set -euo pipefail
cd "$(dirname "$0")/.."

packed=../shared/data/cifar10 unpacked=build/data/cifar10
if [ -d "$unpacked" ] || [ ! -f "$packed/unpack.py" ]; then
  exit 0
fi
mkdir -p build/data
partial=$(mktemp -d build/data/cifar10.XXXXXX)
trap 'rm -rf "$partial"' EXIT
# Debian's own Python: that of .venv knows neither Pillow nor numpy.
/usr/bin/python3 "$packed/unpack.py" "$partial"
chmod 755 "$partial"
mv -T "$partial" "$unpacked" 2>/dev/null || [ -d "$unpacked" ]  # another run may have been faster

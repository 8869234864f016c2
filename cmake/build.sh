# Sourced by test.sh and demo.sh, at the root of the project after setup.sh.
export PATH=$PWD/.venv/bin:$PATH

# build PRESET [TARGET...]: its output is kept in build/logs, and shown where it fails.
build() {
  local preset=$1 log=build/logs/$1-build.log
  shift
  mkdir -p build/logs
  echo "== $preset: build"
  { cmake --preset "$preset" && cmake --build --preset "$preset" ${1:+--target "$@"}; } >"$log" 2>&1 || {
    grep -vE '^\[[0-9]+/[0-9]+\] ' "$log" | tail -n 60 >&2
    echo "build of $preset failed; its whole output is in $log" >&2
    return 1
  }
}

#!/usr/bin/env bash
# Fuzzes every target for FUZZ_SECONDS each: with cargo-fuzz and a nightly toolchain where they are installed, else with
# the seeded mutations of tests/fuzzing. Nothing is installed. What fails is kept in fuzz/crashes, which tests replay.
#   CARGO=cargo FUZZ_SECONDS=60 TARGET=target fuzz/run.sh [NAME...]
set -euo pipefail
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}
seconds=${FUZZ_SECONDS:-60}
target=$(realpath -m "${TARGET:-target}")
names=("$@")
[ $# -gt 0 ] || for program in fuzz/fuzz_targets/*.rs; do names+=("$(basename "$program" .rs)"); done

missing=()
"$cargo" +nightly --version >/dev/null 2>&1 || missing+=("a nightly toolchain (rustup toolchain install nightly)")
"$cargo" fuzz --version >/dev/null 2>&1 || missing+=("cargo-fuzz (cargo install cargo-fuzz)")
c++ --version >/dev/null 2>&1 || missing+=("a C++ compiler for libFuzzer")

with_libfuzzer() { # with_libfuzzer NAME
  local found="$target/fuzz/corpus/$1"
  mkdir -p "$found" "fuzz/crashes/$1"
  # What is new goes into the first folder; the two others are only read.
  "$cargo" +nightly fuzz run --target-dir "$target/fuzz" "$1" "$found" "fuzz/corpus/$1" "fuzz/crashes/$1" -- \
    -max_total_time="$seconds" -timeout=60 -report_slow_units=60 -rss_limit_mb=2048 -max_len=65536 -dict="fuzz/dictionaries/$1.dict" \
    -artifact_prefix="fuzz/crashes/$1/" -print_final_stats=1
}

with_mutations() { # with_mutations NAME
  FUZZ_SECONDS=$seconds "$cargo" test --profile checked --locked -p kindred --test fuzzing -- --exact "$1" --nocapture
}

run=with_libfuzzer
if [ ${#missing[@]} -gt 0 ]; then
  printf 'cargo-fuzz cannot run; missing: %s\n' "${missing[@]}"
  echo "instead: seeded mutations without a look at coverage"
  run=with_mutations
fi

failed=()
for name in "${names[@]}"; do
  echo "== $name"
  $run "$name" || failed+=("$name")
  # Where nothing failed, nothing is left.
  [ ! -d "fuzz/crashes/$name" ] || rmdir --ignore-fail-on-non-empty "fuzz/crashes/$name" fuzz/crashes
done
echo "fuzzed: ${names[*]}; failed: ${failed[*]:-none}"
[ ${#failed[@]} = 0 ]

#!/usr/bin/env bash
# Makes the index files that the target index_file damages: small, and between them every section and a vectorizer.
#   cargo build -p index-builder && fuzz/bases/make.sh target/debug/index-builder
# A corpus file says what to change by place: made again, the files must be the same to stay as good a start.
set -euo pipefail
builder=$(realpath "$1")
cd "$(dirname "$0")"

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
base() { # base NAME FLAG...
  SOURCE_DATE_EPOCH=0 "$builder" build --profiles ../../tests/golden/index/profiles.jsonl --out "$directory/$1" \
    --ef-construction 16 --seed 7 "${@:2}"
  cp "$directory/$1/index-00000001.knd" "$1.knd"
  chmod 644 "$1.knd"
}
base vectors --m 2 --vectorizer field:vector --neighbours 5
base hashing --m 3 --vectorizer hashing --ignore-fields vector --dimension 16 --neighbours 3

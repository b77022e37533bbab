#!/usr/bin/env bash
# Makes an index file of the format that this program writes, and answers from it: format-N.knd and format-N.tsv.
#   cargo build -p index-builder && tests/golden/index/make.sh target/debug/index-builder N
# A file that is there is never overwritten: it stands for all files of its format that are in use.
set -euo pipefail
builder=$(realpath "$1")
format=$2
cd "$(dirname "$0")"
[ ! -e "format-$format.knd" ] || { echo "format-$format.knd is there already" >&2; exit 1; }

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
SOURCE_DATE_EPOCH=0 "$builder" build --profiles profiles.jsonl --out "$directory" --vectorizer field:vector \
  --m 2 --ef-construction 16 --seed 7
cp "$directory/index-00000001.knd" "format-$format.knd"
chmod 644 "format-$format.knd"

# A line: id, n, flags, and the body.
answer() { # answer ID N FLAG...
  printf '%s\t%s\t%s\t' "$1" "$2" "${*:3}"
  "$builder" query "format-$format.knd" "${@:3}" -- "$1" "$2"
  echo
}
{
  for id in ada a/b zwölf 👩‍👩‍👧 'with blank' .. 9 10 7 18446744073709551615 -3 '"quoted"' p00 p03 p09 p17 p23; do
    answer "$id" 5
    answer "$id" 4 --distances
    answer "$id" 3 --ef 8 --distances
  done
  answer ada 100 --exact --distances
  answer ada 100 --ef 100
} > "format-$format.tsv"

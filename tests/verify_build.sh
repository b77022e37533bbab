#!/usr/bin/env bash
# Builds what `make dist` releases twice from the commit that is checked out, in two places with different names, and
# compares the bytes. Exit 1 where they differ, and what differs first.
set -euo pipefail
cd "$(dirname "$0")/.."

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
commit=$(git rev-parse HEAD)
[ -z "$(git status --porcelain)" ] || echo "what is not committed is left out"

# Neither the sources nor what is built from them lie in places of the same name, or of names of the same length.
places=("$directory/first" "$directory/second-with-a-longer-name")
for place in "${places[@]}"; do
  git clone --quiet --no-checkout . "$place/sources"
  git -C "$place/sources" checkout --quiet --detach "$commit"
  echo "building $commit in $place"
  CARGO_TARGET_DIR="$place/built" "${MAKE:-make}" --no-print-directory -C "$place/sources" dist
done

different=0
for program in kindred index-builder; do
  one="${places[0]}/sources/dist/$program" other="${places[1]}/sources/dist/$program"
  if first=$(cmp "$one" "$other"); then
    echo "equal: $program, sha256 $(sha256sum < "$one" | cut -d ' ' -f 1)"
  else
    different=1
    echo "different: $program: ${first##* differ: }"
    diff <(strings "$one") <(strings "$other") | head -20 || true
  fi
  for place in "${places[@]}"; do
    if grep -aqF "$directory" "$place/sources/dist/$program"; then
      different=1
      echo "$program names the place where it was built"
    fi
  done
done
# The archive and the Debian package, which have the programs in them.
for file in "${places[0]}"/sources/dist/kindred[-_]*; do
  name=$(basename "$file")
  if cmp "$file" "${places[1]}/sources/dist/$name"; then
    echo "equal: $name, sha256 $(sha256sum < "$file" | cut -d ' ' -f 1)"
  else
    different=1
  fi
done
exit $different

#!/usr/bin/env bash
# The two programs from outside, as an operator meets them: release binaries, the sample, and the system's curl.
# Prints one line a check and ends with a line of the form that cargo prints. Exit 0 only if every check passed.
set -euo pipefail
cd "$(dirname "$0")/.."

passed=0
failed=0
check() { # check NAME COMMAND...
  local name=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
    echo "check $name ... ok"
  else
    failed=$((failed + 1))
    echo "check $name ... FAILED"
  fi
}

# Tries a command ten times a second, for at most a minute.
await() {
  for _ in $(seq 600); do
    if "$@"; then return 0; fi
    sleep 0.1
  done
  echo "gave up waiting for: $*" >&2
  return 1
}

# install_packages NAME...: what is neither a program here nor an installed package, from Debian.
install_packages() {
  local name missing=()
  for name in "$@"; do
    command -v "$name" >/dev/null || dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' \
      || missing+=("$name")
  done
  if [ "${#missing[@]}" = 0 ]; then return; fi
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "tests/system.sh needs ${missing[*]}, and can install that only as root with apt-get" >&2
    exit 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq "${missing[@]}"
}

work=$(mktemp -d)
server=
tls_server=
postgres=
requests=
measured_server=
client_server=
prometheus=
clean_up() {
  touch "$work/stop"
  if [ -n "$requests" ]; then wait "$requests" || true; fi
  if [ -n "$server" ]; then kill -KILL "$server" 2>/dev/null || true; fi
  if [ -n "$measured_server" ]; then kill -KILL "$measured_server" 2>/dev/null || true; fi
  if [ -n "$client_server" ]; then kill -KILL "$client_server" 2>/dev/null || true; fi
  if [ -n "$prometheus" ]; then kill -KILL "$prometheus" 2>/dev/null || true; fi
  if [ -n "$tls_server" ]; then kill -KILL "$tls_server" 2>/dev/null || true; fi
  if [ -n "$postgres" ] && [ -e "$postgres/data/postmaster.pid" ]; then
    kill -QUIT "$(head -n 1 "$postgres/data/postmaster.pid")" || true
  fi
  rm -rf "$work"
}
trap clean_up EXIT

install_packages curl openssl
cargo build --release --locked --workspace
programs=${CARGO_TARGET_DIR:-target}/release

build_index() {
  "$programs/index-builder" build --profiles data/profiles.pickle --out "$work/index" >"$work/build.log" 2>&1 \
    || { cat "$work/build.log" >&2; return 1; }
}

address_logged() {
  address=$(sed -n 's/.*listening on \(http:\/\/[0-9.]*:[0-9]*\).*/\1/p' "$work/server.log" | head -n 1)
  [ -n "$address" ]
}

# The id of the first profile of the sample.
id=$(python3 -B -c 'import sys; sys.path.insert(0, "data")
import generate_profiles as sample; print(sample.generate(1, sample.SEED)[0]["_id"])')

status_is() { # status_is CODE PATH
  [ "$(curl -sS -o "$work/body" -w '%{http_code}' "$address$2")" = "$1" ]
}

version_is() {
  curl -sS -o "$work/body" -D "$work/headers" "$address/recommend/$id/5" \
    && tr -d '\r' <"$work/headers" | grep -qix "x-index-version: $1"
}

five_others() {
  status_is 200 "/recommend/$id/5" && python3 -c '
import json, sys
ids = [profile["_id"] for profile in json.load(open(sys.argv[1]))]
sys.exit(not (len(ids) == 5 == len(set(ids)) and sys.argv[2] not in ids))' "$work/body" "$id"
}

matches_query() {
  "$programs/index-builder" query "$work/index/index-00000001.knd" -- "$id" 5 >"$work/query" \
    && status_is 200 "/recommend/$id/5" && cmp "$work/query" "$work/body"
}

# Requests in a loop over kept-alive connections, until told to stop; every status goes to a file.
request_loop() {
  while [ ! -e "$work/stop" ]; do
    curl -sS -o /dev/null -w '%{http_code}\n' "$address/recommend/$id/[1-200]" || echo "curl failed with $?"
  done >"$work/statuses" 2>&1
}

only_200() {
  touch "$work/stop"
  wait "$requests"
  requests=
  echo "$(wc -l <"$work/statuses") requests during the swap"
  [ -s "$work/statuses" ] && ! grep -vx 200 "$work/statuses"
}

ends_well_on_sigterm() {
  kill -TERM "$server"
  local code=0
  wait "$server" || code=$?
  server=
  [ "$code" = 0 ]
}

"$programs/kindred" --index-dir "$work/index" --bind 127.0.0.1:0 2>"$work/server.log" &
server=$!
if ! await address_logged; then
  cat "$work/server.log" >&2
  exit 1
fi

check "is live without an index" status_is 200 /health/live
check "is not ready without an index" status_is 503 /health/ready
check "builds an index of the sample" build_index
check "becomes ready when the index comes" await status_is 200 /health/ready
check "recommends five others" five_others
check "answers as index-builder query does" matches_query
check "knows nobody of another id" status_is 404 /recommend/nobody/5

request_loop &
requests=$!
check "builds a second version" build_index
check "swaps it in" await version_is 2
check "fails no request during the swap" only_200
check "exits 0 on SIGTERM" ends_well_on_sigterm
. tests/system/tls.sh
. tests/system/prometheus.sh
. tests/system/clients.sh
. tests/system/faults.sh
. tests/system/systemd.sh
. tests/system/deploy.sh
. tests/system/package.sh
. tests/system/postgres.sh
. tests/system/page.sh
. tests/system/browser.sh
. tests/system/metrics_file.sh
. tests/system/docs.sh

if [ "$failed" != 0 ]; then
  echo "what the server logged:" >&2
  cat "$work/server.log" >&2
fi
echo "test result: $([ "$failed" = 0 ] && echo ok || echo FAILED). $passed passed; $failed failed"
[ "$failed" = 0 ]

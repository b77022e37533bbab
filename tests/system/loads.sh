# shellcheck shell=bash
# The load scripts in benches/load/clients, for a second each, against the server of clients.sh, whose file has sourced
# this one: with a key, so that they are let in by it.

install_packages curl wrk python3-venv
loads=${CARGO_TARGET_DIR:-target}/loads
if ! cmp -s benches/load/clients/requirements.txt "$loads/made"; then
  python3 -m venv "$loads"
  "$loads/bin/pip" install --quiet --disable-pip-version-check --requirement benches/load/clients/requirements.txt
  cp benches/load/clients/requirements.txt "$loads/made"
fi

prints_ids() {
  python3 -B benches/load/clients/ids.py "$KINDRED_ADDRESS" 300 >"$work/ids" \
    && [ "$(wc -l <"$work/ids")" -gt 100 ] && [ -z "$(sort "$work/ids" | uniq -d)" ]
}

# logged COMMAND...: shows what a program has written if it fails.
logged() {
  "$@" >"$work/load.log" 2>&1 || { cat "$work/load.log"; return 1; }
}

loads_with_k6() { # loads_with_k6 BATCH
  logged "$loads/bin/k6" run --no-usage-report --quiet --env ADDRESS="$KINDRED_ADDRESS" --env IDS="$work/ids" --env KEY="$KINDRED_KEY" \
    --env DURATION=1s --env RATE=50 --env BATCH="$1" benches/load/clients/k6.js
}

loads_with_wrk() {
  logged wrk --threads 2 --connections 4 --duration 1s --latency --script benches/load/clients/wrk.lua "$KINDRED_ADDRESS" \
    -- "$work/ids" 10
  grep -Eq '^answers [1-9][0-9]*, of them no 200: 0, errors of connections: 0$' "$work/load.log" || { cat "$work/load.log"; return 1; }
}

# Its time begins a second before its users are there, and on a busy machine earlier.
loads_with_locust() {
  local seconds
  for seconds in 2 10 30; do
    KINDRED_IDS="$work/ids" KINDRED_PAUSE=0.01 logged "$loads/bin/locust" --locustfile benches/load/clients/locustfile.py \
      --headless --only-summary --users 4 --spawn-rate 100 --run-time "${seconds}s" --host "$KINDRED_ADDRESS" || return 1
    if grep -Eq 'Aggregated +[1-9][0-9]* +0\(0.00%\)' "$work/load.log"; then return 0; fi
  done
  cat "$work/load.log"
  return 1
}

loads_with_vegeta() {
  DURATION=1s RATE=50 logged benches/load/clients/vegeta.sh "$KINDRED_ADDRESS" "$work/ids"
}

# The form that vegeta reads: a request line, headers, an empty line.
targets_are_answered() {
  python3 -B benches/load/clients/targets.py "$KINDRED_ADDRESS" 10 <"$work/ids" >"$work/targets" || return 1
  local line target= asked=0
  while IFS= read -r line; do
    case $line in
      "GET $KINDRED_ADDRESS/"*) target=${line#GET } ;;
      "Authorization: Bearer $KINDRED_KEY") ;;
      '')
        asked=$((asked + 1))
        if [ "$asked" -le 20 ]; then
          curl --silent --show-error --fail --output /dev/null --header "Authorization: Bearer $KINDRED_KEY" "$target" || return 1
        fi
        ;;
      *) echo "no line of a target: $line"; return 1 ;;
    esac
  done <"$work/targets"
  [ "$asked" = "$(wc -l <"$work/ids")" ]
}

check "the server gives ids for loads" prints_ids
check "loads with k6 by single questions" loads_with_k6 0
check "loads with k6 by many questions at once" loads_with_k6 20
check "loads with wrk" loads_with_wrk
check "loads with locust" loads_with_locust
check "vegeta's targets are answered" targets_are_answered
if command -v vegeta >/dev/null; then
  check "loads with vegeta" loads_with_vegeta
else
  echo "vegeta is neither in Debian nor in PyPI nor in npm, and not installed: only its targets were asked, with curl"
fi
# A server that a later test starts would warn of them.
unset KINDRED_ADDRESS KINDRED_KEY KINDRED_ID KINDRED_OTHER KINDRED_VECTOR

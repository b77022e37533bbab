#!/bin/sh
# Requests at a fixed rate: vegeta.sh ADDRESS IDS
#
# Measures: how long an answer takes when requests come at times of their own, with all percentiles, and how many were
# no 200.
# Does not measure: how much the server can do at most (raise RATE until latencies grow). On the machine of
# the server it takes the server's processors.
#
# RATE requests a second (200), DURATION (30s), N recommendations each (10), KINDRED_KEY: a key with the scope read.
set -eu
if [ $# != 2 ]; then sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2; fi
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 "$here/targets.py" "$1" "${N:-10}" <"$2" >"$work/targets"
vegeta attack -targets "$work/targets" -rate "${RATE:-200}/s" -duration "${DURATION:-30s}" -max-body 0 >"$work/results"
vegeta report -type text <"$work/results"
vegeta report -type json <"$work/results" | python3 -c 'import json, sys
codes = json.load(sys.stdin)["status_codes"]
sys.exit(0 if set(codes) == {"200"} else f"answers that are no 200: {codes}")'

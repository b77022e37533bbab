# The metrics that a build leaves for node_exporter's textfile collector, judged by Prometheus's promtool. Sourced by
# tests/system.sh.

install_packages prometheus

prometheus_takes() { # prometheus_takes FILE
  [ -s "$1" ] && promtool check metrics <"$1"
}

metrics_of_a_build() {
  "$programs/index-builder" build --profiles data/profiles.pickle --out "$work/measured" --max-drift 0.5 \
    --metrics-file "$work/kindred.prom" >"$work/build.log" 2>&1 || { cat "$work/build.log" >&2; return 1; }
  prometheus_takes "$work/kindred.prom" && grep -qx 'kindred_build_success 1' "$work/kindred.prom"
}

# What is known of the last version stays.
metrics_of_a_failure() {
  local code=0
  { echo '{"_id": null}'; echo '{"_id": "a", "text": "one"}'; } >"$work/few.jsonl"
  "$programs/index-builder" build --profiles "$work/few.jsonl" --out "$work/measured" \
    --metrics-file "$work/kindred.prom" >"$work/build.log" 2>&1 || code=$?
  [ "$code" = 1 ] && prometheus_takes "$work/kindred.prom" \
    && grep -qx 'kindred_build_success 0' "$work/kindred.prom" \
    && grep -qx 'kindred_build_failure{reason="skipped"} 1' "$work/kindred.prom" \
    && grep -qx 'kindred_build_skipped_records{reason="id null"} 1' "$work/kindred.prom" \
    && grep -qx 'kindred_build_version 1' "$work/kindred.prom"
}

check "leaves metrics of a build that Prometheus takes" metrics_of_a_build
check "leaves metrics of a build that failed" metrics_of_a_failure

# The metrics that a build leaves for node_exporter's textfile collector, judged by Prometheus's promtool. Sourced by
# tests/system.sh.

install_packages prometheus

prometheus_takes() { # prometheus_takes FILE: and remembers the names in it
  sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' "$1" >>"$work/metrics-there"
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

# Every metric of a build has its line in the document, and no other has. The second good build has one to compare with.
documents_each_metric() {
  metrics_of_a_build || return 1
  sort -u "$work/metrics-there" >"$work/there"
  sed -n '/^## Builds/,/^## What/s/^| `\(kindred_build_[a-z_]*\)` .*/\1/p' docs/metrics.md | sort >"$work/told"
  diff "$work/told" "$work/there" >&2
}

check "leaves metrics of a build that Prometheus takes" metrics_of_a_build
check "leaves metrics of a build that failed" metrics_of_a_failure
check "has its metrics of builds in the document" documents_each_metric

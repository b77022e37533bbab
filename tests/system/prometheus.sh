# Metrics as Prometheus reads them, and the rules in deploy/prometheus, checked by Prometheus itself. Sourced by
# tests/system.sh.

rules=deploy/prometheus

start_measured() {
  "$programs/kindred" --index-dir "$work/index" --bind 127.0.0.1:0 2>"$work/measured.log" &
  measured_server=$!
  await measured_address_logged && await measured_is_ready
}

measured_is_ready() {
  curl -sS -f -o /dev/null "http://$measured/health/ready" 2>>"$work/curl.log"
}

measured_address_logged() {
  measured=$(sed -n 's/.*listening on http:\/\/\([0-9.]*:[0-9]*\).*/\1/p' "$work/measured.log" | head -n 1)
  [ -n "$measured" ]
}

metrics_are_as_prometheus_likes_them() {
  curl -sS "http://$measured/recommend/$id/5" >"$work/body" \
    && curl -sS "http://$measured/metrics" | promtool check metrics
}

# Each alert has a runbook and is expected to fire at least once.
are_complete() { # are_complete RULES
  local alert
  [ "$(grep -c '^ *- alert:' "$1.yml")" = "$(grep -c '^ *runbook:' "$1.yml")" ] || return 1
  sed -n 's/^ *- alert: //p' "$1.yml" >"$work/alert-names"
  while read -r alert; do
    grep -q "alertname=\"$alert\".*exp_samples: \[{" "${1}_test.yml" || grep -A2 "alertname: $alert\$" "${1}_test.yml" \
      | grep -q exp_alerts || { echo "no test in which $alert rings" >&2; return 1; }
  done <"$work/alert-names"
}

# A Prometheus with the rules, which looks at that server alone and often.
start_prometheus() {
  prometheus_port=$(python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  sed -e "s/localhost:5000/$measured/" -e 's/: 15s/: 1s/' -e "s|- alerts.yml|- $PWD/$rules/alerts.yml|" \
    "$rules/prometheus.yml" >"$work/prometheus.yml"
  prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/prometheus" \
    --web.listen-address="127.0.0.1:$prometheus_port" 2>"$work/prometheus.log" &
  prometheus=$!
}

# prometheus_says QUERY VALUE: the query has one answer, and this is its value.
prometheus_says() {
  curl -sSG "http://127.0.0.1:$prometheus_port/api/v1/query" --data-urlencode "query=$1" >"$work/answer" 2>>"$work/curl.log" \
    && python3 -c 'import json, sys
result = json.load(open(sys.argv[1]))["data"]["result"]
sys.exit(not (len(result) == 1 and result[0]["value"][1] == sys.argv[2]))' "$work/answer" "$2"
}

install_packages prometheus
check "Prometheus takes its configuration" promtool check config "$rules/prometheus.yml"
for alerts in alerts alerts-kubernetes; do
  check "Prometheus takes the rules $alerts" promtool check rules "$rules/$alerts.yml"
  check "the $alerts ring when they should and not otherwise" promtool test rules "$rules/${alerts}_test.yml"
  check "each of the $alerts says what to do, and has rung in a test" are_complete "$rules/$alerts"
done
check "a server to be measured starts" start_measured
check "Prometheus likes the metrics" metrics_are_as_prometheus_likes_them
start_prometheus
check "Prometheus reaches the server" await prometheus_says 'up{job="kindred"}' 1
check "Prometheus has its metrics" await prometheus_says 'kindred_index_version' 2
check "Prometheus counts its answers" await prometheus_says \
  'kindred_http_requests_total{route="/recommend/{id}/{n}",method="GET",status="200"}' 1
check "Prometheus knows the alert rules" sh -c \
  'curl -sS "http://127.0.0.1:$1/api/v1/rules" | grep -q KindredIndexTooOld' sh "$prometheus_port"
kill -TERM "$prometheus" "$measured_server"
wait "$prometheus" || true
wait "$measured_server" || true
prometheus=
measured_server=

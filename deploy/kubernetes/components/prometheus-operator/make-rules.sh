#!/bin/sh
# Prints prometheusrule.yaml: the alerts on the server from deploy/prometheus/alerts.yml, and the alerts on builds from
# deploy/prometheus/alerts-kubernetes.yml. After a change of either: ./make-rules.sh >prometheusrule.yaml
set -eu
cd "$(dirname "$0")/../../../prometheus"

cat <<'HEAD'
# Made by make-rules.sh from deploy/prometheus/alerts.yml and alerts-kubernetes.yml. Change those.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: kindred
spec:
  groups:
HEAD
group() { # group FILE NAME: one group of a file, deeper by one step
  awk -v wanted="$2" '/^  - name: / { inside = $3 == wanted } inside { print (/./ ? "  " : "") $0 }' "$1" | cat -s
}
group alerts.yml kindred-server
group alerts-kubernetes.yml kindred-builder

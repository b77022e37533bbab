# What is in deploy/ and what `make install` puts where, by the programs that will read it. Sourced by tests/system.sh.
# No image is built here, which takes a daemon; `make verify-container` runs what would be in it.

# Checkers from PyPI, made once for each list of them.
tools=${CARGO_TARGET_DIR:-target}/system-tools
make_tools() {
  if cmp -s tests/system/requirements.txt "$tools/made"; then return; fi
  rm -rf "$tools"
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet --disable-pip-version-check --requirement tests/system/requirements.txt
  cp tests/system/requirements.txt "$tools/made"
}

# Everything is there, for the right paths, and goes again but for the settings.
installs_and_uninstalls() {
  local tree=$work/tree path
  make -s install "PROGRAMS=$programs" DESTDIR="$tree" PREFIX=/opt/kindred SYSCONFDIR=/opt/etc || return 1
  for path in bin/kindred bin/index-builder share/man/man1/kindred.1 share/man/man1/index-builder-build.1 \
    share/bash-completion/completions/kindred share/zsh/site-functions/_index-builder \
    share/fish/vendor_completions.d/kindred.fish lib/systemd/system/index-builder.timer lib/sysusers.d/kindred.conf \
    lib/systemd/system/kindred-failed@.service share/kindred/certbot-hook; do
    [ -s "$tree/opt/kindred/$path" ] || { echo "not installed: $path" >&2; return 1; }
  done
  "$tree/opt/kindred/bin/kindred" --version >"$work/version" || return 1
  grep -q '^ExecStart=/opt/kindred/bin/kindred$' "$tree/opt/kindred/lib/systemd/system/kindred.service" || return 1
  grep -q '^EnvironmentFile=/opt/etc/kindred/kindred.env$' "$tree/opt/kindred/lib/systemd/system/kindred.service" || return 1
  grep -q ' /opt/etc/kindred/key.pem$' "$tree/opt/kindred/share/kindred/certbot-hook" || return 1
  echo KINDRED_MAX_N=7 >"$tree/opt/etc/kindred/kindred.env"
  touch "$tree/opt/kindred/bin/another" "$tree/opt/kindred/share/man/man1/kindred-old.1"
  # As if an older version had had one page more.
  echo /opt/kindred/share/man/man1/kindred-old.1 >>"$tree/opt/kindred/share/kindred/installed"
  make -s install "PROGRAMS=$programs" DESTDIR="$tree" PREFIX=/opt/kindred SYSCONFDIR=/opt/etc >"$work/again" || return 1
  grep -qx "installing the programs in $programs" "$work/again" || return 1
  make -s uninstall DESTDIR="$tree" PREFIX=/opt/kindred SYSCONFDIR=/opt/etc || return 1
  [ "$(cat "$tree/opt/etc/kindred/kindred.env")" = KINDRED_MAX_N=7 ] || return 1
  # Nothing but the settings, and what was not ours.
  (cd "$tree" && find . -type f | sort) >"$work/left"
  printf '%s\n' ./opt/etc/kindred/index-builder.env ./opt/etc/kindred/kindred.env ./opt/kindred/bin/another \
    | cmp - "$work/left"
}

says_what_is_missing() {
  if make -s install "PROGRAMS=$work/nowhere" DESTDIR="$work/no-tree" 2>"$work/message"; then return 1; fi
  grep -q 'make build' "$work/message" && [ ! -e "$work/no-tree" ] || return 1
  if make -s uninstall DESTDIR="$work/no-tree" 2>"$work/message"; then return 1; fi
  grep -q 'nothing was installed there' "$work/message"
}

completes() { # completes SHELL PROGRAM: the script is one for that shell
  "$programs/$2" completions "$1" >"$work/completions" && [ -s "$work/completions" ] && "$1" -n "$work/completions"
}

# As a shell does it: what may follow `kindred --max-`.
bash_completes_an_option() {
  "$programs/kindred" completions bash >"$work/completions" || return 1
  bash -c '. "$1"; COMP_WORDS=(kindred --max-) COMP_CWORD=1; _kindred kindred --max- kindred; printf "%s\n" "${COMPREPLY[@]}"' \
    bash "$work/completions" >"$work/offered" || return 1
  grep -qx -- --max-n "$work/offered" && grep -qx -- --max-queue "$work/offered" && ! grep -qvx -- '--max-.*' "$work/offered"
}

# groff says nothing and mandoc names no error; mandoc has opinions about the style of what clap_mangen writes.
reads_as_a_manual() {
  local page
  for page in "$work"/man/*.1; do
    man --warnings --local-file "$page" 2>"$work/warnings" >"$work/page" || return 1
    if [ -s "$work/warnings" ]; then cat "$work/warnings" >&2; return 1; fi
    grep -q '^SYNOPSIS' "$work/page" || return 1
    mandoc -T lint -W error "$page" >&2 || return 1
  done
}

write_manual() {
  "$programs/kindred" man "$work/man" >"$work/pages" && "$programs/index-builder" man "$work/man" >>"$work/pages" \
    && [ "$(wc -l <"$work/pages")" -gt 10 ]
}

# Every variable that anything in deploy/ sets is one that the server knows.
names_known_settings() {
  local name
  grep -rohE '\bKINDRED_[A-Z_]+' deploy | sort -u >"$work/names"
  [ -s "$work/names" ] || return 1
  while read -r name; do
    grep -qF "\\fB$name\\fR" "$work/man/kindred.1" || { echo "no setting: $name" >&2; return 1; }
  done <"$work/names"
}

# The version is in the manifests too, where nothing can take it from Cargo.toml.
names_this_version() {
  local version path
  version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
  for path in docker/Dockerfile docker/compose.yaml kubernetes/base/kustomization.yaml; do
    grep -qwF "$version" "deploy/$path" || { echo "deploy/$path is for another version than $version" >&2; return 1; }
  done
}

manifests_hold() { # manifests_hold DIRECTORY
  "$tools/bin/kubectl" kustomize "$1" \
    | "$tools/bin/python" tests/system/manifests.py "$programs/index-builder" "$("$programs/kindred" --version | cut -d ' ' -f 2)"
}

# Each component alone on the base, as an overlay that has no other.
component_holds() { # component_holds NAME
  local overlay=$work/overlay-$1 kubernetes
  mkdir "$overlay"
  kubernetes=$(realpath --relative-to "$overlay" deploy/kubernetes)
  printf '%s\n' 'apiVersion: kustomize.config.k8s.io/v1beta1' 'kind: Kustomization' 'namespace: kindred' \
    "resources: [$kubernetes/base]" "components: [$kubernetes/components/$1]" >"$overlay/kustomization.yaml"
  manifests_hold "$overlay"
}

# The file is kept, because kustomize makes nothing out of other files.
has_the_rules_of_prometheus() {
  deploy/kubernetes/components/prometheus-operator/make-rules.sh \
    | cmp - deploy/kubernetes/components/prometheus-operator/prometheusrule.yaml || return 1
  "$tools/bin/python" - "$work/rules.yml" <<'PYTHON' || return 1
import sys
import yaml

def groups(path):
    return {group["name"]: group for group in yaml.safe_load(open(path))["groups"]}

rule = yaml.safe_load(open("deploy/kubernetes/components/prometheus-operator/prometheusrule.yaml"))
here, there = groups("deploy/prometheus/alerts.yml"), groups("deploy/prometheus/alerts-kubernetes.yml")
assert rule["spec"]["groups"] == [here["kindred-server"], there["kindred-builder"]]
# Runbooks name alerts, so builds have the same ones in both places.
names = [sorted((alert["alert"], alert["labels"]["severity"]) for alert in of["kindred-builder"]["rules"]) for of in (here, there)]
assert names[0] == names[1], names
yaml.safe_dump(rule["spec"], open(sys.argv[1], "w"))
PYTHON
  promtool check rules "$work/rules.yml"
}

# What the crontab, the unit, and the compose file write is what the documents and Prometheus's configuration name.
names_one_metrics_file() {
  local path
  grep -q '^d /var/lib/kindred/metrics 0755 kindred-builder ' deploy/systemd/tmpfiles.conf || return 1
  for path in cron/kindred systemd/index-builder.env systemd/index-builder.service; do
    grep -q 'METRICS_FILE=/var/lib/kindred/metrics/kindred\.prom$' "deploy/$path" || { echo "deploy/$path" >&2; return 1; }
  done
  for path in deploy/prometheus/prometheus.yml docs/operations.md; do
    grep -q -- '--collector.textfile.directory=/var/lib/kindred/metrics' "$path" || { echo "$path" >&2; return 1; }
  done
}

# The command of the crontab as cron would run it, from the one line that is no comment and no variable.
cron_line() {
  grep -vE '^(#|$|[A-Z_]+=)' deploy/cron/kindred
}

is_a_crontab() {
  local minute hour day month weekday user command
  [ "$(cron_line | wc -l)" = 1 ] || return 1
  read -r minute hour day month weekday user command < <(cron_line)
  for field in "$minute" "$hour" "$day" "$month" "$weekday"; do
    [[ $field =~ ^[0-9*,/-]+$ ]] || return 1
  done
  # cron takes a percent sign for the end of the command.
  grep -q "^u $user " deploy/systemd/sysusers.conf && [[ $command != *%* ]]
}

run_by_cron() { # run_by_cron DIRECTORY: with its variables, but for the paths
  local command
  command=$(cron_line | cut -d ' ' -f 7-)
  env -i "PATH=$(realpath "$programs"):/usr/bin:/bin" PROFILES="$work/cron.jsonl" INDEX_DIR="$1" \
    METRICS_FILE="$work/cron.prom" /bin/sh -c "$command"
}

cron_says_only_what_went_wrong() {
  seq 0 19 | awk '{ printf "{\"_id\": %d, \"word\": \"w%d\"}\n", $1, $1 }' >"$work/cron.jsonl"
  run_by_cron "$work/cron" >"$work/mail" 2>&1 && [ ! -s "$work/mail" ] && [ -e "$work/cron/index-00000001.knd" ] \
    && grep -qx 'kindred_build_success 1' "$work/cron.prom" || return 1
  # Another build is running.
  flock "$work/cron/builder.lock" bash -c 'run_by_cron "$1"' bash "$work/cron" >"$work/mail" 2>&1 \
    && [ ! -s "$work/mail" ] && [ ! -e "$work/cron/index-00000002.knd" ] || return 1
  echo nonsense >"$work/cron.jsonl"
  if run_by_cron "$work/cron" >"$work/mail" 2>&1; then return 1; fi
  grep -q index-builder "$work/mail" && grep -qx 'kindred_build_success 0' "$work/cron.prom"
}
export -f run_by_cron cron_line
export work programs

compose_is_understood() {
  docker-compose --file deploy/docker/compose.yaml config >"$work/compose" || return 1
  docker-compose --file deploy/docker/compose.yaml config --services | sort | tr '\n' ' ' \
    | grep -qx 'index-builder kindred node-exporter '
}

# Runs the build as the service would, but for the paths, and looks for its metrics where the exporter does.
compose_builds() {
  "$tools/bin/python" - "$work" "$programs" <<'PYTHON'
import subprocess
import sys

import yaml

work, programs = sys.argv[1:]
services = yaml.safe_load(open(f"{work}/compose"))["services"]
builder, exporter = services["index-builder"], services["node-exporter"]
mounts = [volume.split(":")[:2] if isinstance(volume, str) else [volume["source"], volume["target"]] for volume in builder["volumes"]]
places = {target: source if source.startswith("/") else f"{work}/compose-{source}" for source, target in mounts}

def here(argument):
    for target, place in places.items():
        argument = argument.replace(f"={target}", f"={place}")
    return argument

subprocess.run(["mkdir", places["/metrics"]], check=True)
program = builder["entrypoint"][0].replace("/usr/local/bin", programs)
subprocess.run([program, *map(here, builder["command"])], check=True, capture_output=True)
directory = next(word.split("=")[1] for word in exporter["command"] if word.startswith("--collector.textfile.directory="))
assert "kindred_build_success 1\n" in open(f"{places[directory]}/kindred.prom").read()
assert [volume if isinstance(volume, str) else f"{volume['source']}:{volume['target']}:ro" for volume in exporter["volumes"]] == [f"metrics:{directory}:ro"]
PYTHON
}

install_packages man-db mandoc zsh fish bash docker-compose prometheus
check "makes its checkers" make_tools
check "installs and uninstalls" installs_and_uninstalls
check "says what is missing for that" says_what_is_missing
check "writes its manual" write_manual
check "has a manual that reads well" reads_as_a_manual
for shell in bash zsh fish; do
  check "completes kindred in $shell" completes "$shell" kindred
  check "completes index-builder in $shell" completes "$shell" index-builder
done
check "offers options" bash_completes_an_option
check "deploys known settings only" names_known_settings
check "deploys this version" names_this_version
check "has a crontab" is_a_crontab
check "lets cron mail failures only" cron_says_only_what_went_wrong
check "has a Dockerfile without faults" "$tools/bin/hadolint" deploy/docker/Dockerfile
check "has a compose file that is understood" compose_is_understood
check "has a compose file whose builds work" compose_builds
check "names one file for the metrics of builds" names_one_metrics_file
check "has the rules of Prometheus for its operator" has_the_rules_of_prometheus
check "has manifests that hold" manifests_hold deploy/kubernetes/base
for overlay in deploy/kubernetes/overlays/*; do
  check "has an overlay $(basename "$overlay") that holds" manifests_hold "$overlay"
done
for component in deploy/kubernetes/components/*; do
  check "has a component $(basename "$component") that holds" component_holds "$(basename "$component")"
done

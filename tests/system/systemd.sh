# The units as systemd runs them: a manager of our own, installed programs, real users, the real sandbox. Sourced by
# tests/system.sh.
#
# The manager is one for a session of root's, because a system may have only one of its own. It makes the same sandbox
# from the same units. It runs in a namespace where /etc, /run, /usr/local and /var/lib are copies or empty.

on_a_machine_of_its_own() { # on_a_machine_of_its_own FUNCTION: what it starts and mounts ends with it
  mkdir "$work/machine"
  work=$work/machine programs=$(realpath "$programs") id=p3 server='' \
    unshare --mount --pid --fork --kill-child --mount-proc bash -euo pipefail -c 'trap end_machine EXIT; "$@"' own "$@"
}

end_machine() {
  local code=$?
  if [ "$code" = 0 ]; then return; fi
  systemctl --user --no-pager status kindred.service index-builder.service >&2 || true
  tail -n 50 "$work/server.log" >&2
}

not() {
  if "$@"; then return 1; fi
}

own_directories() {
  mkdir "$work/etc"
  cp -a /etc/. "$work/etc"
  mount --bind "$work/etc" /etc
  local directory
  for directory in /run /usr/local /var/lib; do mount -t tmpfs none "$directory"; done
  # What the system's own manager makes: a sign that systemd runs, and what stands where a service may not look.
  mkdir -p /run/systemd/system /run/systemd/inaccessible /run/manager
  mkdir -m 000 /run/systemd/inaccessible/dir
  touch /run/systemd/inaccessible/reg
  chmod 000 /run/systemd/inaccessible/reg
  chmod 711 /run/manager
}

install_everything() {
  make -s install "PROGRAMS=$programs" PREFIX=/usr/local DESTDIR= SYSCONFDIR=/etc
  systemd-sysusers /usr/local/lib/sysusers.d/kindred.conf
  systemd-tmpfiles --create /usr/local/lib/tmpfiles.d/kindred.conf
  # Any port, and a log that can be read without a journal.
  sed -i 's/^KINDRED_BIND=.*/KINDRED_BIND=127.0.0.1:0/; s/^KINDRED_LOG_FORMAT=.*/KINDRED_LOG_FORMAT=text/' \
    /etc/kindred/kindred.env
  echo KINDRED_POLL_INTERVAL=200ms >>/etc/kindred/kindred.env
  # The profiles here have their vectors in a field.
  echo 'OPTIONS=--vectorizer field:v --keep 2' >>/etc/kindred/index-builder.env
  mkdir -p /etc/systemd/system/kindred.service.d
  printf '[Service]\nStandardError=append:%s\n' "$work/server.log" >/etc/systemd/system/kindred.service.d/log.conf
  mkdir -p /etc/systemd/system/kindred-failed@.service.d
  printf '[Service]\nStandardOutput=append:%s\nEnvironment=MAILTO=operator\n' "$work/failed.log" \
    >/etc/systemd/system/kindred-failed@.service.d/log.conf
  sends_mail 0
}

# A program that sends mail: it keeps what it was given, and ends with this. Like BSD's, it hands the mail over in a child
# and does not wait for it. The unit has a /tmp of its own.
sends_mail() { # sends_mail CODE
  printf '#!/bin/sh\nprintf "%%s\\n" "$@" >/run/mail.new\ncat >/run/mail-body\n%s\nexit %s\n' \
    '(sleep 1; mv /run/mail.new /run/mail) >/dev/null 2>&1 &' "$1" >/usr/local/bin/mail
  chmod 755 /usr/local/bin/mail
}

start_manager() {
  export XDG_RUNTIME_DIR=/run/manager SYSTEMD_UNIT_PATH=/etc/systemd/system:/usr/local/lib/systemd/system:
  unset DBUS_SESSION_BUS_ADDRESS
  /lib/systemd/systemd --user --unit=basic.target >/dev/null 2>&1 &
  await manager_answers
  # Where services say that they are ready: a manager of the system's lets other users in.
  chmod 711 /run/manager/systemd
  chmod 777 /run/manager/systemd/notify
}

manager_answers() {
  systemctl --user is-active --quiet basic.target 2>/dev/null
}

property() { # property UNIT NAME
  systemctl --user show --property="$2" --value "$1"
}

# Builds a version as the timer would.
build_by_unit() { # build_by_unit NUMBER
  seq 0 19 | awk -v build="$1" '{ printf "{\"_id\": \"p%d\", \"build\": %d, \"v\": [1, %f]}\n", $1, build, $1 / 100 }' \
    >/var/lib/kindred/profiles/profiles.jsonl
  systemctl --user start index-builder.service
}

status_of_server() { # status_of_server FIELD VALUE
  grep -qx "$1:[[:space:]]*$2" "/proc/$server/status"
}

runs_in_its_sandbox() {
  [ "$(ps -o user= -p "$server")" = kindred ]
  status_of_server NoNewPrivs 1
  status_of_server Seccomp 2
  status_of_server CapEff 0000000000000000
  status_of_server CapBnd 0000000000000000
  # It may not write the index, not even as root.
  not nsenter --target "$server" --mount touch /var/lib/kindred/index/x 2>"$work/refused"
  grep -q 'Read-only file system' "$work/refused"
}

# Everything a server does that a sandbox could forbid.
units_under_systemd() {
  local unit
  own_directories
  install_everything
  verified /usr/local/lib/systemd/system/{kindred.service,index-builder.service,index-builder.timer,kindred-failed@.service}
  for unit in kindred index-builder; do exposed_little "/usr/local/lib/systemd/system/$unit.service"; done
  start_manager

  build_by_unit 1
  [ "$(stat -c '%U:%G %a' /var/lib/kindred/index/index-00000001.knd)" = kindred-builder:kindred\ 640 ]
  others_read_the_metrics 1
  # It is back when the server listens.
  systemctl --user start kindred.service
  server=$(property kindred.service MainPID)
  address_logged
  await status_is 200 /health/ready
  runs_in_its_sandbox
  learn 1 /var/lib/kindred/index
  version_is 1
  cmp "$work/body" "$work/answer-1"
  # Another version, by an event or by polling.
  build_by_unit 2
  await version_is 2
  systemctl --user reload kindred.service
  await grep -q 'SIGHUP: reading keys' "$work/server.log"
  # Under a mapping, this is SIGBUS.
  truncate -s 4096 /var/lib/kindred/index/index-00000002.knd
  await version_is 1
  [ "$(property kindred.service MainPID)" = "$server" ]
  # What is busy is tried later, and is no failure.
  exec 9>>/var/lib/kindred/index/builder.lock
  flock 9
  build_by_unit 3
  [ ! -e /var/lib/kindred/index/index-00000003.knd ]
  [ ! -e "$work/failed.log" ]
  exec 9>&-
  build_by_unit 3
  await version_is 3
  # A build that fails is one.
  echo nonsense >/var/lib/kindred/profiles/profiles.jsonl
  not systemctl --user start index-builder.service 2>/dev/null
  [ "$(property index-builder.service ExecMainStatus)" = 1 ]
  others_read_the_metrics 0
  tells_of_a_failure

  comes_back_when_it_is_killed
  takes_certificates_from_certbot
  systemctl --user stop kindred.service
  [ "$(property kindred.service Result)" = success ]
  grep -q stopped "$work/server.log"
  # There are kernels where only CAP_NET_ADMIN may filter what comes to a socket, which the server uses when it stops.
  # The server may look between the two files of a certificate, and then looks again. openssl makes one of an authority.
  not grep -vE 'INFO|tls_cert and tls_key not taken|is that of an authority|connections that are on their way may be refused: Operation not permitted' "$work/server.log"
  is_not_started_again_after_a_wrong_setting
}

# What node_exporter does, as a user who is in no group of Kindred's. Nothing else is open to it.
others_read_the_metrics() { # others_read_the_metrics SUCCESS
  local other=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
  "${other[@]}" cat /var/lib/kindred/metrics/kindred.prom | grep -qx "kindred_build_success $1"
  not "${other[@]}" cat /var/lib/kindred/profiles/profiles.jsonl 2>/dev/null
  not "${other[@]}" ls /var/lib/kindred 2>/dev/null
  not "${other[@]}" ls /var/lib/kindred/index 2>/dev/null
}

told_of() { # told_of LINE
  grep -qxF -- "$1" "$work/failed.log" 2>/dev/null
}

ended() { # ended UNIT
  [[ $(property "$1" ActiveState) =~ ^(inactive|failed)$ ]]
}

# A line with priority err and a mail. A mail that cannot be sent is another line.
tells_of_a_failure() {
  local unit=kindred-failed@index-builder.service
  await told_of '<3>index-builder.service has failed; see: journalctl --unit=index-builder.service'
  await ended "$unit"
  await test -e /run/mail
  printf '%s\n' -s "index-builder.service has failed on $(uname -n)" operator | cmp - /run/mail
  [ "$(property "$unit" Result)" = success ]
  sends_mail 1
  not systemctl --user start index-builder.service 2>/dev/null
  await told_of '<3>no mail could be sent to operator'
  await ended "$unit"
  [ "$(property "$unit" Result)" = exit-code ]
}

# What certbot has in a directory of a certificate, and the hook run as certbot does.
renews() { # renews NAME
  make_certificate "$work/$1"
  mv "$work/$1/key.pem" "$work/$1/privkey.pem"
  cp "$work/$1/cert.pem" "$work/$1/fullchain.pem"
  chmod 600 "$work/$1/privkey.pem"
  RENEWED_LINEAGE="$work/$1" /usr/local/share/kindred/certbot-hook
  [ "$(stat -c '%U %a' /etc/kindred/key.pem)" = 'kindred 400' ]
  [ "$(stat -c '%U %a' /etc/kindred/cert.pem)" = 'root 444' ]
}

shows_certificate() { # shows_certificate NAME
  curl -sS -f -o /dev/null --cacert "$work/$1/cert.pem" --resolve "kindred.test:$port:127.0.0.1" \
    "https://kindred.test:$port/health/live" 2>>"$work/curl.log"
}

tls_port_logged() {
  port=$(sed -n 's/.*listening on https:\/\/127\.0\.0\.1:\([0-9]*\).*/\1/p' "$work/server.log" | tail -n 1)
  [ -n "$port" ]
}

takes_certificates_from_certbot() {
  local code=0
  env -u RENEWED_LINEAGE /usr/local/share/kindred/certbot-hook 2>/dev/null || code=$?
  [ "$code" = 2 ]
  renews first-lineage
  # The builder is in the group of the server, and may not read the key.
  not setpriv --reuid=kindred-builder --regid=kindred --init-groups cat /etc/kindred/key.pem 2>/dev/null
  printf '%s\n' KINDRED_TLS_CERT=/etc/kindred/cert.pem KINDRED_TLS_KEY=/etc/kindred/key.pem \
    KINDRED_ALLOWED_HOSTS=kindred.test >>/etc/kindred/kindred.env
  : >"$work/server.log"
  systemctl --user restart kindred.service
  server=$(property kindred.service MainPID)
  await tls_port_logged
  await shows_certificate first-lineage
  # Nothing is restarted or told.
  renews second-lineage
  await shows_certificate second-lineage
  [ "$(property kindred.service MainPID)" = "$server" ]
}

comes_back_when_it_is_killed() {
  : >"$work/server.log"
  kill -KILL "$server"
  await another_runs
  server=$(property kindred.service MainPID)
  await address_logged
  await status_is 200 /health/ready
}

another_runs() {
  local now
  now=$(property kindred.service MainPID)
  [ "$now" != 0 ] && [ "$now" != "$server" ]
}

is_not_started_again_after_a_wrong_setting() {
  echo KINDRED_WORKERS=none >>/etc/kindred/kindred.env
  not systemctl --user start kindred.service 2>/dev/null
  [ "$(property kindred.service ExecMainStatus)" = 2 ]
  # Not "activating", which it would be until the next start.
  [ "$(property kindred.service ActiveState)" = failed ]
}

verified() { # verified UNIT...: with the programs where the units expect them
  systemd-analyze verify "$@" 2>"$work/verify" && not grep . "$work/verify"
}

# Of 0 to 100, where 0 is best. What is left are the network, and what every program may ask the system for.
exposed_little() { # exposed_little UNIT
  systemd-analyze security --offline=yes --threshold=20 --no-pager "$1" >"$work/exposure" \
    || { cat "$work/exposure" >&2; return 1; }
}

export -f sends_mail others_read_the_metrics told_of ended tells_of_a_failure renews shows_certificate tls_port_logged \
  takes_certificates_from_certbot make_certificate
export -f end_machine not own_directories install_everything start_manager manager_answers property build_by_unit \
  status_of_server runs_in_its_sandbox units_under_systemd comes_back_when_it_is_killed another_runs \
  is_not_started_again_after_a_wrong_setting verified exposed_little

install_packages systemd man-db procps
check "runs under systemd, in its sandbox" on_a_machine_of_its_own units_under_systemd

#!/usr/bin/env bash
# Runs both programs of `make static` as the image of deploy/docker does: a root directory that has the programs and nothing
# else and cannot be written, the user of the Dockerfile, no way to more rights. It takes root, and builds no image.
# Exit 1 at the first thing that is not as it should be.
set -euo pipefail
cd "$(dirname "$0")/.."
dist=${1:-dist}

if [ "${inside:-}" = "" ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  # What is mounted and started in there ends with it.
  inside=yes work=$work unshare --mount --pid --fork --kill-child --mount-proc bash "$0" "$dist"
  exit
fi

dockerfile() { # dockerfile INSTRUCTION: what stands behind it for the image itself
  sed -e :join -e '/\\$/N; s/\\\n//; tjoin' deploy/docker/Dockerfile | sed -n "s/^$1 //p" | tail -n 1
}

words() { # words JSON: an array of Docker's, a word on each line
  python3 -c 'import json, sys; print("\n".join(json.loads(sys.argv[1][sys.argv[1].index("["):])))' "$1"
}

fail() {
  echo "verify-container: $1" >&2
  cat "$work"/*.log >&2
  exit 1
}

await() {
  for _ in $(seq 600); do
    if "$@"; then return; fi
    sleep 0.1
  done
  fail "gave up waiting for: $*"
}

for program in kindred index-builder; do
  # Without a library to load, the kernel needs no other file.
  if python3 -c 'import sys; sys.exit(b"/ld-linux" in open(sys.argv[1], "rb").read(4096))' "$dist/$program"; then continue; fi
  fail "$dist/$program is not linked statically"
done

root=$work/root
mkdir "$root"
mount -t tmpfs none "$root"
mkdir -p "$root/usr/local/bin" "$root/index" "$root/profiles"
cp "$dist/kindred" "$dist/index-builder" "$root/usr/local/bin/"
cp data/profiles.pickle "$root/profiles/"
mount -t tmpfs none "$root/index"
user=$(dockerfile USER)
chown "$user" "$root/index"
mount -o remount,ro "$root"

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
# The variables of the image; the port is one that is free here.
read -ra variables < <(dockerfile ENV)
variables+=("KINDRED_BIND=0.0.0.0:$port")
# What turns a command into one in the image.
in_image=(env -i "${variables[@]}" /usr/bin/setpriv --no-new-privs
  /usr/sbin/chroot "--userspec=$user" "--groups=${user#*:}" "$root")

readarray -t entrypoint < <(words "$(dockerfile ENTRYPOINT)")
readarray -t health < <(words "$(dockerfile HEALTHCHECK)")

code=0
"${in_image[@]}" "${entrypoint[@]}" 2>"$work/refused.log" || code=$?
[ "$code" = 2 ] && grep -q allow_anonymous "$work/refused.log" || fail "it would let everybody in"
if "${in_image[@]}" "${health[@]}" 2>"$work/probe.log"; then fail "nobody listens, and the health check is content"; fi

"${in_image[@]}" "${entrypoint[@]}" --allow-anonymous 2>"$work/server.log" &
server=$!
healthy() { "${in_image[@]}" "${health[@]}" 2>"$work/probe.log"; }
ready() { "${in_image[@]}" /usr/local/bin/kindred probe 2>"$work/probe.log"; }
await healthy
if ready; then fail "it is ready without an index"; fi
"${in_image[@]}" /usr/local/bin/index-builder build --profiles /profiles/profiles.pickle --out /index \
  >"$work/build.log" 2>&1 || fail "the builder does not run"
await ready
id=$(python3 -B -c 'import sys; sys.path.insert(0, "data")
import generate_profiles as sample; print(sample.generate(1, sample.SEED)[0]["_id"])')
curl -sSf -o "$work/answer" "http://127.0.0.1:$port/recommend/$id/5" || fail "it does not answer"
[ "$(python3 -c 'import json, sys; print(len(json.load(open(sys.argv[1]))))' "$work/answer")" = 5 ] || fail "no five answers"
kill -TERM "$server"
wait "$server" || fail "it ends with $? on SIGTERM"
echo "verify-container: both programs run with nothing else in their file system, as $user"

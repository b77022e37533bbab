# What goes wrong around the two programs and needs a mount, a limit or a clock of its own, or a million files.
# tests/system.sh reads this and lends it `check`, `await` and what asks the server.
#
# A fault is a function. It runs as root of a namespace of its own, where it may mount and set limits that nobody else
# notices; the first command that fails ends it. Where the system grants no such namespace, its check fails.

in_namespace() { # in_namespace FUNCTION ARGUMENTS...
  rm -rf "$work/fault"
  mkdir "$work/fault"
  work=$work/fault programs=$(realpath "$programs") id=p3 server='' \
    unshare -rm bash -euo pipefail -c 'trap end_fault EXIT; "$@"' in-namespace "$@"
}

# Whatever became of it, no server is left behind.
end_fault() {
  local code=$?
  if [ "$code" != 0 ] && [ -e "$work/server.log" ]; then cat "$work/server.log" >&2; fi
  if [ -n "$server" ]; then kill -KILL "$server"; fi
}

serve() { # serve DIRECTORY [VARIABLE=VALUE...]
  env "${@:2}" "$programs/kindred" --index-dir "$1" --bind 127.0.0.1:0 --poll-interval 200ms 2>"$work/server.log" &
  server=$!
  await address_logged
}

# A build in a directory, of profiles that tell which build they are of.
build() { # build NUMBER DIRECTORY [VARIABLE=VALUE...]
  seq 0 19 | awk -v build="$1" '{ printf "{\"_id\": \"p%d\", \"build\": %d, \"v\": [1, %f]}\n", $1, build, $1 / 100 }' \
    >"$work/profiles.jsonl"
  env "${@:3}" "$programs/index-builder" build --profiles "$work/profiles.jsonl" --out "$2" --vectorizer field:v \
    >"$work/build.log" 2>&1 || { cat "$work/build.log" >&2; return 1; }
}

build_fails() { # build_fails CAUSE DIRECTORY
  local code=0
  "$programs/index-builder" build --profiles data/profiles.pickle --out "$2" --m 2 >/dev/null 2>"$work/build.log" \
    || code=$?
  [ "$code" = 1 ] && grep -q "$1" "$work/build.log"
}

file_of() { # file_of VERSION DIRECTORY
  printf '%s/index-%08d.knd' "$2" "$1"
}

# What a version has to answer, before the server is asked.
learn() { # learn VERSION DIRECTORY
  "$programs/index-builder" query "$(file_of "$1" "$2")" -- "$id" 5 >"$work/answer-$1"
}

# Puts a version of its own build into a directory, by rename.
publish() { # publish VERSION DIRECTORY
  rm -rf "$work/spare"
  build "$1" "$work/spare"
  mkdir -p "$2"
  cp "$(file_of 1 "$work/spare")" "$2/.aside"
  mv "$2/.aside" "$(file_of "$1" "$2")"
  learn "$1" "$2"
}

metric() { # metric NAME VALUE
  curl -sS -o "$work/metrics" "$address/metrics" && grep -qx "$1 $2" "$work/metrics"
}

# A version answers, and rightly, and what is counted agrees.
served() { # served VERSION [REFUSED]
  version_is "$1" && cmp -s "$work/body" "$work/answer-$1" && status_is 200 /health/ready \
    && metric kindred_index_version "$1" && metric kindred_refused_files_total "${2:-0}"
}

# A build fails in a directory for a cause; what was there is there, and the server goes on.
nothing_changes() { # nothing_changes CAUSE DIRECTORY
  ls -A "$2" >"$work/names"
  cp "$(file_of 1 "$2")" "$work/first"
  build_fails "$1" "$2"
  ls -A "$2" | cmp - "$work/names"
  cmp "$(file_of 1 "$2")" "$work/first"
  served 1
}

# The first version of a directory, and a server of it.
begin() { # begin DIRECTORY
  build 1 "$1"
  learn 1 "$1"
  serve "$1"
  await served 1
}

# The next build in a directory after what was wrong with it is over.
recovers() { # recovers DIRECTORY
  build 2 "$1"
  learn 2 "$1"
  await served 2
}

full_disk() {
  mkdir "$work/disk"
  mount -t tmpfs -o size=4m none "$work/disk"
  begin "$work/disk"
  nothing_changes 'No space left on device' "$work/disk"
  mount -o remount,size=64m "$work/disk"
  recovers "$work/disk"
}

disk_without_inodes() {
  mkdir "$work/disk"
  mount -t tmpfs -o size=64m,nr_inodes=100 none "$work/disk"
  begin "$work/disk"
  mkdir "$work/disk/other"
  local number=0
  while touch "$work/disk/other/$number" 2>/dev/null; do number=$((number + 1)); done
  nothing_changes 'No space left on device' "$work/disk"
  rm -r "$work/disk/other"
  recovers "$work/disk"
}

read_only_directory() {
  begin "$work/index"
  mount --bind "$work/index" "$work/index"
  mount -o remount,bind,ro "$work/index"
  nothing_changes 'Read-only file system' "$work/index"
  umount "$work/index"
  recovers "$work/index"
}

# Everything that can become of a directory; whatever it is, the next version in it is taken.
moving_directory() {
  local index=$work/index version whole piece
  begin "$index"
  publish 2 "$index"
  await served 2
  mv "$index" "$work/away"
  publish 3 "$index"
  await served 3
  rm -r "$index"
  publish 4 "$index"
  await served 4
  mv "$index" "$work/revision-4"
  for version in 5 6; do
    publish "$version" "$work/revision-$version"
    ln -s "revision-$version" "$work/next"
    mv -T "$work/next" "$index"
    await served "$version"
  done
  publish 7 "$work/volume"
  rm "$index"
  mkdir "$index"
  mount --bind "$work/volume" "$index"
  await served 7
  publish 8 "$index"
  await served 8
  # What is served lies on that volume, and is served on.
  umount --lazy "$index"
  served 8
  publish 9 "$index"
  await served 9
  mount -t tmpfs none "$index"
  publish 10 "$index"
  await served 10
  # In pieces, under its own name; each time it rests long enough to be refused.
  publish 11 "$work/elsewhere"
  whole=$(file_of 11 "$work/elsewhere")
  for piece in 1 2; do
    # Not `tail | head`: tail may be killed by the pipe that head has closed.
    head -c "$((piece * 1000))" "$whole" | tail -c 1000 >>"$(file_of 11 "$index")"
    await served 10 "$piece"
  done
  tail -c +2001 "$whole" >>"$(file_of 11 "$index")"
  await served 11 2
}

says_that_it_polls() {
  grep -q "no events for .*, polling it every 200ms" "$work/server.log"
}

# As where other programs have taken all that the system gives, or where a file system has no events.
moving_directory_without_inotify() {
  echo 0 >/proc/sys/user/max_inotify_instances
  moving_directory
  says_that_it_polls
}

no_inotify_watch_left() {
  echo 0 >/proc/sys/user/max_inotify_watches
  begin "$work/index"
  says_that_it_polls
  recovers "$work/index"
}

# They come while the server watches, which is more than the queue of events holds. All are names of one empty file, in
# memory: it is names that the programs have to go through, and disks take minutes for so many files.
million_files() {
  mkdir "$work/index"
  mount -t tmpfs -o size=64m,nr_inodes=0 none "$work/index"
  begin "$work/index"
  python3 - "$work/index" <<'PYTHON'
import os, sys
almost = ["index-%07d.knd", "index-%09d.knd", "index-%08d.knd.tmp", ".index-%08d.knd", "INDEX-%08d.knd",
          "index-%07da.knd", "index-%08d.KND", "index-99999999999999999999%d.knd", "index--%07d.knd", "index-%08d.knd~"]
os.chdir(sys.argv[1])
os.mknod("empty")
for number in range(1_000_000):
    os.link("empty", almost[number % len(almost)] % number)
PYTHON
  served 1
  touch "$work/index/.index-00000002.knd.tmp"
  recovers "$work/index"
  [ ! -e "$work/index/.index-00000002.knd.tmp" ]
  # With the two versions, the records of their builds, the lock, and the file that has all the names.
  [ "$(python3 -c 'import os, sys; print(len(os.listdir(sys.argv[1])))' "$work/index")" = 1000006 ]
  kill "$server"
  wait "$server"
  serve "$work/index"
  await served 2
}

created() { # created VERSION DIRECTORY
  "$programs/index-builder" inspect "$(file_of "$1" "$2")" --json \
    | python3 -c 'import json, sys; print(json.load(sys.stdin)["created"])'
}

clock_set_back() {
  cc -shared -fPIC -O -Wall -Werror -o "$work/clock.so" tests/system/clock.c
  local clock=("LD_PRELOAD=$work/clock.so" "CLOCK_BACK_FILE=$work/back")
  echo 0 >"$work/back"
  build 1 "$work/index" "${clock[@]}"
  learn 1 "$work/index"
  serve "$work/index" "${clock[@]}"
  await served 1
  local version=1 back
  for back in 3600 86400 0; do
    echo "$back" >"$work/back"
    version=$((version + 1))
    build "$version" "$work/index" "${clock[@]}"
    learn "$version" "$work/index"
    await served "$version"
  done
  # That the clock did go back shows in what the files say of themselves.
  [[ $(created 3 "$work/index") < $(created 2 "$work/index") ]]
  [[ $(created 2 "$work/index") < $(created 4 "$work/index") ]]
}

export -f end_fault serve build build_fails file_of learn publish metric served nothing_changes begin recovers \
  full_disk disk_without_inodes read_only_directory moving_directory says_that_it_polls \
  moving_directory_without_inotify no_inotify_watch_left million_files created clock_set_back \
  await address_logged status_is version_is

check "leaves a full disk as it was" in_namespace full_disk
check "leaves a disk without inodes as it was" in_namespace disk_without_inodes
check "leaves a read-only directory as it was" in_namespace read_only_directory
check "follows a directory wherever it goes" in_namespace moving_directory
check "follows it without inotify" in_namespace moving_directory_without_inotify
check "polls where no watch is left" in_namespace no_inotify_watch_left
check "finds its files among a million" in_namespace million_files
check "counts on when the clock is set back" in_namespace clock_set_back

#!/usr/bin/env bash
# Installs both programs with their manual pages, completions and systemd units, or removes what it installed.
# `make install` and `make uninstall` call it; every setting is one of the Makefile.
#   PREFIX      where it will be used from (/usr/local)
#   DESTDIR     what is put before every path, to make a package (nothing)
#   SYSCONFDIR  where settings are (/etc)
#   PROGRAMS    where the programs are (in a release: beside this directory; else dist or target/release, whichever is newer)
#   TARGET      where cargo builds (target)
# Settings that are there already stay as they are, also when it is removed, and so does the index.
set -euo pipefail
cd "$(dirname "$0")/.."

prefix=${PREFIX:-/usr/local}
sysconfdir=${SYSCONFDIR:-/etc}
root=${DESTDIR:-}
# Those of a release that was unpacked, else what `make dist` or `make build` made: the one that was made last.
built_last() {
  local built=${TARGET:-target}/release
  if [ -f kindred ] && [ -f index-builder ]; then echo .; return; fi
  if [ -x dist/kindred ] && [ ! "$built/kindred" -nt dist/kindred ]; then echo dist; else echo "$built"; fi
}

programs=${PROGRAMS:-$(built_last)}
# Says what was installed, so that nothing else is removed.
manifest=$prefix/share/kindred/installed

put() { # put MODE SOURCE PATH
  install -D -m "$1" "$2" "$root$3"
  echo "$3" >>"$work/installed"
}

# Settings that are there belong to the operator.
put_settings() { # put_settings SOURCE PATH
  if [ -e "$root$2" ]; then
    echo "$root$2 is there already and stays"
  else
    install -D -m 640 "$1" "$root$2"
  fi
}

# A file with the paths of this installation instead of the usual ones.
with_paths() { # with_paths SOURCE
  sed "s|/usr/local/|$prefix/|g; s|/etc/kindred/|$sysconfdir/kindred/|g" "$1" >"$work/$(basename "$1")"
  echo "$work/$(basename "$1")"
}

put_programs() {
  local program page
  for program in kindred index-builder; do
    if [ ! -x "$programs/$program" ]; then
      echo "$programs/$program is missing: run make dist or make build first, or say PROGRAMS=" >&2
      exit 1
    fi
  done
  for program in kindred index-builder; do
    put 755 "$programs/$program" "$prefix/bin/$program"
    "$programs/$program" man "$work/man" >/dev/null
    mkdir -p "$work/completions"
    "$programs/$program" completions bash >"$work/completions/$program"
    "$programs/$program" completions zsh >"$work/completions/_$program"
    "$programs/$program" completions fish >"$work/completions/$program.fish"
    put 644 "$work/completions/$program" "$prefix/share/bash-completion/completions/$program"
    put 644 "$work/completions/_$program" "$prefix/share/zsh/site-functions/_$program"
    put 644 "$work/completions/$program.fish" "$prefix/share/fish/vendor_completions.d/$program.fish"
  done
  for page in "$work"/man/*.1; do
    put 644 "$page" "$prefix/share/man/man1/$(basename "$page")"
  done
}

put_units() {
  local unit
  for unit in kindred.service index-builder.service index-builder.timer kindred-failed@.service; do
    put 644 "$(with_paths "deploy/systemd/$unit")" "$prefix/lib/systemd/system/$unit"
  done
  put 644 deploy/systemd/sysusers.conf "$prefix/lib/sysusers.d/kindred.conf"
  put 644 deploy/systemd/tmpfiles.conf "$prefix/lib/tmpfiles.d/kindred.conf"
  put_settings deploy/systemd/kindred.env "$sysconfdir/kindred/kindred.env"
  put_settings deploy/systemd/index-builder.env "$sysconfdir/kindred/index-builder.env"
}

put_examples() {
  put 755 "$(with_paths deploy/certbot/kindred)" "$prefix/share/kindred/certbot-hook"
  # Beside the timer it would be a second one: where there is no systemd, it is copied to /etc/cron.d.
  put 644 "$(with_paths deploy/cron/kindred)" "$prefix/share/doc/kindred/examples/cron"
}

do_install() {
  echo "installing the programs in $programs"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  put_programs
  put_units
  put_examples
  put 644 LICENSE-MIT "$prefix/share/doc/kindred/LICENSE-MIT"
  put 644 LICENSE-APACHE "$prefix/share/doc/kindred/LICENSE-APACHE"
  remove_what_is_no_more
  install -D -m 644 "$work/installed" "$root$manifest"
}

# What an earlier installation put there and this one does not have.
remove_what_is_no_more() {
  local path
  if [ ! -e "$root$manifest" ]; then return; fi
  while read -r path; do
    if ! grep -qxF -- "$path" "$work/installed"; then rm -f "$root$path"; fi
  done <"$root$manifest"
}

do_uninstall() {
  if [ ! -e "$root$manifest" ]; then
    echo "$root$manifest is missing: nothing was installed there, or PREFIX or DESTDIR was another" >&2
    exit 1
  fi
  local path
  while read -r path; do
    rm -f "$root$path"
  done <"$root$manifest"
  rm -f "$root$manifest"
  # Only directories that are ours alone, and only where nobody has put anything else.
  rmdir --ignore-fail-on-non-empty "$root$prefix/share/doc/kindred/examples" "$root$prefix/share/doc/kindred" \
    "$root$prefix/share/kindred"
}

case ${1:-} in
  install) do_install ;;
  uninstall) do_uninstall ;;
  *) echo "usage: deploy/install.sh install|uninstall" >&2; exit 2 ;;
esac

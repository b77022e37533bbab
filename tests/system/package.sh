# What a release is made of: the archive, the Debian package, their checksums. Sourced by tests/system.sh. The programs here
# are not linked statically, which `make dist` does before it packs them; all else is the same.

release=$work/release

makes_a_release() { # makes_a_release DIRECTORY
  PROGRAMS=$work/stripped OUT=$1 deploy/package.sh >"$work/package.log" 2>&1 || { cat "$work/package.log" >&2; return 1; }
}

packs() {
  mkdir "$work/stripped" && cp "$programs/kindred" "$programs/index-builder" "$work/stripped" \
    && strip "$work/stripped/kindred" "$work/stripped/index-builder" && makes_a_release "$release"
}

# Named for the version of Cargo.toml and the target of the compiler.
is_named_for_its_version() {
  local version target
  version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
  target=$(rustc -vV | sed -n 's/^host: //p')
  archive=kindred-$version-$target.tar.gz package=kindred_$version-1_$(dpkg --print-architecture).deb
  (cd "$release" && printf '%s\n' SHA256SUMS "$archive" "$package" | diff - <(LC_ALL=C ls)) || return 1
  (cd "$release" && sha256sum --check --quiet SHA256SUMS && [ "$(wc -l <SHA256SUMS)" = 2 ])
}

# Other permissions of new files and another directory change nothing.
packs_the_same_bytes() {
  (umask 077 && makes_a_release "$work/release-again") && diff -r "$release" "$work/release-again"
}

is_complete_when_unpacked() {
  local path
  mkdir "$work/unpacked" && tar --extract --file "$release/$archive" --directory "$work/unpacked" || return 1
  unpacked=$work/unpacked/${archive%.tar.gz}
  [ "$(ls "$work/unpacked")" = "$(basename "$unpacked")" ] || return 1
  for path in README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE THIRD-PARTY.txt SHA256SUMS Makefile man/kindred.1 \
    man/index-builder-build.1 completions/bash/kindred completions/zsh/_index-builder completions/fish/kindred.fish \
    docs/operations.md deploy/install.sh deploy/systemd/kindred.service deploy/certbot/kindred deploy/cron/kindred \
    deploy/prometheus/alerts.yml deploy/grafana/kindred.json deploy/docker/compose.yaml \
    deploy/kubernetes/overlays/tls/kustomization.yaml; do
    [ -s "$unpacked/$path" ] || { echo "not in the archive: $path" >&2; return 1; }
  done
  # Crates have their licences in there, and none of ours is one.
  grep -q '^actix-web [0-9.]*: MIT OR Apache-2.0$' "$unpacked/THIRD-PARTY.txt" \
    && not grep -qE '^(kindred|index-builder) ' "$unpacked/THIRD-PARTY.txt" || return 1
  make -s -C "$unpacked" check || return 1
  # A byte that was changed is found.
  echo >>"$unpacked/README.md"
  not make -s -C "$unpacked" check >"$work/message" 2>&1
}

has_equal_versions() { # has_equal_versions DIRECTORY
  local version
  version=$("$1/kindred" --version | cut -d ' ' -f 2) && [ -n "$version" ] \
    && [ "$("$1/index-builder" --version | cut -d ' ' -f 2)" = "$version" ] && [[ $archive == kindred-$version-* ]]
}

# Without Rust, and without the clone.
installs_from_the_archive() {
  has_equal_versions "$unpacked" || return 1
  env -i PATH=/usr/bin:/bin make -s -C "$unpacked" install "DESTDIR=$work/from-archive" PREFIX=/usr/local >"$work/installed" \
    || return 1
  cmp "$work/from-archive/usr/local/bin/kindred" "$work/stripped/kindred" \
    && has_equal_versions "$work/from-archive/usr/local/bin" || return 1
  [ -s "$work/from-archive/usr/local/lib/systemd/system/kindred-failed@.service" ] || return 1
  env -i PATH=/usr/bin:/bin make -s -C "$unpacked" uninstall "DESTDIR=$work/from-archive" PREFIX=/usr/local \
    && [ -z "$(find "$work/from-archive/usr" -type f)" ]
}

# A copy of this machine that nobody writes to: what is installed there is gone with it.
on_a_copy_of_this_machine() { # on_a_copy_of_this_machine FUNCTION
  mkdir -p "$work/copy"
  work=$work root=$work/copy/root deb=$release/$package unshare --mount --pid --fork --kill-child --mount-proc \
    bash -euo pipefail -c 'copy_this_machine; "$1"' copy "$1"
}

copy_this_machine() {
  mount -t tmpfs none "$work/copy"
  mkdir "$work/copy/changes" "$work/copy/own" "$root"
  mount -t overlay overlay -o "lowerdir=/,upperdir=$work/copy/changes,workdir=$work/copy/own" "$root"
  mount --bind /proc "$root/proc"
  mount --bind /dev "$root/dev"
  mount -t tmpfs none "$root/run"
  cp "$deb" "$root/tmp/kindred.deb"
}

there() { # there COMMAND...
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"
}

owner_and_mode() { # owner_and_mode PATH
  there stat -c '%U:%G %a' "$1"
}

debian_package_installs_and_goes() {
  there dpkg --install /tmp/kindred.deb >/dev/null
  [ -z "$(there dpkg --verify kindred)" ]
  [ "$(there kindred --version | cut -d ' ' -f 2)" = "$(there index-builder --version | cut -d ' ' -f 2)" ]
  [ "$(owner_and_mode /var/lib/kindred/index)" = 'kindred-builder:kindred 2750' ]
  [ "$(owner_and_mode /var/lib/kindred/metrics)" = 'kindred-builder:kindred 755' ]
  there man --where kindred index-builder-build kindred-probe >/dev/null
  there test -s /usr/share/bash-completion/completions/kindred
  builds_as_the_unit_does
  # What an operator wrote stays when it is upgraded.
  there sh -c 'echo KINDRED_MAX_N=7 >/etc/kindred/kindred.env'
  there dpkg --install /tmp/kindred.deb >/dev/null
  [ "$(there cat /etc/kindred/kindred.env)" = KINDRED_MAX_N=7 ]
  there dpkg --remove kindred >/dev/null
  not there test -e /usr/bin/kindred
  there test -e /etc/kindred/kindred.env
  there dpkg --purge kindred >/dev/null 2>&1
  not there test -e /etc/kindred/kindred.env
  # The index is not the package's.
  there test -e /var/lib/kindred/index/index-00000001.knd
}

# The command of the unit, as its user.
builds_as_the_unit_does() {
  local command
  seq 0 19 | awk '{ printf "{\"_id\": %d, \"word\": \"w%d\"}\n", $1, $1 }' >"$root/var/lib/kindred/profiles/profiles.jsonl"
  command=$(sed -n 's/^ExecStart=//p' "$root/usr/lib/systemd/system/index-builder.service")
  sed 's/^OPTIONS=\(.*\)/OPTIONS="\1"/' "$root/etc/kindred/index-builder.env" >"$root/tmp/settings"
  there setpriv --reuid=kindred-builder --regid=kindred --init-groups \
    sh -c "set -a; . /tmp/settings; exec $command" 2>"$work/build.log" >&2 || { cat "$work/build.log" >&2; return 1; }
  # node_exporter is a user of its own, who may read the metrics and nothing else.
  there setpriv --reuid=nobody --regid=nogroup --clear-groups cat /var/lib/kindred/metrics/kindred.prom \
    | grep -qx 'kindred_build_success 1'
  not there setpriv --reuid=nobody --regid=nogroup --clear-groups cat /var/lib/kindred/profiles/profiles.jsonl 2>/dev/null
  not there setpriv --reuid=nobody --regid=nogroup --clear-groups ls /var/lib/kindred 2>/dev/null
  not there setpriv --reuid=nobody --regid=nogroup --clear-groups ls /var/lib/kindred/index 2>/dev/null
}

export -f copy_this_machine there owner_and_mode debian_package_installs_and_goes builds_as_the_unit_does
install_packages binutils dpkg lintian man-db systemd
check "packs a release" packs
check "names a release for its version, with checksums that match" is_named_for_its_version
check "packs the same bytes again" packs_the_same_bytes
check "has everything in its archive" is_complete_when_unpacked
check "installs from its archive" installs_from_the_archive
check "has a Debian package that lintian likes" lintian --allow-root --fail-on error,warning "$release/$package"
check "has a Debian package that installs and goes" on_a_copy_of_this_machine debian_package_installs_and_goes

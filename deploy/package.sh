#!/usr/bin/env bash
# Makes what is released out of both programs: an archive that runs and installs anywhere, a package for Debian and
# Ubuntu, and their checksums. `make dist` calls it. The same programs and sources give the same bytes.
#   PROGRAMS           where the programs are (dist)
#   OUT                where the files go (dist)
#   SOURCE_DATE_EPOCH  the time that the files in them have (of the commit)
#   MAINTAINER         who stands behind the Debian package
# The programs are run, for their manual pages and completions, so it has to be on a machine of their kind.
set -euo pipefail
umask 022
cd "$(dirname "$0")/.."

programs=$(realpath "${PROGRAMS:-dist}")
out=${OUT:-dist}
maintainer=${MAINTAINER:-Kindred maintainers <maintainers@kindred.invalid>}
# Sources without their history have the time when they were unpacked.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y Cargo.toml)}
read -r version target < <("$programs/kindred" --version | sed -E 's/^kindred ([^ ]+) \(.*, ([^ ]+)\)$/\1 \2/')
name=kindred-$version-$target

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

put() { # put MODE SOURCE PATH
  install -D -m "$1" "$2" "$3"
}

# The files below a directory that belong to the sources.
sources() { # sources DIRECTORY...
  git ls-files -- "$@" 2>/dev/null | grep . || find "$@" -type f
}

put_sources() { # put_sources DIRECTORY: docs and deploy, as they are here
  local path mode
  while read -r path; do
    if [ -x "$path" ]; then mode=755; else mode=644; fi
    put "$mode" "$path" "$1/$path"
  done < <(sources docs deploy README.md CHANGELOG.md CONTRIBUTING.md LICENSE-MIT LICENSE-APACHE)
  # These make releases from sources, which are not in there.
  rm -r "$1/deploy/package.sh" "$1/deploy/third_party.py" "$1/deploy/debian" "$1/deploy/docker/Dockerfile" "$1/deploy/docker/Dockerfile.dockerignore"
  mv "$1/deploy/release.mk" "$1/Makefile"
}

put_programs() { # put_programs DIRECTORY
  local program page
  for program in kindred index-builder; do
    put 755 "$programs/$program" "$1/$program"
    mkdir -p "$1/man" "$1/completions/bash" "$1/completions/zsh" "$1/completions/fish"
    "$programs/$program" man "$1/man" >/dev/null
    "$programs/$program" completions bash >"$1/completions/bash/$program"
    "$programs/$program" completions zsh >"$1/completions/zsh/_$program"
    "$programs/$program" completions fish >"$1/completions/fish/$program.fish"
  done
  for page in "$1"/man/*; do chmod 644 "$page"; done
}

make_archive() {
  local tree=$work/$name
  put_sources "$tree"
  put_programs "$tree"
  put 644 "$work/THIRD-PARTY.txt" "$tree/THIRD-PARTY.txt"
  (cd "$tree" && find . -type f -printf '%P\n' | LC_ALL=C sort | xargs sha256sum >"$work/sums" && mv "$work/sums" SHA256SUMS)
  tar --create --format=gnu --sort=name --owner=0 --group=0 --numeric-owner --mode=u+w,go-w \
    --mtime="@$SOURCE_DATE_EPOCH" --directory "$work" "$name" | gzip --best --no-name >"$out/$name.tar.gz"
}

architecture() {
  case $target in
    x86_64-*) echo amd64 ;;
    aarch64-*) echo arm64 ;;
    *) dpkg --print-architecture ;;
  esac
}

# What `make install` installs, where Debian has it.
put_debian_files() { # put_debian_files ROOT
  local page
  PROGRAMS=$programs PREFIX=/usr SYSCONFDIR=/etc DESTDIR=$1 deploy/install.sh install >/dev/null
  # dpkg knows itself what it installed.
  rm "$1/usr/share/kindred/installed" "$1"/usr/share/doc/kindred/LICENSE-*
  mkdir -p "$1/usr/share/zsh/vendor-completions"
  mv "$1"/usr/share/zsh/site-functions/* "$1/usr/share/zsh/vendor-completions"
  rmdir "$1/usr/share/zsh/site-functions"
  for page in "$1"/usr/share/man/man1/*; do gzip --best --no-name "$page"; done
  put 644 deploy/debian/copyright "$1/usr/share/doc/kindred/copyright"
  gzip --best --no-name <"$work/THIRD-PARTY.txt" >"$1/usr/share/doc/kindred/THIRD-PARTY.txt.gz"
  gzip --best --no-name <CHANGELOG.md >"$1/usr/share/doc/kindred/changelog.gz"
  printf 'kindred (%s-1) unstable; urgency=medium\n\n  * The changes are in changelog.gz.\n\n -- %s  %s\n' \
    "$version" "$maintainer" "$(LC_ALL=C date --utc --rfc-email --date="@$SOURCE_DATE_EPOCH")" \
    | gzip --best --no-name >"$1/usr/share/doc/kindred/changelog.Debian.gz"
  chmod 644 "$1"/usr/share/doc/kindred/*.gz
  put 644 deploy/debian/lintian-overrides "$1/usr/share/lintian/overrides/kindred"
}

put_debian_control() { # put_debian_control ROOT
  local script libc=
  # Programs of `make dist` load no library.
  if head -c 4096 "$programs/kindred" | grep -aq /ld-linux; then libc=', libc6'; fi
  mkdir "$1/DEBIAN"
  (cd "$1" && find etc -type f | LC_ALL=C sort | sed 's|^|/|') >"$1/DEBIAN/conffiles"
  (cd "$1" && find usr -type f | LC_ALL=C sort | xargs md5sum) >"$1/DEBIAN/md5sums"
  # In what sed puts in, these three mean something.
  local who=${maintainer//\\/\\\\}
  who=${who//&/\\&}
  who=${who//|/\\|}
  sed -e "s|@VERSION@|$version|; s|@ARCHITECTURE@|$(architecture)|; s|@MAINTAINER@|$who|; s|@LIBC@|$libc|" \
    -e "s|@SIZE@|$(find "$1" -type f -printf '%s\n' | awk '{ kilobytes += int(($1 + 1023) / 1024) } END { print kilobytes }')|" \
    deploy/debian/control >"$1/DEBIAN/control"
  for script in postinst prerm postrm; do put 755 "deploy/debian/$script" "$1/DEBIAN/$script"; done
}

make_debian_package() {
  local root=$work/debian
  put_debian_files "$root"
  put_debian_control "$root"
  # It takes SOURCE_DATE_EPOCH for what is newer.
  find "$root" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
  dpkg-deb --root-owner-group -Zxz --build "$root" "$out/kindred_$version-1_$(architecture).deb" >/dev/null
}

if [ "$("$programs/index-builder" --version | cut -d ' ' -f 2)" != "$version" ]; then
  echo "$programs has kindred $version and another version of index-builder" >&2
  exit 1
fi
mkdir -p "$out"
rm -f "$out"/kindred-*.tar.gz "$out"/kindred_*.deb "$out/SHA256SUMS"
python3 deploy/third_party.py "$target" >"$work/THIRD-PARTY.txt"
make_archive
if command -v dpkg-deb >/dev/null; then make_debian_package; else echo "no Debian package: dpkg-deb is missing"; fi
(cd "$out" && find . -maxdepth 1 -name 'kindred[-_]*' -printf '%f\n' | LC_ALL=C sort | xargs sha256sum >SHA256SUMS)
(cd "$out" && ls -l SHA256SUMS kindred[-_]*)

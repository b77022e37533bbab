# That the explorer's page, as it is committed, is what its sources are built into. Sourced by tests/system.sh.

page_is_built() {
  rm -rf "$work/page"
  mkdir -p "$work/page"
  cp -r src/server/pages/explorer/page "$work/page/page"
  rm -rf "$work/page/page/node_modules"
  (cd "$work/page/page" && npm ci --silent --no-fund --no-audit && npm run --silent check && npm run --silent build) \
    && diff -r "$work/page/assets" src/server/pages/explorer/assets
}

names_no_host() {
  ! grep -nE '"resolved"|https?://' src/server/pages/explorer/page/package-lock.json
}

# Node.js may have come from elsewhere and bring its own npm, which Debian's does not go with.
if ! command -v npm >/dev/null; then install_packages nodejs npm; fi
check "builds the page that is committed" page_is_built
check "names no host in the page's lock file" names_no_host

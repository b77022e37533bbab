# The explorer in a real Chromium, driven by Selenium. Sourced by tests/system.sh.

browser_environment=${CARGO_TARGET_DIR:-target}/browser-environment

make_browser_environment() {
  if [ -e "$browser_environment/made" ] && cmp -s "$browser_environment/made" tests/browser/requirements.txt; then return; fi
  rm -rf "$browser_environment"
  python3 -m venv "$browser_environment" \
    && "$browser_environment/bin/pip" install --quiet --disable-pip-version-check --no-deps \
      --requirement tests/browser/requirements.txt \
    && cp tests/browser/requirements.txt "$browser_environment/made"
}

# Prints a line for each of its checks, and a result of its own.
explore() {
  "$browser_environment/bin/python" -B tests/browser/run.py "$programs" "${CARGO_TARGET_DIR:-target}/screenshots"
}

install_packages chromium chromium-driver fonts-inter python3-venv
check "installs Selenium" make_browser_environment
check "explores in Chromium" explore

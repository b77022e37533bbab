# shellcheck shell=bash
# What the documents show: sourced by tests/system.sh, which has the function `check` and the programs.

install_packages curl nodejs
docs_environment=${CARGO_TARGET_DIR:-target}/docs
if ! cmp -s tests/docs/requirements.txt "$docs_environment/made"; then
  python3 -m venv "$docs_environment"
  "$docs_environment/bin/pip" install --quiet --disable-pip-version-check --requirement tests/docs/requirements.txt
  cp tests/docs/requirements.txt "$docs_environment/made"
fi

for document in README.md CONTRIBUTING.md docs/*.md; do
  check "does what $document shows" "$docs_environment/bin/python" tests/docs/run.py "$programs" "$document"
done
check "shows in docs/notebook.ipynb what comes out of it" \
  "$docs_environment/bin/python" -B tests/docs/notebook.py "$programs" docs/notebook.ipynb

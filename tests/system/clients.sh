# shellcheck shell=bash
# Clients that others' generators make of /openapi.json: each asks every route of a real server, and its answers are
# curl's. Sourced by tests/system.sh, which has the function `check` and the programs.

install_packages curl python3-venv golang-go nodejs
if ! command -v npm >/dev/null; then install_packages npm; fi
clients=${CARGO_TARGET_DIR:-target}/clients
mkdir -p "$clients"
clients=$(cd "$clients" && pwd)

if ! cmp -s tests/clients/requirements.txt "$clients/made"; then
  python3 -m venv "$clients/environment"
  "$clients/environment/bin/pip" install --quiet --disable-pip-version-check --requirement tests/clients/requirements.txt
  cp tests/clients/requirements.txt "$clients/made"
fi

client_address_logged() {
  KINDRED_ADDRESS=$(sed -n 's/.*listening on \(http:\/\/[0-9.]*:[0-9]*\).*/\1/p' "$work/client_server.log" | head -n 1)
  [ -n "$KINDRED_ADDRESS" ] && curl --silent --fail --output "$work/body" "$KINDRED_ADDRESS/health/ready"
}

# generate FOR OUT MORE...: with openapi-generator, whose Java comes from PyPI as well.
generate() {
  local language=$1 out=$2
  shift 2
  rm -rf "$out"
  "$clients/environment/bin/openapi-generator-cli" generate --generator-name "$language" --input-spec "$work/openapi.json" \
    --output "$out" --global-property apiTests=false,modelTests=false,apiDocs=false,modelDocs=false "$@" \
    >"$work/generator.log" 2>&1 || { cat "$work/generator.log"; return 1; }
}

asks_with() { # asks_with PROGRAM...
  PYTHONPATH="tests/clients:$clients/python:$clients/python_client" \
    "$clients/environment/bin/python" -B tests/clients/check.py "$@"
}

generator_python() {
  generate python "$clients/python" \
    && asks_with "$clients/environment/bin/python" -B tests/clients/generator_python.py
}

python_client() {
  rm -rf "$clients/python_client"
  # What it cannot make of the document it leaves out with a warning.
  PATH="$clients/environment/bin:$PATH" openapi-python-client generate --path "$work/openapi.json" --meta none \
    --output-path "$clients/python_client/kindred_client" --fail-on-warning >"$work/generator.log" 2>&1 \
    || { cat "$work/generator.log"; return 1; }
  asks_with "$clients/environment/bin/python" -B tests/clients/python_client.py
}

typescript() {
  cp tests/clients/typescript/* "$clients/typescript/" && cp "$work/openapi.json" "$clients/typescript/" \
    && generate typescript-fetch "$clients/typescript/client" \
    && (cd "$clients/typescript" && npm ci --silent --no-fund --no-audit && npm run --silent generate >"$work/generator.log" \
      && npm run --silent build)
}

go_client() {
  cp tests/clients/go/* "$clients/go/" && generate go "$clients/go/client" --additional-properties withGoMod=false,packageName=kindred \
    && rm -rf "$clients/go/client/test" \
    && (cd "$clients/go" && GOFLAGS=-mod=mod GOPROXY=off GOTOOLCHAIN=local GOCACHE="$clients/go-build" go build -o "$clients/ask" .) \
    && asks_with "$clients/ask"
}

mkdir -p "$clients/typescript" "$clients/go" "$clients/python_client"
export KINDRED_ADDRESS KINDRED_KEY=clients-tests-only KINDRED_ID=$id KINDRED_OTHER KINDRED_VECTOR
printf '%s' "$KINDRED_KEY" | "$programs/kindred" hash-key --name clients --scopes read,observe,admin >"$work/client_keys"
python3 -B -c 'import json, sys; sys.path.insert(0, "data")
import generate_profiles as sample
for profile in sample.generate(500, sample.SEED): print(json.dumps(profile))' >"$work/clients.jsonl"
"$programs/index-builder" build --profiles "$work/clients.jsonl" --dimension 32 --out "$work/client_index" >"$work/build.log" 2>&1
KINDRED_VECTOR=$(python3 -c 'print([0.25] * 32)')
KINDRED_OTHER=$("$programs/index-builder" query "$work/client_index/index-00000001.knd" -- "$id" 1 \
  | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["_id"])')
"$programs/kindred" --index-dir "$work/client_index" --bind 127.0.0.1:0 --api-keys "$work/client_keys" 2>"$work/client_server.log" &
client_server=$!
await client_address_logged || { cat "$work/client_server.log" >&2; exit 1; }
curl --silent --show-error --fail --output "$work/openapi.json" "$KINDRED_ADDRESS/openapi.json"

check "a client of openapi-generator for Python asks every route" generator_python
check "a client of openapi-python-client asks every route" python_client
check "clients in TypeScript are generated and compiled" typescript
check "a client of openapi-generator for fetch asks every route" asks_with node "$clients/typescript/built/fetch.js"
check "a client of openapi-fetch asks every route" asks_with node "$clients/typescript/built/typed.js"
check "a client of openapi-generator for Go asks every route" go_client

. tests/system/loads.sh

kill -TERM "$client_server"
wait "$client_server" || true
client_server=

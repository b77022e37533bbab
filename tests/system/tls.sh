# TLS and keys as an operator meets them: certificates by openssl, questions by the system's curl. Sourced by
# tests/system.sh.

make_certificate() { # make_certificate DIRECTORY
  mkdir -p "$1"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=kindred.test \
    -addext subjectAltName=DNS:kindred.test -keyout "$1/key.pem" -out "$1/cert.pem" 2>"$work/openssl.log" \
    || { cat "$work/openssl.log" >&2; return 1; }
}

use_certificate() { # use_certificate DIRECTORY
  cp "$1/key.pem" "$work/tls/key.pem"
  cp "$1/cert.pem" "$work/tls/cert.pem"
}

tls_address_logged() {
  tls_port=$(sed -n 's/.*listening on https:\/\/127\.0\.0\.1:\([0-9]*\).*/\1/p' "$work/tls.log" | head -n 1)
  [ -n "$tls_port" ]
}

# tls_status CODE CERTIFICATES PATH CURL-OPTIONS...: what a client that trusts only those certificates gets.
tls_status() {
  local expected=$1 trusted=$2 path=$3
  shift 3
  [ "$(curl -sS -o "$work/body" -D "$work/headers" -w '%{http_code}' --cacert "$trusted/cert.pem" \
    --resolve "kindred.test:$tls_port:127.0.0.1" "$@" "https://kindred.test:$tls_port$path" 2>>"$work/curl.log")" \
    = "$expected" ]
}

speaks() { # speaks VERSION CURL-OPTION
  tls_status 200 "$work/first" /health/live "$2" && grep -q "^HTTP/$1 200" "$work/headers"
}

start_tls_server() { # start_tls_server OPTIONS...
  : >"$work/tls.log"
  "$programs/kindred" --index-dir "$work/index" --bind 127.0.0.1:0 --poll-interval 200ms --api-keys "$work/keys" \
    --tls-cert "$work/tls/cert.pem" --tls-key "$work/tls/key.pem" "$@" 2>"$work/tls.log" &
  tls_server=$!
  await tls_address_logged || cat "$work/tls.log" >&2
}

# A body of 20 MB is still on its way when each of these is answered.
refusals_arrive() { # refusals_arrive CURL-OPTION
  local path status
  head -c 20000000 /dev/zero >"$work/long-body"
  while read -r path status; do
    tls_status "$status" "$work/first" "$path" "$1" --request POST --header "X-API-Key: $(cat "$work/key")" \
      --header "Content-Type: text/plain" --data-binary "@$work/long-body" || { echo "$path $status" >&2; return 1; }
  done <<<"/recommend 415
/nothing 404
/random 405
/index/pin/1 403"
  tls_status 401 "$work/first" /recommend "$1" --request POST --data-binary "@$work/long-body" \
    && tls_status 413 "$work/first" /recommend "$1" --request POST --header "X-API-Key: $(cat "$work/key")" \
      --header "Content-Type: application/json" --data-binary "@$work/long-body" --data-binary "@$work/long-body"
}

another_certificate_is_taken() {
  use_certificate "$work/second"
  await tls_status 200 "$work/second" /health/live && ! tls_status 200 "$work/first" /health/live
}

sighup_takes_the_first_again() {
  use_certificate "$work/first"
  kill -HUP "$tls_server"
  await tls_status 200 "$work/first" /health/live
}

a_key_is_made() {
  "$programs/kindred" hash-key --generate --name curl --scopes read >"$work/keys" 2>"$work/key" \
    && [ "$(wc -l <"$work/keys")" = 1 ] && [ "$(wc -c <"$work/key")" -ge 40 ] && ! grep -qF "$(cat "$work/key")" "$work/keys"
}

check "makes certificates" make_certificate "$work/first"
make_certificate "$work/second"
mkdir -p "$work/tls"
use_certificate "$work/first"
check "makes a key and its line" a_key_is_made
start_tls_server
check "answers over HTTP/1.1" speaks 1.1 --http1.1
check "offers no HTTP/2 unless it is told to" speaks 1.1 --http2
check "refuses bodies on their way by an answer, over HTTP/1.1" refusals_arrive --http1.1
check "lets nobody in without a key" tls_status 401 "$work/first" "/recommend/$id/5"
check "lets the key in" await tls_status 200 "$work/first" "/recommend/$id/5" -H "Authorization: Bearer $(cat "$work/key")"
check "keeps the key from what is not in its scopes" tls_status 403 "$work/first" /metrics -H "X-API-Key: $(cat "$work/key")"
check "is asked by TLS by the probe, which knows its settings" \
  env KINDRED_BIND="0.0.0.0:$tls_port" KINDRED_TLS_CERT="$work/tls/cert.pem" "$programs/kindred" probe
check "takes another certificate" another_certificate_is_taken
check "takes the first again at SIGHUP" sighup_takes_the_first_again
check "says nothing of the key" sh -c '! grep -qF "$(cat "$1")" "$2"' sh "$work/key" "$work/tls.log"
kill -TERM "$tls_server"
check "ends with 0" wait "$tls_server"
use_certificate "$work/first"
start_tls_server --http2
check "answers over HTTP/2 where that is asked for" speaks 2 --http2
check "refuses bodies on their way by an answer, over HTTP/2" refusals_arrive --http2
kill -TERM "$tls_server"
check "ends with 0 after that as well" wait "$tls_server"

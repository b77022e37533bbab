# Encrypted connections to the PostgreSQL of postgres.sh, and addresses as hosts hand them out. Sourced by it.

tls=$work/postgres-tls

# authority NAME: a certificate authority. server_certificate NAME AUTHORITY SUBJECT_ALT_NAME: a certificate from it.
authority() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$1" -keyout "$tls/$1.key" -out "$tls/$1.pem" 2>/dev/null
}

server_certificate() {
  openssl req -newkey rsa:2048 -nodes -subj "/CN=$1" -keyout "$tls/$1.key" -out "$tls/$1.csr" 2>/dev/null \
    && openssl x509 -req -in "$tls/$1.csr" -CA "$tls/$2.pem" -CAkey "$tls/$2.key" -CAcreateserial -days 2 \
      -extfile <(echo "subjectAltName=$3") -out "$tls/$1.pem" 2>/dev/null
}

# serve_certificate NAME: what the server shows from now on.
serve_certificate() {
  cp "$tls/$1.pem" "$postgres/data/server.crt" && cp "$tls/$1.key" "$postgres/data/server.key" \
    && chmod 600 "$postgres/data/server.key" \
    && if [ "$(id -u)" = 0 ]; then chown postgres "$postgres/data/server.crt" "$postgres/data/server.key"; fi \
    && as_postgres "$postgres_bin/pg_ctl" -w -D "$postgres/data" reload >/dev/null && await shows "$1"
}

shows() { # shows NAME: whether the server shows this certificate
  local shown
  shown=$(openssl s_client -starttls postgres -connect "127.0.0.1:$postgres_port" </dev/null 2>/dev/null \
    | openssl x509 -noout -fingerprint 2>/dev/null) || return 1
  [ "$shown" = "$(openssl x509 -noout -fingerprint -in "$tls/$1.pem")" ]
}

make_certificates() {
  mkdir "$tls" && authority good-ca && authority other-ca \
    && server_certificate local good-ca DNS:localhost,IP:127.0.0.1 && server_certificate wrong good-ca DNS:elsewhere.example \
    && openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
      -keyout "$tls/self.key" -out "$tls/self.pem" 2>/dev/null \
    && server_certificate client good-ca DNS:client \
    && as_postgres cp "$postgres/data/postgresql.conf" "$postgres/plain.conf" \
    && sql "alter system set ssl = on" && serve_certificate local
}

# What the server says of the very connection that asks.
tls_query="select 1 as _id, array[1,0]::real[] as v, ssl as encrypted, version as tls_version
  from pg_stat_ssl where pid = pg_backend_pid()"

tls_address() { # tls_address HOST PARAMETERS
  echo "postgres://kindred:pass%40word%2F42@$1:$postgres_port/postgres?$2"
}

# is_encrypted YES HOST PARAMETERS: builds, and the connection was encrypted or was not.
is_encrypted() {
  rm -rf "$work/tls"
  builds_from_postgres "$(tls_address "$2" "$3")" "$tls_query union all select 2, array[0,1], null, null" tls \
    --vectorizer field:v --min-recall 0 || return 1
  "$programs/index-builder" query "$work/tls/index-00000001.knd" -- 2 1 >"$work/tls.answer" \
    && grep -q "\"encrypted\":$1" "$work/tls.answer" || { cat "$work/tls.answer" >&2; return 1; }
}

tls_refused() { # tls_refused TEXT HOST PARAMETERS
  rm -rf "$work/refused"
  refused 1 "$1" "$(tls_address "$2" "$3")" "$tls_query"
}

wrong_usage() { # wrong_usage TEXT PARAMETERS: before anything is done
  local code=0
  rm -rf "$work/refused"
  from_postgres "$(tls_address 127.0.0.1 "$2")" "select 1 as _id" refused || code=$?
  [ "$code" = 2 ] && grep -qF -- "$1" "$work/refused.log" && ! grep -qF s3cret "$work/refused.log" \
    || { cat "$work/refused.log" >&2; return 1; }
}

wrong_host() { serve_certificate wrong && tls_refused "not valid for name" localhost "sslmode=verify-full&sslrootcert=$tls/good-ca.pem"; }
wrong_host_of_the_right_authority() { is_encrypted true localhost "sslmode=verify-ca&sslrootcert=$tls/good-ca.pem"; }
own_authority() {
  serve_certificate self && is_encrypted true localhost "sslmode=verify-full&sslrootcert=$tls/self.pem" \
    && tls_refused "not valid for name" 127.0.0.1 "sslmode=verify-full&sslrootcert=$tls/self.pem" && serve_certificate local
}
# As OpenSSL 3.0 makes them where nothing else is said: of version 1, without names.
of_old() {
  openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout "$tls/old.key" -out "$tls/old.csr" 2>/dev/null \
    && openssl x509 -req -in "$tls/old.csr" -CA "$tls/good-ca.pem" -CAkey "$tls/good-ca.key" -CAcreateserial -days 2 \
      -out "$tls/old.pem" 2>/dev/null && serve_certificate old \
    && is_encrypted true localhost "" && is_encrypted true localhost "sslmode=require" \
    && tls_refused "certificate" localhost "sslmode=verify-full&sslrootcert=$tls/good-ca.pem" && serve_certificate local
}
by_environment() {
  PGSSLMODE=verify-full PGSSLROOTCERT=$tls/good-ca.pem is_encrypted true localhost application_name=x \
    && ! PGSSLMODE=verify-full PGSSLROOTCERT=$tls/other-ca.pem is_encrypted true localhost application_name=x 2>/dev/null
}
by_certificate() {
  cp "$tls/good-ca.pem" "$postgres/data/root.crt" && chmod 644 "$postgres/data/root.crt" \
    && { echo "hostssl all certified 127.0.0.1/32 cert map=any"; cat "$postgres/data/pg_hba.conf"; } >"$tls/hba" \
    && cp "$tls/hba" "$postgres/data/pg_hba.conf" && echo "any client certified" >>"$postgres/data/pg_ident.conf" \
    && sql "create role certified login" && sql "alter system set ssl_ca_file = 'root.crt'" \
    && as_postgres "$postgres_bin/pg_ctl" -w -D "$postgres/data" reload >/dev/null || return 1
  local address="postgres://certified@127.0.0.1:$postgres_port/postgres?sslmode=require"
  await builds_from_postgres "$address&sslcert=$tls/client.pem&sslkey=$tls/client.key" "$tls_query" certified \
    --vectorizer field:v --min-recall 0 2>/dev/null \
    && rm -rf "$work/refused" && refused 1 "certificate" "$address" "$tls_query"
}

# with_pgpass MODE: a build without a password but that of a file of that mode.
with_pgpass() {
  printf '# ours\nother:*:*:*:x\n127.0.0.1:%s:postgres:kindred:%s\n' "$postgres_port" "$postgres_password" >"$work/pgpass"
  chmod "$1" "$work/pgpass"
  rm -rf "$work/pgpassed"
  PGPASSFILE=$work/pgpass from_postgres "postgres://kindred@127.0.0.1:$postgres_port/postgres" "$tls_query" pgpassed \
    --vectorizer field:v --min-recall 0
}
pgpass_that_others_may_read() { ! with_pgpass 644 && grep -q "0644" "$work/pgpassed.log" && ! grep -qF "$postgres_password" "$work/pgpassed.log"; }

handed_out() { # handed_out PARAMETERS NOTED: an address with what poolers and other libraries put there
  sql "create schema if not exists tenant" && sql "create table if not exists tenant.those (_id int, v real[])" \
    && sql "truncate tenant.those" && sql "insert into tenant.those values (1, '{1,0}'), (2, '{0,1}')" || return 1
  rm -rf "$work/handed"
  builds_from_postgres "$(tls_address 127.0.0.1 "$1")" "select * from those" handed --vectorizer field:v --min-recall 0 \
    && grep -qF "\"$2\" is passed over" "$work/handed.log" || { cat "$work/handed.log" >&2; return 1; }
}

check "connects to a PostgreSQL without TLS where encryption is preferred" is_encrypted false localhost ""
check "refuses a PostgreSQL without TLS where it is required" tls_refused "TLS" localhost "sslmode=require"
check "makes certificates and has PostgreSQL show one" make_certificates
check "encrypts where the server offers it" is_encrypted true localhost ""
check "does not where that was asked for" is_encrypted false localhost "sslmode=disable"
check "encrypts without trusting anybody" is_encrypted true 127.0.0.1 "sslmode=require&channel_binding=require"
check "verifies the authority and the host" is_encrypted true localhost "sslmode=verify-full&sslrootcert=$tls/good-ca.pem"
check "verifies an address as a host" is_encrypted true 127.0.0.1 "sslmode=verify-full&sslrootcert=$tls/good-ca.pem&ssl_min_protocol_version=TLSv1.3"
check "refuses another authority" tls_refused "UnknownIssuer" localhost "sslmode=verify-full&sslrootcert=$tls/other-ca.pem"
check "refuses another authority where none needs to be known but one is" tls_refused "UnknownIssuer" localhost "sslmode=require&sslrootcert=$tls/other-ca.pem"
check "does not trust this machine's authorities for it" tls_refused "UnknownIssuer" localhost "sslrootcert=system"
check "refuses a certificate for another host" wrong_host
check "accepts it where only the authority counts" wrong_host_of_the_right_authority
check "trusts a certificate that is its own authority" own_authority
check "encrypts with a server of an old certificate" of_old
check "takes what the address does not say from libpq's variables" by_environment
check "shows a certificate of its own" by_certificate
check "names a file of certificates that is missing" tls_refused "sslrootcert: /nowhere" localhost "sslmode=verify-ca&sslrootcert=/nowhere"
check "takes the password from a file of passwords" with_pgpass 600
check "but not where others may read it" pgpass_that_others_may_read
check "passes over what does not matter, in a schema of its own" handed_out "pgbouncer=true&schema=tenant&connection_limit=1&pool_timeout=0" pool_timeout
check "refuses what matters and is not supported, by name" wrong_usage '"sslcrl"' "sslcrl=s3cret"
check "refuses a value that it does not understand, by name" wrong_usage '"sslmode"' "sslmode=s3cret"

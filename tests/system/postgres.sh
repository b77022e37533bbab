# Profiles from a real PostgreSQL, which runs here as an ordinary user, in a directory and on a port of its own. Sourced
# by tests/system.sh.

install_packages postgresql

postgres_bin=$(dirname "$(find /usr/lib/postgresql -path '*/bin/initdb' | sort -V | tail -n 1)")
postgres=$work/postgres
postgres_password="pass@word/42"

# PostgreSQL refuses to run as root; its package brings a user for it.
as_postgres() {
  if [ "$(id -u)" = 0 ]; then (cd "$postgres" && runuser -u postgres -- "$@"); else "$@"; fi
}

start_postgres() {
  mkdir "$postgres"
  if [ "$(id -u)" = 0 ]; then
    # So that the other user can go through, and see nothing else.
    chmod 711 "$work"
    chown postgres "$postgres"
  fi
  printf '%s' "$postgres_password" >"$work/postgres-password"
  chmod 644 "$work/postgres-password"
  postgres_port=$(python3 -c 'import socket
place = socket.socket(); place.bind(("127.0.0.1", 0)); print(place.getsockname()[1])')
  as_postgres "$postgres_bin/initdb" -D "$postgres/data" -U kindred -E UTF8 --locale=C.UTF-8 --auth-local=trust \
    --auth-host=scram-sha-256 --pwfile="$work/postgres-password" >"$work/postgres.log" 2>&1 \
    && as_postgres "$postgres_bin/pg_ctl" -w -D "$postgres/data" -l "$postgres/log" -o "-k '$postgres' -p $postgres_port \
      -c listen_addresses=127.0.0.1 -c fsync=off -c timezone=UTC" start >>"$work/postgres.log" 2>&1 \
    || { cat "$work/postgres.log" "$postgres/log" >&2; return 1; }
}

sql() { # sql STATEMENTS: their rows without a frame
  "$postgres_bin/psql" -h "$postgres" -p "$postgres_port" -U kindred -d postgres -v ON_ERROR_STOP=1 -qAtX -c "$1"
}

socket_address() {
  echo "postgres://kindred@/postgres?host=$postgres&port=$postgres_port"
}

# from_postgres ADDRESS QUERY NAME OPTIONS...: a build into the directory NAME.
from_postgres() {
  local address=$1 query=$2 name=$3
  shift 3
  "$programs/index-builder" build --profiles "$address" --query "$query" --out "$work/$name" "$@" \
    >"$work/$name.log" 2>&1
}

builds_from_postgres() {
  from_postgres "$@" || { cat "$work/$3.log" >&2; return 1; }
}

# refused CODE TEXT ADDRESS QUERY: nothing is published, the message has the text and not the password.
refused() {
  local expected=$1 text=$2 code=0
  from_postgres "$3" "$4" refused || code=$?
  [ "$code" = "$expected" ] && grep -qF -- "$text" "$work/refused.log" \
    && ! grep -qF -e "$postgres_password" -e "pass%40word" "$work/refused.log" \
    && ! ls "$work/refused"/*.knd 2>/dev/null && [ "$(ls -A "$work/refused")" = builder.lock ] \
    || { cat "$work/refused.log" >&2; ls -A "$work/refused" >&2; return 1; }
}

# Something of every type that is read. Debian 12 has no pgvector, so there is a type of its name that sends its text.
make_people() {
  sql "
    create extension citext;
    create type mood as enum ('sad', 'ok');
    create domain word as text;
    create type vector;
    create function vector_in(cstring) returns vector language internal immutable strict as 'textin';
    create function vector_out(vector) returns cstring language internal immutable strict as 'textout';
    create function vector_send(vector) returns bytea language internal immutable strict as 'textsend';
    create type vector (input = vector_in, output = vector_out, send = vector_send, like = text);
    create table people (
      _id bigint, yes bool, small int2, whole int4, half float4, number float8, amount numeric, name text, code char(4),
      letter \"char\", label varchar(20), nick citext, mood mood, word word, key uuid, born date, woke time,
      seen timestamp, posted timestamptz, profile jsonb, raw json, picture bytea, counts int[], shares float8[],
      grid int[], tags text[], embedding real[], pgvector vector);
    insert into people values
      (1, true, -2, 3, 0.1, 1.5e-7, 12.50, E'Ann \"\\\\ ü', 'ab', 'x', 'label', 'Nick', 'ok', 'w',
       '6a2f1c00-0000-4000-8000-0123456789ab', '2000-02-29', '12:30:05.000001', '2015-07-01 12:30:05',
       '2015-07-01 12:30:05.123456+02', '{\"b\": [1, {\"c\": null}], \"a\": \"ü\"}', '[1, 2.5]', '\\x00ff78', '{1,2}',
       '{0.5,null}', '{{1,2},{3,4}}', '{a,null,\"b,c\"}', '{0.5,0.25}', '[0.5,0.25]'),
      (2, false, 0, -3, -0.5, 'NaN', -0.005, '', '', 'y', '', '', 'sad', '', null, '0001-01-01', '00:00:00',
       '1969-12-31 23:59:59.999999', '9999-12-31 23:59:59+00', 'null', 'null', '', '{}', '{}', '{}', '{}',
       '{0.25,-0.5}', '[0.25,-0.5]'),
      (3, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
       null, null, null, null, null, null, null, '{0.125,0.75}', '[0.125,0.75]')" >/dev/null
}

# The same as PostgreSQL itself writes it in JSON, but for what profiles have as text or as null.
people_in_json() {
  sql "select row_to_json(people) from (
      select _id, yes, small, whole, half, nullif(number, 'NaN') as number, amount::text as amount, name, code, letter,
        label, nick, mood, word, key, born, woke, seen, posted, profile, raw, encode(picture, 'base64') as picture,
        counts, shares, grid, tags, embedding, pgvector::text::json as pgvector
      from people order by _id) as people" >"$work/people.jsonl"
}

same_people() { # same_people VECTOR: the documents and distances that both sources give
  rm -rf "$work/people" "$work/people-json"
  builds_from_postgres "$(socket_address)" "select * from people" people --vectorizer "field:$1" --min-recall 0
  "$programs/index-builder" build --profiles "$work/people.jsonl" --out "$work/people-json" --vectorizer "field:$1" \
    --min-recall 0 >"$work/people.log" 2>&1 || { cat "$work/people.log" >&2; return 1; }
  local id
  for id in 1 2 3; do
    "$programs/index-builder" query --distances "$work/people/index-00000001.knd" -- "$id" 5 >"$work/people.answer"
    "$programs/index-builder" query --distances "$work/people-json/index-00000001.knd" -- "$id" 5 >"$work/json.answer"
    cmp "$work/people.answer" "$work/json.answer" || { diff "$work/people.answer" "$work/json.answer" >&2; return 1; }
  done
}

with_the_password() {
  local address="postgres://kindred@127.0.0.1:$postgres_port/postgres"
  PGPASSWORD=$postgres_password builds_from_postgres "$address" "select * from people" password \
    --vectorizer field:embedding --min-recall 0 \
    && builds_from_postgres "${address/kindred@/kindred:pass%40word%2F42@}" "select * from people" password \
      --vectorizer field:embedding --min-recall 0 \
    && "$programs/index-builder" inspect --json "$work/password" >"$work/inspected" \
    && grep -qF "\"name\":\"postgres://127.0.0.1:$postgres_port/postgres\"" "$work/inspected" \
    && ! grep -qaF -e "$postgres_password" -e pass%40word "$work/password.log" "$work/password"/*.knd
}

# peak_of FILE COMMAND...: the most memory that a command had at a time, in KiB.
peak_of() {
  python3 -c '
import resource, subprocess, sys
code = subprocess.call(sys.argv[2:])
with open(sys.argv[1], "w") as out:
    out.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(code)' "$@"
}

# A million rows of a thousand different vectors: the graph is small, what is read is not. What is fetched at a time is
# some MiB; 64 MiB more than the same profiles take from a file of JSON lines leave room for what the allocator keeps.
a_million_rows() {
  sql "create table many as select i as _id, 'Name ' || i as name,
      array[sin(i % 1000), cos(i % 1000), sin(i % 1000 * 0.7), 0.5, i % 10, 0.25, -1, 1]::real[] as v
    from generate_series(1, 1000000) as i" || return 1
  sql "copy (select row_to_json(many) from many) to stdout" >"$work/many.jsonl"
  local options=(--vectorizer field:v --neighbours 0 --no-map --json)
  peak_of "$work/peak-json" "$programs/index-builder" build --profiles "$work/many.jsonl" --out "$work/many-json" \
    "${options[@]}" >"$work/many-json.log" 2>"$work/many.errors" || { cat "$work/many.errors" >&2; return 1; }
  peak_of "$work/peak" "$programs/index-builder" build --profiles "$(socket_address)" --query "select * from many" \
    --out "$work/many" "${options[@]}" >"$work/many.log" 2>"$work/many.errors" \
    || { cat "$work/many.errors" >&2; return 1; }
  echo "peak memory of a million rows: $(cat "$work/peak") KiB, as JSON lines $(cat "$work/peak-json") KiB"
  grep -q '"profiles":1000000' "$work/many.log" && [ "$(cat "$work/peak")" -le $(($(cat "$work/peak-json") + 65536)) ]
}

is_asleep() {
  [ "$(sql "select count(*) from pg_stat_activity where application_name = 'index-builder' and wait_event = 'PgSleep'")" = 1 ]
}

# The first rows have been read, and the server is gone before the others come.
server_gone() {
  local code=0
  from_postgres "$(socket_address)" "select i as _id, array[1, i]::real[] as v from generate_series(1, 2000) as i
    where i <= 1000 or pg_sleep(3600) is not null" gone &
  local build=$!
  await is_asleep || { kill "$build"; return 1; }
  as_postgres "$postgres_bin/pg_ctl" -D "$postgres/data" -m immediate stop >/dev/null
  wait "$build" || code=$?
  [ "$code" = 1 ] && grep -q "postgres://.*: " "$work/gone.log" && [ "$(ls -A "$work/gone")" = builder.lock ] \
    || { cat "$work/gone.log" >&2; ls -A "$work/gone" >&2; return 1; }
}

check "starts a PostgreSQL" start_postgres
check "makes a table of every type" make_people
check "writes the same as JSON lines" people_in_json
check "reads real[] as the same vectors and every type as the same documents" same_people embedding
check "reads pgvector's text as the same vectors" same_people pgvector
check "takes the password from the address and from PGPASSWORD, and tells it nobody" with_the_password
wrong_password() {
  PGPASSWORD=wrong refused 1 'password authentication failed' \
    "postgres://kindred@127.0.0.1:$postgres_port/postgres" "select * from people"
}
check "refuses a wrong password" wrong_password
check "says what is wrong with the query" refused 1 'column "nobody" does not exist' "$(socket_address)" "select nobody from people"
check "names a column of a type that it does not read" refused 1 'the column "late" is of the type "interval"' \
  "$(socket_address)" "select _id, '1 day'::interval as late from people"
check "changes nothing in the database" refused 1 'read-only transaction' "$(socket_address)" \
  "insert into people (_id) values (4) returning _id"
. tests/system/postgres_tls.sh
check "builds from a million rows in the memory of a file" a_million_rows
check "publishes nothing when the server goes" server_gone

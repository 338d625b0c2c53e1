#!/bin/sh
# What the tests' stand-in for the official images `postgres` and `redis` starts: as much of their entry points as docker-compose.yml asks for.
set -eu

make_database() {
  password=${POSTGRES_PASSWORD:-$(cat "$POSTGRES_PASSWORD_FILE")}
  user=${POSTGRES_USER:-postgres}
  printf '%s' "$password" >/tmp/password
  initdb --pgdata="$PGDATA" --username="$user" --pwfile=/tmp/password --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8
  rm /tmp/password
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  # As the official one: until the database is there nobody is listened to but this script.
  pg_ctl --pgdata="$PGDATA" --wait --options="-c listen_addresses=''" start
  [ "${POSTGRES_DB:-$user}" = postgres ] || createdb --username="$user" "${POSTGRES_DB:-$user}"
  pg_ctl --pgdata="$PGDATA" --wait --mode=fast stop
}

if [ "$1" = postgres ]; then
  [ -s "$PGDATA/PG_VERSION" ] || make_database
  shift
  exec postgres -D "$PGDATA" -c listen_addresses='*' "$@"
fi
exec "$@"

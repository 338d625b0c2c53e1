#!/bin/sh
# Gives each service the secrets that are for it, as files that it reads when it starts (DDPM_SECRETS): the passwords of PostgreSQL and Redis, which
# are made once and kept, and the files of whoever runs this, which go before them.
# docker-compose.yml runs it at every `up`, before the services, with those files in /own and a volume for each service in /services.
set -eu
umask 022
services='gallery orchestrator denoiser trainer'

refuse() {
  echo "Secret file $1: $2." >&2
  exit 1
}

# Which services a setting is for; fails where it is none of theirs.
readers() {
  case $1 in
    *[!A-Za-z0-9_]*) return 1 ;;
    Gallery__?*) echo gallery ;;
    Orchestrator__?* | Storage__S3__?*) echo orchestrator ;;
    Storage__?*) echo orchestrator trainer ;;
    Denoiser__?*) echo denoiser ;;
    Trainer__?*) echo trainer ;;
    Security__?* | Kestrel__?* | OTEL_?*) echo "$services" ;;
    *) return 1 ;;
  esac
}

# put FOLDER NAME: a file of what comes in. Whoever reads it finds all of it, or what it was before.
put() {
  cat >"$1/.new"
  mv "$1/.new" "$1/$2"
}

make_password() {
  [ -s "/run/secrets/$1" ] || head -c 24 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n' | put /run/secrets "$1"
}

# set_aside SETTING: what comes in is its value.
set_aside() {
  cat >/tmp/value
  for service in $(readers "$1"); do cp /tmp/value "/tmp/$service/$1"; done
}

make_password postgres-password
make_password redis-password
database=$(cat /run/secrets/postgres-password)
redis=$(cat /run/secrets/redis-password)
printf 'requirepass %s\nappendonly yes\n' "$redis" | put /run/secrets redis.conf

for service in $services; do
  # Of this container's last start.
  rm -rf "/tmp/$service"
  mkdir "/tmp/$service"
done
printf 'Host=postgres;Database=ddpm;Username=ddpm;Password=%s;GSS Encryption Mode=Disable' "$database" | set_aside Storage__Database
printf 'redis:6379,password=%s' "$redis" | set_aside Orchestrator__Redis
for file in /own/*; do
  [ "$file" != '/own/*' ] || continue
  name=${file##*/}
  readers "$name" >/dev/null || refuse "$name" 'no service takes a secret setting of this name; one is named Section__Key, like Security__ApiKeys__0'
  [ -f "$file" ] || refuse "$name" 'must be a file, and no link that leads out of its folder'
  set_aside "$name" <"$file"
done

for service in $services; do
  for file in "/tmp/$service"/*; do [ ! -e "$file" ] || put "/services/$service" "${file##*/}" <"$file"; done
  for file in "/services/$service"/*; do [ -e "/tmp/$service/${file##*/}" ] || rm -f "$file"; done
done

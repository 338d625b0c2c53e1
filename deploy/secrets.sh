#!/bin/sh
# Makes the passwords of PostgreSQL and Redis at the first start, and the settings that hold them as files that services read (DDPM_SECRETS).
# docker-compose.yml runs it with the volume that the stores and those services have mounted there too.
set -eu
cd /run/secrets
[ ! -e Orchestrator__Redis ] || exit 0

password() { head -c 24 /dev/urandom | base64 | tr '+/' '-_'; }
database=$(password)
redis=$(password)

# Whatever user their image has, for whoever has the volume.
umask 0333
rm -f ./*
printf '%s' "$database" >postgres-password
printf '%s' "$redis" >redis-password
printf 'requirepass %s\nappendonly yes\n' "$redis" >redis.conf
printf 'Host=postgres;Database=ddpm;Username=ddpm;Password=%s;GSS Encryption Mode=Disable' "$database" >Storage__Database
# The last one: where it is there, they all are.
printf 'redis:6379,password=%s' "$redis" >Orchestrator__Redis

#!/usr/bin/env bash
# Runs a command where containers can be run, with the images of the services built from this checkout:
#   eng/containers.sh tests/Containers/bin/Release/net10.0/Ddpm.Containers.Tests
# Takes the engine that answers; where none does, starts one for the time of the command, in namespaces of its own and with base images that are
# made without a registry. Packages must have been restored, and nothing is fetched but Debian's packages for the base image, once.
# The command gets DDPM_IMAGES and DDPM_TAG, POSTGRES_IMAGE and REDIS_IMAGE, as docker-compose.yml takes them; where no containers can be run it is
# run all the same, with the reason in DDPM_NO_CONTAINERS. What it makes at the engine has the label ddpm.test-run=$DDPM_TEST_RUN, or is of the Compose
# project of that name, and is removed when the command has ended or a signal has ended it.
set -euo pipefail
shopt -s inherit_errexit

root=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." && pwd)
work=$root/.tools/containers
# Names of the images that are made here begin so.
TEST_IMAGES=ddpm-test
export DDPM_TEST_RUN=ddpm-test-$(date +%s)-$$
run_label=ddpm.test-run=$DDPM_TEST_RUN
arguments=("$@")

say() { printf '%s\n' "$*" >&2; }

# Runs the command without containers.
refuse() {
  say "No containers: $1."
  trap - EXIT
  finish
  trap - INT TERM HUP
  DDPM_NO_CONTAINERS=$1 exec "${arguments[@]}"
}

finish() {
  # The one that came was enough.
  trap '' INT TERM HUP
  [ -z "${command_pid:-}" ] || end_command
  [ -z "${docker:-}" ] || remove_leftovers
  [ -z "${unshare_pid:-}" ] || stop_private_engine
}

# Ends what the command has left running, and itself if a signal came, so that nobody makes anything more at the engine.
end_command() {
  kill -TERM -- "-$command_pid" 2>/dev/null || return 0
  timeout --signal=KILL 10 tail --pid="$command_pid" --follow /dev/null || true
  kill -KILL -- "-$command_pid" 2>/dev/null || true
}

trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# shellcheck source=eng/containers/engine.sh
. "$root/eng/containers/engine.sh"
# shellcheck source=eng/containers/bases.sh
. "$root/eng/containers/bases.sh"

# --- engine -----------------------------------------------------------------------------------------------------------------------------------

[ "$(uname -m)" = x86_64 ] || refuse "libtorch is there for x86-64 alone"
find_client
# Of an older engine than the client.
export DOCKER_API_VERSION=${DOCKER_API_VERSION:-1.41}
if engine_answers; then
  mkdir -p "$work"
  enter=()
else
  require_private_engine
  mkdir -p "$work"
  # One at a time: they share what was built.
  exec 9>"$work/lock"
  flock 9
  start_private_engine
  enter=(nsenter "--net=/proc/$engine_pid/ns/net")
fi

# --- images -----------------------------------------------------------------------------------------------------------------------------------

# An engine that reaches a registry takes the images that users have.
registry_images() {
  [ -z "${engine_pid:-}" ] || return 1
  SDK_IMAGE=${SDK_IMAGE:-mcr.microsoft.com/dotnet/sdk:10.0}
  RUNTIME_IMAGE=${RUNTIME_IMAGE:-mcr.microsoft.com/dotnet/aspnet:10.0}
  POSTGRES_IMAGE=${POSTGRES_IMAGE:-postgres:17.6}
  REDIS_IMAGE=${REDIS_IMAGE:-redis:7.4}
  local image
  for image in "$SDK_IMAGE" "$RUNTIME_IMAGE" "$POSTGRES_IMAGE" "$REDIS_IMAGE"; do
    has_image "$image" || timeout 600 "$docker" pull --quiet "$image" >/dev/null 2>&1 || return 1
  done
}

own_images() {
  command -v mmdebstrap >/dev/null && [ "$(id -u)" -eq 0 ] || refuse "the engine reaches no registry, and only root with mmdebstrap makes base images"
  POSTGRES_IMAGE=$(debian_image) || refuse "the engine reaches no registry, nor this machine Debian's packages for a base image"
  REDIS_IMAGE=$POSTGRES_IMAGE
  RUNTIME_IMAGE=$(runtime_image)
  SDK_IMAGE=$(sdk_image "$POSTGRES_IMAGE")
}

# Without the plug-in that newer clients want for it, the classic builder makes the same.
can_buildkit() { [ "$("$docker" version --format '{{.Client.Version}}' | cut -d . -f 1)" -lt 23 ] || "$docker" buildx version >/dev/null 2>&1; }

build_image() {
  "$docker" build --quiet --file "$root/deploy/Dockerfile" --build-arg "SDK_IMAGE=$SDK_IMAGE" --build-arg "RUNTIME_IMAGE=$RUNTIME_IMAGE" \
    --build-arg "PROJECT=$2" --tag "$TEST_IMAGES-$1:local" "$root" >/dev/null
}

registry_images || own_images
if can_buildkit; then export DOCKER_BUILDKIT=1; else export DOCKER_BUILDKIT=0; fi
say "Building the images of the services …"
build_image denoiser services/Denoiser/Ddpm.Denoiser
build_image orchestrator services/Orchestrator/Ddpm.Orchestrator
build_image trainer services/Trainer/Ddpm.Trainer
build_image gallery web/Blazor/Ddpm.Web

if [ -n "${engine_pid:-}" ]; then
  # What an earlier state of the sources left; what the next build can use is kept.
  for image in $("$docker" images --format '{{.Repository}}:{{.Tag}}' "$TEST_IMAGES-*"); do
    case $image in
      *:local | "$POSTGRES_IMAGE" | "$RUNTIME_IMAGE" | "$SDK_IMAGE") ;;
      *) "$docker" rmi "$image" >/dev/null ;;
    esac
  done
  "$docker" image prune --force >/dev/null
  "$docker" builder prune --all --force --keep-storage 4GB >/dev/null
fi

# --- command ----------------------------------------------------------------------------------------------------------------------------------

export DDPM_IMAGES=$TEST_IMAGES DDPM_TAG=local POSTGRES_IMAGE REDIS_IMAGE
export TESTCONTAINERS_RYUK_DISABLED=true TESTCONTAINERS_HOST_OVERRIDE=127.0.0.1 TESTCONTAINERS_WAIT_STRATEGY_INTERVAL=00:00:00.100
status=0
# In a session of its own, so that it can be ended with all that it started; and only while a background process is waited for a signal is heard.
setsid "${enter[@]}" "${arguments[@]}" 9>&- &
command_pid=$!
wait "$command_pid" || status=$?
exit "$status"

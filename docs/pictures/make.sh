#!/usr/bin/env bash
# Takes the pictures of the documentation anew: real screenshots of the gallery with the shipped model. Needs Chromium; takes minutes.
set -euo pipefail

root=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/../.." && pwd)
cd "$root"
dotnet build services/Standalone -c Release -v quiet --nologo
dotnet build tests/EndToEnd -c Release -v quiet --nologo
tests/EndToEnd/bin/Release/net10.0/Ddpm.EndToEnd.Tests --explicit only --filter-class Ddpm.EndToEnd.Tests.Pictures

#!/usr/bin/env bash
# Makes the wheel from a component. Usage: package-python.sh COMPONENT FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."
component=$1 out=$2
cache=${DARKROOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/darkroom}
scripts/packages.sh python host/python/tests
rm -rf "$out"
mkdir -p "$out/package"
cp -r host/python/darkroom host/python/pyproject.toml host/python/README.md LICENSE-* "$out/package"
scripts/tool.sh worker-tool core "$component" "$out/package/darkroom/core.wasm"
scripts/tool.sh third-party >"$out/package/THIRD-PARTY.txt"
"$cache/python-venv/bin/pip" wheel -q --disable-pip-version-check --no-deps --no-build-isolation --no-index \
  --wheel-dir "$out" "$out/package"

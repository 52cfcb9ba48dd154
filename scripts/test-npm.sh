#!/usr/bin/env bash
# The npm package, made from the components that all tests use, in Node, Deno, Bun, workerd and Chromium. DARKROOM_NPM
# names another package's folder: DARKROOM_NPM=target/npm tests the output of `make package-npm`.
set -euo pipefail
cd "$(dirname "$0")/.."
export DARKROOM_CACHE=${DARKROOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/darkroom}
scripts/packages.sh npm host/npm/tests
command -v chromium >/dev/null || scripts/apt-install.sh chromium
if [ -z "${DARKROOM_NPM:-}" ]; then
  DARKROOM_NPM=target/npm-test
  scripts/package-npm.sh target/darkroom/processor.wasm target/darkroom/processor.wasm "$DARKROOM_NPM"
fi
DARKROOM_NPM=$(realpath "$DARKROOM_NPM")
export DARKROOM_NPM
node --test --test-timeout=300000 host/npm/tests/*.test.mjs

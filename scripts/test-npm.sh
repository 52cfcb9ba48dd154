#!/usr/bin/env bash
# The npm package, of the components that all tests have, in Node, Deno, Bun, workerd and Chromium. DARKROOM_NPM names the
# folder of another one: DARKROOM_NPM=target/npm tries what `make package-npm` built.
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

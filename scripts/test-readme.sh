#!/usr/bin/env bash
# Runs README's blocks with the output of the other tests: the program, the npm package, the wheel, and the Worker's
# folder.
set -euo pipefail
cd "$(dirname "$0")/.."
export DARKROOM_CACHE=${DARKROOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/darkroom}
DARKROOM_WHEELS=$DARKROOM_CACHE/python-wheels-$(sha256sum host/python/tests/requirements.txt | cut -c1-16)
export DARKROOM_WHEELS
node --test --test-timeout=300000 tests/readme/*.test.mjs

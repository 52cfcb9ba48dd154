#!/usr/bin/env bash
# README's blocks, with what the other tests built: the program, the npm package, the wheel, and the Worker's folder.
set -euo pipefail
cd "$(dirname "$0")/.."
export DARKROOM_CACHE=${DARKROOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/darkroom}
DARKROOM_WHEELS=$DARKROOM_CACHE/python-wheels-$(sha256sum host/python/tests/requirements.txt | cut -c1-16)
export DARKROOM_WHEELS
node --test --test-timeout=300000 tests/readme/*.test.mjs

#!/usr/bin/env bash
# The Worker's tests: the bundle that wrangler would upload, in workerd, with a real browser and with photos of 13 and
# 20 megapixels.
set -euo pipefail
cd "$(dirname "$0")/.."
export DARKROOM_CACHE=${DARKROOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/darkroom}
command -v chromium >/dev/null || scripts/apt-install.sh chromium
scripts/photos.sh "$DARKROOM_CACHE/photos"
FEATURES=conformance scripts/bundle-worker.sh target/worker-conformance
scripts/packages.sh tests tests # makes what phones make
scripts/bundle-worker.sh
DARKROOM_SHELL=worker node --test --test-timeout=300000 edge/worker/tests/*.test.mjs tests/delivery/*.test.mjs

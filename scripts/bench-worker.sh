#!/usr/bin/env bash
# The Worker under load in workerd, compared with Workers on other libraries. SECONDS_EACH=30 by default.
set -euo pipefail
cd "$(dirname "$0")/.."
export DARKROOM_CACHE=${DARKROOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/darkroom}
scripts/photos.sh "$DARKROOM_CACHE/photos"
scripts/packages.sh worker-bench edge/worker/bench
scripts/bundle-worker.sh >/dev/null
node edge/worker/bench/bench.mjs target/bench "${SECONDS_EACH:-30}"

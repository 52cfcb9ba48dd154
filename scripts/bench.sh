#!/usr/bin/env bash
# Fetches the photos and the peers, and measures. ROUNDS=5 by default.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${DARKROOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/darkroom}
scripts/photos.sh "$cache/photos"
scripts/packages.sh bench tests/bench
"$cache/bench-venv/bin/python" tests/bench/bench.py "$cache/photos" target/bench target/release "${ROUNDS:-5}"

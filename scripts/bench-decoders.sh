#!/usr/bin/env bash
# Each format's decoder beside the native one that Pillow has: CPU time and memory for 12 megapixels. ROUNDS=5 by default.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${DARKROOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/darkroom}
scripts/packages.sh tests tests
"$cache/tests-venv/bin/python" tests/bench/decoders.py target/bench/decoders target/release "${ROUNDS:-5}"

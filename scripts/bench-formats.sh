#!/usr/bin/env bash
# Compares WebP, AVIF and JPEG XL with each other, and with cjxl and sharp: docs/bench/formats.json. ROUNDS=5 by
# default.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${DARKROOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/darkroom}
command -v cjxl >/dev/null || scripts/apt-install.sh libjxl-tools
scripts/photos.sh "$cache/pictures" formats
scripts/packages.sh bench tests/bench
"$cache/bench-venv/bin/python" tests/bench/formats.py "$cache/pictures" target/bench/formats target/release docs/bench/formats.json \
  "${ROUNDS:-5}"

#!/usr/bin/env bash
# Fetches the photos and the peers, measures, and writes docs/bench/images.json and docs/bench.svg. ROUNDS=5 by default.
#
# The peers come from PyPI and npm into the cache folder, and are not shipped: Pillow (MIT-CMU), sharp, jSquash and
# photon (Apache-2.0), wasm-vips (MIT). sharp and wasm-vips contain libvips, which is under the LGPL.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${DARKROOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/darkroom}
scripts/photos.sh "$cache/photos"
scripts/packages.sh bench tests/bench
"$cache/bench-venv/bin/python" tests/bench/bench.py "$cache/photos" target/bench target/release docs/bench/images.json \
  docs/bench.svg "${ROUNDS:-5}"

#!/usr/bin/env bash
# The npm package compared with sharp and jSquash: median CPU times of ROUNDS paired rounds (5 by default), in Node.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${DARKROOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/darkroom}
scripts/photos.sh "$cache/photos"
scripts/packages.sh bench tests/bench
node tests/bench/npm.mjs "$(realpath "${DARKROOM_NPM:-target/npm}")" "$cache/photos/kleiber-20mp-baseline.jpg" "${ROUNDS:-5}"

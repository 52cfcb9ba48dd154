#!/usr/bin/env bash
# The stages of the image core, native, by criterion. Arguments select stages: `scripts/bench-stages.sh decode`.
set -euo pipefail
cd "$(dirname "$0")/.."
export DARKROOM_CACHE=${DARKROOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/darkroom}
scripts/photos.sh "$DARKROOM_CACHE/photos"
cargo bench -p darkroom-processor --bench stages -- "$@"

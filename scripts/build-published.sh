#!/usr/bin/env bash
# Builds the image core of published packages into target/published: all formats but HEIC in full.wasm; JPEG, PNG and WebP in
# lite.wasm.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${DARKROOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/darkroom}
# shellcheck source=/dev/null
. "$cache/wasm.env"
mkdir -p target/published
build() { # COMPONENT FEATURE
  scripts/wasm-cargo.sh build --profile wasm -p darkroom-guests --no-default-features --features "$2"
  scripts/tool.sh componentize wit target/wasm32-unknown-unknown/wasm/libdarkroom_guests.a "$linker" \
    image-processor="$1"
}
build target/published/full.wasm published
build target/published/lite.wasm lite

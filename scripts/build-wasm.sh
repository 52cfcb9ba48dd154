#!/usr/bin/env bash
# Builds the components, in target/darkroom. All guests are one static library, so that the codecs are optimized once;
# each world is a separate link.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${DARKROOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/darkroom}
# shellcheck source=/dev/null
. "$cache/wasm.env"
mkdir -p target/darkroom
# Nothing else may join this call: unified features would give the components imports.
scripts/wasm-cargo.sh build --profile wasm -p darkroom-guests
scripts/tool.sh componentize wit target/wasm32-unknown-unknown/wasm/libdarkroom_guests.a "$linker" \
  image-processor=target/darkroom/processor.wasm command=target/darkroom/darkroom.wasm edge=target/darkroom/edge.wasm

#!/usr/bin/env bash
# The JPEG decoder in wasmtime, compared with zune-jpeg compiled the same way. ROUNDS=7 by default.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${DARKROOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/darkroom}
scripts/photos.sh "$cache/photos"
scripts/packages.sh bench tests/bench
scripts/wasm-cargo.sh build --profile wasm -p darkroom-jpeg --example bench
module=target/wasm32-unknown-unknown/wasm/examples/bench.wasm
"$cache/bench-venv/bin/python" tests/bench/jpeg.py "$module" "$cache/photos" "${ROUNDS:-7}"

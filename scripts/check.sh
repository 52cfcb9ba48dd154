#!/usr/bin/env bash
# The loop of seconds, after a change of the image core: formatter, clippy, its unit tests, and the pixel tests on its
# native build. Nothing is compiled for WebAssembly, and no component is read.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/packages.sh tests tests
cargo fmt --all --check
core=(-p darkroom-recipe -p darkroom-heif -p darkroom-jpeg -p darkroom-libwebp -p darkroom-processor)
cargo clippy --release "${core[@]}" --all-targets -- -D warnings
cargo test --release "${core[@]}" --lib
DARKROOM_ENGINE=native cargo test --release --test images -- --skip binary:: --skip engines::

#!/usr/bin/env bash
# The fast loop after a change to the image core: formatter, clippy, its unit tests, and the pixel tests on its native
# build. Compiles nothing for WebAssembly, and reads no component.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/packages.sh tests tests
cargo fmt --all --check
core=(-p darkroom-recipe -p darkroom-heif -p darkroom-jpeg -p darkroom-libwebp -p darkroom-processor)
cargo clippy --release "${core[@]}" --all-targets -- -D warnings
cargo test --release "${core[@]}" --lib
DARKROOM_ENGINE=native cargo test --release --test images -- --skip binary:: --skip engines::

#!/usr/bin/env bash
# Formatter, clippy and rustdoc. Warnings are errors.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo fmt --all --check
cargo clippy --release --all-targets -- -D warnings
# The guests' glue compiles for wasm only, with the compiler that knows that target's standard library.
scripts/wasm-cargo.sh clippy --profile wasm -p darkroom-processor-component -- -D warnings
scripts/wasm-cargo.sh clippy --profile wasm -p darkroom-command -- -D warnings
RUSTDOCFLAGS="-D warnings" cargo doc --release --no-deps

#!/usr/bin/env bash
# Formatter, clippy, rustdoc, and the linters of the infrastructure. Warnings are errors.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo fmt --all --check
cargo clippy --release --all-targets -- -D warnings
cargo clippy --release -p darkroom-lambda -- -D warnings # with the stores on AWS
cargo clippy --release -p darkroom-processor --no-default-features --features lite -- -D warnings # the other set of codecs
# The guests' glue and the Worker compile for wasm only.
export CLIPPY_CONF_DIR=$PWD
scripts/wasm-cargo.sh clippy --profile wasm -p darkroom-guests -p darkroom-processor-component -p darkroom-command \
  -p darkroom-edge-component
scripts/wasm-cargo.sh clippy --profile wasm -p darkroom-worker
RUSTDOCFLAGS="-D warnings" cargo doc --release --no-deps
scripts/lint-infra.sh

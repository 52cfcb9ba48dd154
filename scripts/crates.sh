#!/usr/bin/env bash
# Packs the crates that are published, and compiles each from its package. With `publish` it
# publishes them, those that others need first. `darkroom-cli` takes the component and the licences in target/darkroom along.
# Usage: crates.sh [publish] [options of cargo publish, such as --no-verify]
set -euo pipefail
cd "$(dirname "$0")/.."
how=--dry-run
[ "${1:-}" != publish ] || { how='' && shift; }
trap 'rm -rf host/cli/embedded' EXIT
mkdir -p host/cli/embedded
cp target/darkroom/processor.wasm target/darkroom/THIRD-PARTY.txt host/cli/embedded
crates=(recipe delivery host serve cli)
# What is embedded is not in Git.
cargo publish $how --locked --allow-dirty "${crates[@]/#/--package=darkroom-}" "$@"

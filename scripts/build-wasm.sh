#!/usr/bin/env bash
# Builds the core modules and makes components of them, in target/darkroom.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p target/darkroom
# One call for all guests lets them link side by side. What they share has the same features in each; nothing else may
# join them: unified features would give the components imports.
scripts/wasm-cargo.sh build --profile wasm -p darkroom-processor-component -p darkroom-command -p darkroom-edge-component

modules=target/wasm32-unknown-unknown/wasm
componentize() { cargo run -q --release -p darkroom-componentize -- "$modules/$1.wasm" "target/darkroom/$2.wasm"; }
componentize darkroom_processor_component processor
componentize darkroom_command darkroom
componentize darkroom_edge_component edge

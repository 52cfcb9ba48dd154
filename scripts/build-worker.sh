#!/usr/bin/env bash
# Builds the Worker into edge/worker/build: the Rust shell with its glue, and the component's core module.
# COMPONENT names a component other than the build's own, FEATURES additional features of the shell.
set -euo pipefail
cd "$(dirname "$0")/.."
build=edge/worker/build
tool() { scripts/tool.sh worker-tool "$@"; }
mkdir -p "$build"
scripts/wasm-cargo.sh build --profile wasm -p darkroom-worker --features "${FEATURES:-}"
tool glue target/wasm32-unknown-unknown/wasm/darkroom_worker.wasm "$build"
component=${COMPONENT:-target/darkroom/processor.wasm}
tool core "$component" "$build/processor.core.wasm"
printf "export const sha256 = '%s';\n" "$(sha256sum "$component" | cut -d' ' -f1)" >"$build/digest.js"
pages=1184 # 74 MiB, so that an isolate with its 128 MB survives every photo: edge/worker/tests/isolate.test.mjs
least=$(tool memory "$build/processor.core.wasm" $pages)
printf 'export const pages = { initial: %d, maximum: %d };\n' "$least" $pages >"$build/memory.js"
scripts/tool.sh third-party >"$build/THIRD-PARTY.txt"

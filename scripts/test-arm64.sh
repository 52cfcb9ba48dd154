#!/usr/bin/env bash
# The arm64 program, emulated: an upload through the queue, and the golden bytes.
set -euo pipefail
cd "$(dirname "$0")/.."
emulated=target/lambda-arm64/emulated
mkdir -p "$emulated"
printf '#!/bin/sh\nexec qemu-aarch64 -L /usr/aarch64-linux-gnu %q/target/lambda-arm64/bootstrap\n' "$PWD" >"$emulated/bootstrap"
chmod +x "$emulated/bootstrap"
DARKROOM_LAMBDA=$PWD/$emulated cargo test --release --test cloud -- --exact pipeline::chain::from_put_to_message_through_the_queue
cargo test --release --test cloud -- --ignored arm64

#!/usr/bin/env bash
# cargo for wasm32-unknown-unknown, with the compilers that setup-wasm.sh found.
# Usage: wasm-cargo.sh build -p darkroom-processor-component
#
# libwebp's SSE2 and SSE4.1 files are plain intrinsics: processor/libwebp/include has headers that map each to simd128,
# so the macros that select those files are defined although the target is not x86.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cache=${DARKROOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/darkroom}
# shellcheck source=/dev/null
. "$cache/wasm.env"
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS # they would silently replace the flags of .cargo/config.toml
export RUSTC=$rustc
export CC_wasm32_unknown_unknown=$clang AR_wasm32_unknown_unknown=$ar
include=$root/processor/libwebp/include
# Cargo does not watch the headers: with their hash among the flags, it recompiles libwebp when they change.
headers=$(cat "$include"/*.h | sha256sum | cut -c1-16)
export CFLAGS_wasm32_unknown_unknown="-isystem $include -DDARKROOM_HEADERS=0x$headers -msimd128 -D__SSE2__ -D__SSE4_1__"
# processor/libjxl implements the parts of these headers that it uses.
export CXX_wasm32_unknown_unknown=$cxx
export CXXFLAGS_wasm32_unknown_unknown="-nostdinc++ $cxx_headers -D__wasi__=1 -msimd128 -mno-relaxed-simd"
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$linker
export CARGO_BUILD_BUILD_DIR=$cache/build-wasm-$sysroot_id # another std is another folder: cargo does not notice a new one
verb=$1
shift
if [ "$verb" = clippy ] && [ -z "$clippy" ]; then
  exec "$cargo" clippy --target wasm32-unknown-unknown "$@" -- -D warnings
elif [ "$verb" = clippy ]; then
  # The equivalent of `cargo clippy -- -D warnings`, with the driver that belongs to this standard library.
  verb=check
  export RUSTC_WORKSPACE_WRAPPER=$clippy CLIPPY_ARGS=-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__
fi
exec "$cargo" "$verb" --target wasm32-unknown-unknown "$@"

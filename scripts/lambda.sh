#!/usr/bin/env bash
# Builds the contents of Lambda's zip, and the zip, in target/lambda for this machine's processor or in
# target/lambda-arm64 for arm64: the program, the image core compiled for that processor, and the licences of the
# contents.
# Usage: lambda.sh [arm64]
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$(uname -s)" = Linux ] || { echo "lambda: $(uname -s): needed is Linux, for instance a Debian 12 container with this folder" >&2; exit 1; }
# A panic ends the process, and Lambda starts another one. Unwinding would take 1.4 MB more in the zip.
export CARGO_PROFILE_RELEASE_PANIC=abort
folder=target/lambda triple=$(uname -m)-unknown-linux-gnu built=target/release strip=strip
[ "${1:-}" != arm64 ] || folder=target/lambda-arm64
if [ "${1:-}" = arm64 ] && [ "$(uname -m)" != aarch64 ]; then
  triple=aarch64-unknown-linux-gnu built=target/$triple/release strip=aarch64-linux-gnu-strip
  settings=$(scripts/setup-arm64.sh)
  eval "$settings"
  # Debian's compiler, if it is used, would otherwise invalidate the other compiler's output.
  CARGO_BUILD_BUILD_DIR=${DARKROOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/darkroom}/build-arm64 \
    CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc RUSTC=$arm64_rustc \
    "$arm64_cargo" build --release -p darkroom-lambda --bins --examples --target "$triple"
else
  # A separate cargo call: together with the command line, wasmtime would get its compiler.
  cargo build --release -p darkroom-lambda
fi
mkdir -p "$folder"
"$strip" -o "$folder/bootstrap.new" "$built/bootstrap"
mv "$folder/bootstrap.new" "$folder/bootstrap" # a running one keeps its file
core=$folder/processor.cwasm
[ "$core" -nt target/release/darkroom ] ||
  target/release/darkroom precompile --target "$triple" --out "$core"
target/release/darkroom licenses >"$folder/THIRD-PARTY.txt"
python3 scripts/zip.py "$folder/lambda.zip" "$folder/bootstrap" "$core" "$folder/THIRD-PARTY.txt"

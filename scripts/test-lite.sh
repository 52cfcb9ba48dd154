#!/usr/bin/env bash
# The image core with the smallest set of formats (the feature `lite`): its own tests, and the pixel tests on its native
# build, which leave out what that set says that it has not.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/packages.sh tests tests
cargo test --release -p darkroom-processor --no-default-features --features lite --lib --tests
DARKROOM_ENGINE=native cargo test --release -p darkroom-tests --no-default-features --features lite --test images -- \
  --skip binary:: --skip engines::

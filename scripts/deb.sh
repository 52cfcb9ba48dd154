#!/usr/bin/env bash
# The Debian package of the command and the server, with manual pages, completions and a systemd unit: target/deb/*.deb.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${DARKROOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/darkroom}
version=3.8.0
PATH=$cache/tools/bin:$PATH
[ "$(cargo-deb --version 2>/dev/null)" = "$version" ] ||
  cargo install --quiet --locked --no-default-features --root "$cache/tools" cargo-deb --version "$version"
rm -rf target/deb
scripts/extras.sh target/release/darkroom target/deb
cargo-deb --no-build --package darkroom-cli --output target/deb/

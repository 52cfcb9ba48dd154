#!/usr/bin/env bash
# The Debian package of the command and the server, with manual pages, completions and a systemd unit: target/deb/*.deb.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${DARKROOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/darkroom}
version=3.8.0
PATH=$cache/tools/bin:$PATH
[ "$(cargo-deb --version 2>/dev/null)" = "$version" ] ||
  cargo install --quiet --locked --no-default-features --root "$cache/tools" cargo-deb --version "$version"
program=target/release/darkroom
rm -rf target/deb
mkdir -p target/deb
"$program" man target/deb/man
"$program" completions bash >target/deb/darkroom.bash
"$program" completions zsh >target/deb/_darkroom
"$program" completions fish >target/deb/darkroom.fish
{ cat LICENSE-MIT; printf '\n\n'; cat LICENSE-APACHE; printf '\n\n'; "$program" licenses; } >target/deb/copyright
cargo-deb --no-build --package darkroom-cli --output target/deb/

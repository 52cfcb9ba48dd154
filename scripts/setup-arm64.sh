#!/usr/bin/env bash
# Makes sure that this machine can build for arm64 Linux and run the result, and prints the compiler's path.
# Uses rustup's target if it has one; otherwise, on Debian, the standard library comes from Debian's packages.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${DARKROOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/darkroom}
triple=aarch64-unknown-linux-gnu
say() { printf '\033[1m%s\033[0m\n' "setup: $*" >&2; }

packages=()
command -v aarch64-linux-gnu-gcc >/dev/null || packages+=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross)
command -v qemu-aarch64 >/dev/null || packages+=(qemu-user)
if [ ${#packages[@]} -gt 0 ]; then
  say "installing ${packages[*]}"
  scripts/apt-install.sh "${packages[@]}"
fi

if [ -e "$(rustc --print target-libdir --target $triple)" ]; then
  printf 'arm64_cargo=%q\narm64_rustc=%q\n' "$(command -v cargo)" "$(command -v rustc)"
  exit
fi
scripts/setup-wasm.sh # installs Debian's current compiler
version=$(/usr/bin/rustc --version | cut -d' ' -f2)
sysroot=$cache/sysroot-arm64-$version
if [ ! -e "$sysroot/done" ]; then
  say "unpacking the arm64 standard library"
  rm -rf "$sysroot" && mkdir -p "$sysroot/bin" "$sysroot/lib/rustlib"
  unpacked=$(mktemp -d)
  if ! dpkg --print-foreign-architectures | grep -qx arm64; then
    dpkg --add-architecture arm64 && apt-get update -qq
  fi
  (cd "$unpacked" && apt-get download -qq "libstd-rust-web-${version%.*}:arm64" libstd-rust-web-dev:arm64 >&2 &&
    for package in *.deb; do dpkg-deb -x "$package" .; done)
  cp -rL "$unpacked/usr/lib/rustlib/$triple" "$sysroot/lib/rustlib/"
  ln -sfn "/usr/lib/rustlib/$(uname -m)-unknown-linux-gnu" "$sysroot/lib/rustlib/" # build scripts, proc macros
  printf '#!/bin/sh\nexec /usr/bin/rustc --sysroot %q "$@"\n' "$sysroot" >"$sysroot/bin/rustc"
  chmod +x "$sysroot/bin/rustc"
  rm -rf "$unpacked"
  touch "$sysroot/done"
fi
printf 'arm64_cargo=%q\narm64_rustc=%q\n' /usr/bin/cargo "$sysroot/bin/rustc"

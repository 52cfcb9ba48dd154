#!/usr/bin/env bash
# Makes sure that this machine can compile Rust, C and C++ for wasm32-unknown-unknown, and writes the settings to
# CACHE/wasm.env, which scripts/wasm-cargo.sh reads. Idempotent; takes milliseconds when nothing is missing.
#
# It uses rustup's target if rustup has (or may fetch) it. Otherwise, on Debian, it builds the standard library once
# from Debian's own Rust sources.
set -euo pipefail
cache=${DARKROOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/darkroom}
mkdir -p "$cache"
say() { printf '\033[1m%s\033[0m\n' "setup: $*" >&2; }

first_of() { local name; for name; do if command -v "$name"; then return; fi; done; return 1; }

# libjxl is C++. It needs only the headers of libc++ and of a libc: those for WASI, which make no difference to a
# compiler. Debian has them; elsewhere wasi-sdk provides them, and WASI_SDK_PATH names its folder.
cxx_packages=(clang-22 libc++-22-dev-wasm32 wasi-libc)
cxx() {
  local sdk=${WASI_SDK_PATH:+$WASI_SDK_PATH/share/wasi-sysroot/include/wasm32-wasi}
  local c=${sdk:-/usr/include/wasm32-wasi} cxx=${sdk:-/usr/lib/llvm-22/include/wasm32-wasi}/c++/v1 compiler
  if [ -z "$sdk" ] && command -v apt-get >/dev/null && ! dpkg -s "${cxx_packages[@]}" >/dev/null 2>&1; then
    say "installing ${cxx_packages[*]}"
    scripts/apt-install.sh "${cxx_packages[@]}" || : # the check of the headers reports a failure
  fi
  if ! [ -e "$cxx/string" ] || ! [ -e "$c/stdlib.h" ] || ! compiler=$(first_of clang++-22 clang++); then
    say "clang++ or libc++'s headers are missing: libjxl is C++. Install clang 22 and wasi-sdk, and set WASI_SDK_PATH."
    exit 1
  fi
  printf 'cxx=%q\ncxx_headers=%q\n' "$compiler" "-isystem $cxx -isystem $c"
}

use_rustup() {
  [ -e "$(rustc --print target-libdir --target wasm32-unknown-unknown)" ] || return 1
  clang=$(first_of clang clang-22 clang-21 clang-20 clang-19) || {
    say "clang is missing: libwebp is C. Install clang, then run this again."
    exit 1
  }
  printf 'cargo=%q\nrustc=%q\nclippy=\nclang=%q\nar=%q\nlinker=%q\nsysroot_id=rustup\n' \
    "$(command -v cargo)" "$(command -v rustc)" "$clang" "$(first_of llvm-ar llvm-ar-22 ar)" \
    "$(rustc --print target-libdir)/../bin/gcc-ld/wasm-ld" # tools/componentize starts it, too
}

# Bookworm's security archive carries a current compiler under these names, beside the older default.
debian_packages=(rustc-web cargo-web rust-web-src rust-web-clippy lld-22 clang-22 llvm-22)

use_debian() {
  command -v apt-get >/dev/null || {
    say "rustup has no wasm32-unknown-unknown here (rustup target add wasm32-unknown-unknown), and this is not Debian."
    exit 1
  }
  if ! dpkg -s "${debian_packages[@]}" >/dev/null 2>&1; then
    say "installing ${debian_packages[*]}"
    scripts/apt-install.sh "${debian_packages[@]}"
  fi
  local version sysroot
  version=$(/usr/bin/rustc --version | cut -d' ' -f2)
  sysroot=$cache/sysroot-$version
  [ -e "$sysroot/done" ] || build_sysroot "$sysroot"
  printf '#!/bin/sh\nexec /usr/bin/rustc --sysroot %q "$@"\n' "$sysroot" >"$sysroot/bin/rustc"
  printf '#!/bin/sh\nexec /usr/bin/clippy-driver "$@" --sysroot %q\n' "$sysroot" >"$sysroot/bin/clippy-driver"
  ln -sfn /usr/bin/cargo "$sysroot/bin/cargo"
  chmod +x "$sysroot/bin/rustc" "$sysroot/bin/clippy-driver"
  printf 'cargo=%q\nrustc=%q\nclippy=%q\nclang=clang-22\nar=llvm-ar-22\nlinker=wasm-ld-22\nsysroot_id=%q\n' \
    "$sysroot/bin/cargo" "$sysroot/bin/rustc" "$sysroot/bin/clippy-driver" "debian-$version"
}

# The bitcode is embedded because fat LTO reads it; without it linking ends with "Can't find section .llvmbc".
build_sysroot() {
  local out=$1 seed lib
  say "building the wasm32 standard library from Debian's sources (once, about 80 s)"
  seed=$(mktemp -d)
  mkdir "$seed/src" && : >"$seed/src/lib.rs"
  printf '[package]\nname = "stdseed"\nversion = "0.0.0"\nedition = "2024"\n[profile.release]\npanic = "abort"\n' >"$seed/Cargo.toml"
  (cd "$seed" && RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Cembed-bitcode=yes" CARGO_TARGET_DIR="$seed/target" \
    CARGO_BUILD_BUILD_DIR="$seed/target" \
    /usr/bin/cargo build -q -Zbuild-std=std,panic_abort --release --target wasm32-unknown-unknown)
  rm -rf "$out" && mkdir -p "$out/bin"
  lib=$out/lib/rustlib
  mkdir -p "$lib/wasm32-unknown-unknown/lib"
  ln -sfn /usr/lib/rustlib/x86_64-unknown-linux-gnu "$lib/x86_64-unknown-linux-gnu" # build scripts, proc macros
  cp "$seed"/target/wasm32-unknown-unknown/release/deps/*.rlib "$lib/wasm32-unknown-unknown/lib/"
  rm -f "$lib"/wasm32-unknown-unknown/lib/libstdseed*
  rm -rf "$seed"
  touch "$out/done"
}

cd "$(dirname "$0")/.."
env=$(use_rustup || use_debian)
cxx=$(cxx)
printf '%s\n' "$env" "$cxx" >"$cache/wasm.env.new" && mv "$cache/wasm.env.new" "$cache/wasm.env"

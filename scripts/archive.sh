#!/usr/bin/env bash
# The program with its manual pages, completions and licences as target/archive/NAME.tar.gz. It has to run on any system of
# its kind: on Linux it may want glibc and libgcc, and nothing else. Usage: archive.sh NAME
set -euo pipefail
cd "$(dirname "$0")/.."
name=$1 program=target/release/darkroom out=target/archive/$1
rm -rf "$out"
scripts/extras.sh "$program" "$out"
cp "$program" README.md "$out"
if command -v ldd >/dev/null; then
  others=$(ldd "$program" | grep -vE 'linux-vdso|/ld-linux|^\s*lib(c|m|gcc_s)\.so' || true)
  [ -z "$others" ] || { printf 'archive: %s wants more than glibc and libgcc:\n%s\n' "$program" "$others" >&2; exit 1; }
fi
tar -czf "$out.tar.gz" -C target/archive "$name"

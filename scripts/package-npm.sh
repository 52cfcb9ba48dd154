#!/usr/bin/env bash
# Makes the npm package from two components, one with every format and one for `darkroom-image/lite`.
# Usage: package-npm.sh FULL LITE FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."
full=$1 lite=$2 out=$3
tool() { scripts/tool.sh worker-tool "$@"; }
package=$out/package
rm -rf "$out"
mkdir -p "$package"
cp -r host/npm/src host/npm/package.json host/npm/README.md LICENSE-* "$package"
scripts/tool.sh third-party >"$package/THIRD-PARTY.txt"
pages=65536 # all that 32 bits reach: how much of it an image may have is said when it is rendered
for set in full lite; do
  tool core "${!set}" "$package/src/$set.wasm"
  declare "least_$set=$(tool memory "$package/src/$set.wasm" $pages)"
done
# shellcheck disable=SC2154 # they are declared above
printf '// In pages of 64 KiB.\nexport const least = { full: %d, lite: %d };\n' "$least_full" "$least_lite" >"$package/src/least.js"
node host/npm/vocabulary.mjs "$package/src/full.wasm" "$least_full" "$package/src"
(cd "$package" && npm pack --silent --pack-destination ..)

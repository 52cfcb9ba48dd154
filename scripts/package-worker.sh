#!/usr/bin/env bash
# Makes a folder that `npx wrangler deploy` can deploy with only Node, from the output of scripts/bundle-worker.sh in
# BUNDLE.
# Usage: package-worker.sh BUNDLE FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."
bundle=$1 out=$2
rm -rf "$out"
mkdir -p "$out"
cp "$bundle"/main.js "$bundle"/*.wasm edge/worker/package/README.md LICENSE-* "$out"
# The same settings, without the build step.
sed -e '/^\[build\]/,/^$/d' -e 's|^main = .*|main = "main.js"|' -e '1,2s|^# The Cloudflare deployment.*|# README.md says how this is deployed.|' \
  wrangler.toml >"$out/wrangler.toml"
cp edge/worker/build/THIRD-PARTY.txt "$out"
(cd "$(dirname "$out")" && python3 -m zipfile -c "$(basename "$out").zip" "$(basename "$out")")

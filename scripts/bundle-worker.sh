#!/usr/bin/env bash
# Writes the files that `wrangler deploy` would upload to target/worker, or to the given folder. Builds the Worker
# first, as wrangler.toml says.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/packages.sh worker edge/worker
export CLOUDFLARE_CF_FETCH_ENABLED=false WRANGLER_SEND_METRICS=false
out=${1:-target/worker}
rm -rf "$out"
edge/worker/node_modules/.bin/wrangler deploy --dry-run --outdir "$out"

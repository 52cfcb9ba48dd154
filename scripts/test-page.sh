#!/usr/bin/env bash
# The page of `darkroom serve` in a real browser.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v chromium >/dev/null || scripts/apt-install.sh chromium
scripts/packages.sh worker edge/worker
node --test --test-timeout=120000 tests/page/*.test.mjs

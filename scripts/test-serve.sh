#!/usr/bin/env bash
# `darkroom serve`: its page and JPEG XL in a real browser, compared with djxl, and the delivery tests that every shell
# must pass.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v chromium >/dev/null || scripts/apt-install.sh chromium
command -v djxl >/dev/null || scripts/apt-install.sh libjxl-tools
scripts/packages.sh worker edge/worker
scripts/packages.sh cloudfront edge/cloudfront
DARKROOM_SHELL=serve node --test --test-timeout=120000 tests/page/*.test.mjs tests/delivery/*.test.mjs

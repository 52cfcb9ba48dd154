#!/usr/bin/env bash
# The server under load, compared with a minimal one on sharp, each on one core. SECONDS_EACH=10 and ROUNDS=3 by
# default.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${DARKROOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/darkroom}
command -v wrk >/dev/null || scripts/apt-install.sh wrk
scripts/photos.sh "$cache/photos"
scripts/packages.sh bench tests/bench
scripts/packages.sh aws tests/aws
"$cache/aws-venv/bin/python" tests/bench/serve.py target/release/darkroom "$cache/photos" target/bench \
  "${SECONDS_EACH:-10}" "${ROUNDS:-3}"

#!/usr/bin/env bash
# Measures the pipeline on this machine, beside the customer's targets, and what an image uses: docs/bench/pipeline.json,
# from which `make cost` computes. IMAGES=1000 by default.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${DARKROOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/darkroom}
scripts/photos.sh "$cache/photos"
scripts/packages.sh aws tests/aws
"$cache/aws-venv/bin/python" tests/bench/pipeline.py "$cache/photos/kleiber-20mp-baseline.jpg" examples/photos "${IMAGES:-1000}" docs/bench/pipeline.json

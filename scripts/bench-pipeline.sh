#!/usr/bin/env bash
# Measures the pipeline on this machine against the customer's targets, and the resources that an image uses:
# docs/bench/pipeline.json, the input of `make cost`. IMAGES=1000 by default.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${DARKROOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/darkroom}
scripts/photos.sh "$cache/photos"
scripts/packages.sh aws tests/aws
"$cache/aws-venv/bin/python" tests/bench/pipeline.py "$cache/photos/kleiber-20mp-baseline.jpg" examples/photos "${IMAGES:-1000}" docs/bench/pipeline.json

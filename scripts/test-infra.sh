#!/usr/bin/env bash
# The templates and workflows in host/infra without AWS: every call against the policies, each mode and option rendered.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/packages.sh infra host/infra
scripts/packages.sh infra-tests tests/infra
cd tests/infra
"${DARKROOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/darkroom}/infra-venv/bin/python" -m unittest examples policies templates burst scripts

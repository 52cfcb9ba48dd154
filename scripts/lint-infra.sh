#!/usr/bin/env bash
# Lints the templates and workflows in host/infra: cfn-lint, checkov, parliament on each role, asl-validator. Also
# checks docs/cost.md, which follows from them.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/packages.sh infra host/infra
bin=${DARKROOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/darkroom}/infra-venv/bin
templates=(host/infra/template.yaml host/infra/replica.yaml host/infra/delivery.yaml)
"$bin/cfn-lint" --config-file host/infra/.cfnlintrc.yaml "${templates[@]}"
for template in "${templates[@]}"; do
  # Without --skip-download checkov downloads texts from its vendor's server.
  LOG_LEVEL=ERROR "$bin/checkov" -f "$template" --config-file host/infra/checkov.yaml --skip-download \
    --framework cloudformation --compact --quiet
done
"$bin/python" scripts/lint-roles.py host/infra/template.yaml host/infra/delivery.yaml
for workflow in host/infra/*.asl.json; do
  host/infra/node_modules/.bin/asl-validator --json-path "$workflow"
done
"$bin/python" scripts/cost.py --check

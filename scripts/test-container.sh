#!/usr/bin/env bash
# The Containerfile's last stage without a container engine, with nginx in front: tests/container.py. Needs root, on Debian.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v mmdebstrap >/dev/null && command -v nginx >/dev/null || scripts/apt-install.sh mmdebstrap nginx-light
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 tests/container.py "$folder/test"

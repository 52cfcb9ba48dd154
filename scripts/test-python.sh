#!/usr/bin/env bash
# The wheel, installed into an empty venv, made from the component that all tests use. DARKROOM_PYTHON names another
# wheel's folder: DARKROOM_PYTHON=target/python tests the output of `make package-python`.
set -euo pipefail
cd "$(dirname "$0")/.."
export DARKROOM_CACHE=${DARKROOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/darkroom}
if [ -z "${DARKROOM_PYTHON:-}" ]; then
  DARKROOM_PYTHON=target/python-test
  scripts/package-python.sh target/darkroom/processor.wasm "$DARKROOM_PYTHON"
fi
# The wheel's dependencies, fetched once.
requirements=host/python/tests/requirements.txt
wheels=$DARKROOM_CACHE/python-wheels-$(sha256sum "$requirements" | cut -c1-16)
[ -e "$wheels/done" ] || {
  "$DARKROOM_CACHE/python-venv/bin/pip" download -q --disable-pip-version-check -r "$requirements" -d "$wheels"
  touch "$wheels/done"
}
venv=target/python-venv
rm -rf "$venv"
python3 -m venv "$venv"
wheel=$(echo "$DARKROOM_PYTHON"/*.whl)
"$venv/bin/pip" install -q --disable-pip-version-check --no-index --find-links "$wheels" "$wheel[numpy,pillow]"
"$venv/bin/python" -I host/python/tests/test_darkroom.py

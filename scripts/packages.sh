#!/usr/bin/env bash
# Installs FOLDER's requirements.txt, if it has one, into a venv in the cache, named NAME-venv, and its package.json
# into FOLDER/node_modules. Each only if its list has changed.
# Usage: packages.sh NAME FOLDER
set -euo pipefail
name=$1 folder=$2
cd "$(dirname "$0")/.."
cache=${DARKROOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/darkroom}
say() { printf '\033[1m%s\033[0m\n' "setup: $*" >&2; }
mkdir -p "$cache"

if [ -e "$folder/requirements.txt" ]; then
  stamp=$(sha256sum "$folder/requirements.txt" | cut -c1-16)
  venv=$cache/$name-venv-$stamp
  if [ ! -e "$venv/done" ]; then
    say "installing Python packages for $name"
    rm -rf "$venv"
    python3 -m venv "$venv" 2>/dev/null || { scripts/apt-install.sh python3-venv && python3 -m venv "$venv"; }
    "$venv/bin/pip" install -q --disable-pip-version-check -r "$folder/requirements.txt"
    if grep -q '^cairosvg' "$folder/requirements.txt" && ! ldconfig -p | grep -q 'libcairo\.so\.2'; then
    scripts/apt-install.sh libcairo2
  fi
  # Some wheels carry programs without the executable bit.
    find "$venv/lib" -path '*/wasmtime_cli/wasmtime*' -exec chmod +x {} +
    touch "$venv/done"
  fi
  ln -sfn "$venv" "$cache/$name-venv"
fi

[ -e "$folder/package.json" ] || exit 0
command -v npm >/dev/null || { say "installing Node.js" && scripts/apt-install.sh nodejs npm; }
# Debian 12's Node.js is 18, and wrangler needs 22. The Makefile puts this folder first on PATH.
if [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 22 ]; then
  say "installing Node.js 22"
  npm install --silent --no-audit --no-fund --prefix "$cache/node" "node-linux-$(node -p process.arch)@22"
  ln -sfn "$cache/node/node_modules/node-linux-$(node -p process.arch)/bin" "$cache/node/bin"
  PATH=$cache/node/bin:$PATH
fi
stamp=$(cat "$folder"/package*.json | sha256sum | cut -c1-16)
modules=$cache/$name-node-$stamp
if [ ! -e "$modules/done" ]; then
  say "installing npm packages for $name"
  rm -rf "$modules" && mkdir -p "$modules"
  cp "$folder"/package*.json "$modules"
  # Not `npm ci`: jco lists optional packages for platforms that are not published, and `npm ci` fails on them.
  (cd "$modules" && npm install --silent --no-audit --no-fund)
  touch "$modules/done"
fi
ln -sfn "$modules/node_modules" "$folder/node_modules"

#!/usr/bin/env bash
# What goes beside the program wherever it is installed: manual pages, completions, licences. Usage: extras.sh PROGRAM FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."
program=$1 out=$2
mkdir -p "$out"
"$program" man "$out/man"
"$program" completions bash >"$out/darkroom.bash"
"$program" completions zsh >"$out/_darkroom"
"$program" completions fish >"$out/darkroom.fish"
{ cat LICENSE-MIT; printf '\n\n'; cat LICENSE-APACHE; printf '\n\n'; "$program" licenses; } >"$out/copyright"

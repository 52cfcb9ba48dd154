#!/usr/bin/env bash
# Fetches the large photos from Debian's packages into FOLDER, and checks that they are the ones that were measured.
# Usage: photos.sh FOLDER
set -euo pipefail
folder=$1
mkdir -p "$folder"
fetch() { # package, path inside it, name here, SHA-256
  local unpacked
  [ -e "$folder/$3" ] && echo "$4  $folder/$3" | sha256sum --check --status && return
  unpacked=$(mktemp -d)
  cd "$unpacked"
  apt-get download -qq "$1" 2>/dev/null || { apt-get update -qq && apt-get download -qq "$1"; }
  dpkg-deb -x "$1"_*.deb .
  cd - >/dev/null
  cp "$unpacked/$2" "$folder/$3"
  rm -rf "$unpacked"
  echo "$4  $folder/$3" | sha256sum --check --quiet
}
fetch lomiri-wallpapers-20.04 usr/share/backgrounds/Kleiber_by_Lukas_Baubkus.jpg kleiber-20mp-baseline.jpg \
  6572410c09f4492c74ccadde133565a14c0161617d5917d4c820c66d65a44ba7
fetch lomiri-wallpapers-16.04 usr/share/backgrounds/Dragonfly_by_Bolly.jpg dragonfly-13mp-progressive.jpg \
  af5af17841009732def24b09bb1e669a1b09d2b4bdeee7812c371101c30d2bb3

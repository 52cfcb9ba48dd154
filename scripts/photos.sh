#!/usr/bin/env bash
# Fetches pictures from Debian's packages into FOLDER, and checks that they are the measured ones: the large photos, or
# those for comparing formats. Don't tune any setting on the latter.
# Usage: photos.sh FOLDER [large|formats]
set -euo pipefail
folder=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fetch() { # package, path inside it, name here, SHA-256
  [ -e "$folder/$3" ] && echo "$4  $folder/$3" | sha256sum --check --status && return
  if [ ! -e "$work/$1" ]; then
    mkdir "$work/$1"
    (cd "$work/$1" && { apt-get download -qq "$1" 2>/dev/null || { apt-get update -qq && apt-get download -qq "$1"; }; } &&
      dpkg-deb -x "$1"_*.deb .)
  fi
  mkdir -p "$(dirname "$folder/$3")"
  cp "$work/$1/$2" "$folder/$3"
  echo "$4  $folder/$3" | sha256sum --check --quiet
}
mkdir -p "$folder"
if [ "${2:-large}" = large ]; then
  fetch lomiri-wallpapers-20.04 usr/share/backgrounds/Kleiber_by_Lukas_Baubkus.jpg kleiber-20mp-baseline.jpg \
    6572410c09f4492c74ccadde133565a14c0161617d5917d4c820c66d65a44ba7
  fetch lomiri-wallpapers-16.04 usr/share/backgrounds/Dragonfly_by_Bolly.jpg dragonfly-13mp-progressive.jpg \
    af5af17841009732def24b09bb1e669a1b09d2b4bdeee7812c371101c30d2bb3
  exit
fi
mate=usr/share/backgrounds/mate handbook=usr/share/doc/debian-handbook/html/en-US/images
fetch mate-backgrounds $mate/nature/Dune.jpg photos/dune.jpg \
  8a67c2cb0be8c46b70c237311a4fa4d2b4ac7d39568135384787801fa5cc9a91
fetch mate-backgrounds $mate/nature/LadyBird.jpg photos/ladybird.jpg \
  e35a9a4126ef969c90b29c038058c5a575a20eadd84106a37bf1fa9931e7b61d
fetch mate-backgrounds $mate/nature/RainDrops.jpg photos/raindrops.jpg \
  3e4ea9671c28c90a86cf67b3db9daf18c4741587c596333a7529ca589aaa0c16
fetch mate-backgrounds $mate/nature/Storm.jpg photos/storm.jpg \
  77ca53077831d3237f73393a91fc879158abc046d852941c26e90de336356957
fetch mate-backgrounds $mate/desktop/Ubuntu-Mate-Cold-no-logo.png graphics/cold.png \
  15028ca8e851921a30c859239b8072b5f170783c532abaf176e34b18ed988c5d
fetch debian-handbook $handbook/virtual-package.png graphics/virtual-package.png \
  e5d71847fe00ec35b16bfc3ffc9d7d5ae237907cfb60103051711a8b09a964c8
fetch debian-handbook $handbook/synaptic.png screenshots/synaptic.png \
  1678ee8a88d0d26d88d9ccf41aa53c1f6f0a0c1e27acb5a48e69773de62ee267

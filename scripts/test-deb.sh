#!/usr/bin/env bash
# The Debian package, installed into a fresh Debian 12 of its own, and its unit read by systemd. Needs root, on Debian.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v mmdebstrap >/dev/null && command -v systemd-analyze >/dev/null || scripts/apt-install.sh mmdebstrap systemd
scripts/deb.sh
deb=$(echo "$PWD"/target/deb/*.deb)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
inside() { printf -- '--customize-hook=chroot "$1" sh -euxc "%s"' "$1"; }
mmdebstrap --mode=root --quiet --variant=minbase --include=ca-certificates bookworm "$root/debian" \
  --customize-hook="copy-in $deb $PWD/examples/photos/seeding.jpg /tmp" \
  "$(inside 'dpkg -i /tmp/*.deb && darkroom --version')" \
  "$(inside 'darkroom process /tmp/seeding.jpg --out /tmp/web && test -s /tmp/web/compressed/seeding.webp')" \
  "$(inside 'darkroom serve --check --config /etc/darkroom.toml')" \
  "$(inside 'dpkg -P darkroom && ! test -e /usr/bin/darkroom')"
# systemd looks for a program in its own root only: the unit is read with a path of this one.
sed "s|=darkroom |=$PWD/target/release/darkroom |" host/serve/deploy/darkroom.service >"$root/darkroom.service"
said=$(systemd-analyze verify "$root/darkroom.service" 2>&1)
[ -z "$said" ] || { echo "$said" >&2; exit 1; }
echo "the package installs, runs and goes"

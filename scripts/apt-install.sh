#!/usr/bin/env bash
# apt-get install, as root or through sudo, with one update first.
set -euo pipefail
sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
$sudo apt-get install -y -qq --no-install-recommends "$@" >&2

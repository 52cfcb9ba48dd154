#!/usr/bin/env bash
# Starts the server, uploads the sample photos as a client does, and leaves it running until Ctrl-C.
# Usage: serve.sh [argument of darkroom serve]...
set -euo pipefail
cd "$(dirname "$0")/.."
command -v curl >/dev/null || scripts/apt-install.sh curl
exec 3< <(exec target/release/darkroom serve --data target/serve "$@")
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null || true' EXIT
read -r url <&3
field() { python3 -c 'import json, sys; print(json.load(sys.stdin)'"$1"')'; }
# The folder outlives the server: once is enough.
if [ "$(curl -fsS "$url/images" | field '["images"].__len__()')" = 0 ]; then
  for photo in examples/photos/*.{jpg,png}; do
    type=image/${photo##*.}
    granted=$(curl -fsS --get "$url/upload-url" --data-urlencode "filename=${photo##*/}" \
      --data "contentType=${type/jpg/jpeg}&contentLength=$(stat -c %s "$photo")")
    curl -fsS -o /dev/null -T "$photo" -H "content-type: ${type/jpg/jpeg}" -H 'if-none-match: *' \
      "$(field '["uploadUrl"]' <<<"$granted")"
    echo "$photo is uploaded"
  done
fi
echo "Darkroom serves at $url; Ctrl-C ends it"
wait $server

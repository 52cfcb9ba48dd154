#!/usr/bin/env bash
# Builds the CloudFront edge into target/cloudfront: the function, and the Lambda@Edge bundle with its zip.
# CONFIG=edge/cloudfront/config.toml by default.
set -euo pipefail
cd "$(dirname "$0")/.."
build=target/cloudfront
scripts/packages.sh cloudfront edge/cloudfront
scripts/tool.sh cloudfront-tool "${CONFIG:-edge/cloudfront/config.toml}" "$build"
node edge/cloudfront/function.mjs "$build/tables.json" "$build/viewer-request.js"
node edge/cloudfront/component.mjs target/darkroom/edge.wasm "$build"
node edge/cloudfront/bundle.mjs "$build"
scripts/tool.sh third-party >"$build/THIRD-PARTY.txt"
python3 scripts/zip.py "$build/origin-request.zip" "$build/index.js" "$build/THIRD-PARTY.txt"

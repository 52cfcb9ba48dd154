#!/usr/bin/env bash
# Runs one of the repository's own tools. One call builds all of them: separate calls would compile their dependencies
# again, with other features.
# Usage: tool.sh cloudfront-tool|componentize|third-party|worker-tool ARGUMENT...
set -euo pipefail
tool=$1
shift
(cd "$(dirname "$0")/.." && cargo build -q --release -p darkroom-cloudfront-tool -p darkroom-componentize \
  -p darkroom-third-party -p darkroom-worker-tool)
exec "$(dirname "$0")/../target/release/darkroom-$tool" "$@"

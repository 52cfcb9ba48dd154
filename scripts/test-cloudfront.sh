#!/usr/bin/env bash
# The Lambda@Edge bundle in Node 22, with CloudFront's events and an S3 server that verifies signatures.
set -euo pipefail
cd "$(dirname "$0")/.."
node --test --test-timeout=120000 edge/cloudfront/tests/*.test.mjs

#!/usr/bin/env bash
# Runs a CloudFront Function in CloudFront under another name, and fails if it takes more than four fifths of its time
# limit (CloudFront Developer Guide, "Test functions": a utilization of 100 is stopped). Usage: try-function.sh FILE
# NAME
set -euo pipefail
file=$1 name=$2
event() { # the path, and Accept
  printf '{"version":"1.0","context":{"eventType":"viewer-request"},"viewer":{"ip":"192.0.2.1"},"request":{"method":"GET",
    "uri":"%s","querystring":{},"cookies":{},"headers":{"host":{"value":"img.example.com"},"accept":{"value":"%s"}}}}' "$1" "$2"
}
etag=$(aws cloudfront create-function --name "$name" --function-code "fileb://$file" \
  --function-config Comment=trial,Runtime=cloudfront-js-2.0 --query ETag --output text)
trap 'aws cloudfront delete-function --name "$name" --if-match "$etag"' EXIT
mkdir -p target/deploy
for path in /image/preset=small/uploads/u/20260101_120000_0123456789abcdef_a.jpg \
  /image/width=801,height=600,fit=cover,gravity=0.1x0.9,quality=70,blur=2.5,sharpen=1,format=auto,dpr=2/site/a%20b.jpg; do
  event "$path" 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8' >target/deploy/event.json
  used=$(aws cloudfront test-function --name "$name" --if-match "$etag" --stage DEVELOPMENT \
    --event-object fileb://target/deploy/event.json --query TestResult.ComputeUtilization --output text)
  echo "viewer-request uses $used of 100 for $path"
  [ "$used" -le 80 ] || { echo "deploy: more than 80 of 100; CloudFront would stop it at 100" >&2; exit 1; }
done

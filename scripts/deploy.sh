#!/usr/bin/env bash
# Shows what deploying host/infra/template.yaml, or delivery.yaml, would change, asks, and does it with the caller's AWS
# credentials.
# Usage: CODE_BUCKET=bucket-for-the-code [TEMPLATE=delivery] [STACK=darkroom] scripts/deploy.sh Parameter=value...
set -euo pipefail
cd "$(dirname "$0")/.."
: "${CODE_BUCKET:?names a bucket in the region of the deployment, to which the code is copied}"
template=host/infra/${TEMPLATE:-template}.yaml
[ "${TEMPLATE:-}" = delivery ] && stack=${STACK:-darkroom-delivery} || stack=${STACK:-darkroom}
command -v aws >/dev/null || { echo "deploy: the AWS command line is missing" >&2; exit 1; }
[ -e target/lambda-arm64/lambda.zip ] || { echo "deploy: no zip; run make package" >&2; exit 1; }
mkdir -p target/deploy
if [ "${TEMPLATE:-}" = delivery ]; then
  for file in viewer-request.js origin-request.zip; do
    [ -e "target/cloudfront/$file" ] || { echo "deploy: no target/cloudfront/$file; run make cloudfront" >&2; exit 1; }
  done
  # `package` has no place for a CloudFront Function: its text goes into the template.
  python3 scripts/inline-function.py "$template" target/deploy/delivery.yaml
  template=target/deploy/delivery.yaml
  set -- "$@" "EdgeCodeSha256=$(openssl dgst -sha256 -binary target/cloudfront/origin-request.zip | base64)"
fi
aws cloudformation package --template-file "$template" --s3-bucket "$CODE_BUCKET" \
  --s3-prefix "$stack" --output-template-file target/deploy/template.yaml >/dev/null
parameters=()
[ $# -eq 0 ] || parameters=(--parameter-overrides "$@")
output=$(aws cloudformation deploy --template-file target/deploy/template.yaml --stack-name "$stack" \
  --s3-bucket "$CODE_BUCKET" --s3-prefix "$stack" --capabilities CAPABILITY_IAM --no-execute-changeset \
  --no-fail-on-empty-changeset "${parameters[@]}")
changes=$(grep -o 'arn:[^ ]*:changeSet/[^ ]*' <<<"$output" || true)
[ -n "$changes" ] || { echo "$output"; exit 0; }
aws cloudformation describe-change-set --change-set-name "$changes" --output table \
  --query 'Changes[].ResourceChange.{Action:Action,Name:LogicalResourceId,Type:ResourceType,Replacement:Replacement}'
printf 'Deploy this to %s, stack %s? (yes/no) ' "$(aws sts get-caller-identity --query Account --output text)" "$stack"
read -r answer || answer=
[ "$answer" = yes ] || { echo "not deployed; the change set stays: $changes"; exit 0; }
before=$(aws cloudformation describe-stacks --stack-name "$stack" --query 'Stacks[0].StackStatus' --output text)
wait=stack-update-complete
[ "$before" != REVIEW_IN_PROGRESS ] || wait=stack-create-complete
aws cloudformation execute-change-set --change-set-name "$changes"
aws cloudformation wait "$wait" --stack-name "$stack"
aws cloudformation describe-stacks --stack-name "$stack" --query 'Stacks[0].Outputs' --output table

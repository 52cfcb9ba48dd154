#!/usr/bin/env bash
# Shows the changes that deploying host/infra/template.yaml, delivery.yaml or replica.yaml would make, asks, and deploys
# with the caller's AWS credentials. delivery.yaml gets its names, and the edge its settings, from the pipeline's stack.
# With TOKEN, a deployment of the pipeline ends with scripts/smoke.py.
# Usage: CODE_BUCKET=bucket-for-the-code [TEMPLATE=delivery] [STACK=darkroom] [PIPELINE=darkroom] scripts/deploy.sh Parameter=value...
set -euo pipefail
cd "$(dirname "$0")/.."
: "${CODE_BUCKET:?names a bucket in the region of the deployment, to which the code is copied}"
kind=${TEMPLATE:-template} template=host/infra/${TEMPLATE:-template}.yaml
case $kind in template) stack=${STACK:-darkroom} ;; *) stack=${STACK:-darkroom-$kind} ;; esac
say() { echo "deploy: $*" >&2; }
die() { say "$@"; exit 1; }
asked() { printf '%s (yes/no) ' "$1"; local answer=; read -r answer || true; [ "$answer" = yes ]; }
command -v aws >/dev/null || die "the AWS command line is missing"
mkdir -p target/deploy
account=$(aws sts get-caller-identity --query Account --output text)

# The stack's status; empty if there is no stack.
describe() { aws cloudformation describe-stacks --stack-name "$stack" >target/deploy/stack.json 2>/dev/null || : >target/deploy/stack.json; }
status() { describe; grep -o '"StackStatus": "[A-Z_]*"' target/deploy/stack.json | cut -d'"' -f4 || true; }
case $(status) in
  # Stacks in these states can only be deleted; their events name the resources that could not be rolled back.
  ROLLBACK_COMPLETE | ROLLBACK_FAILED | DELETE_FAILED)
    say "the creation of $stack failed before, with $(status):"
    aws cloudformation describe-stack-events --stack-name "$stack" --output text --query \
      'StackEvents[?ends_with(ResourceStatus, `_FAILED`)].[LogicalResourceId, ResourceStatusReason]' >&2
    asked "Delete what is left of it, and go on?" || exit 1
    aws cloudformation delete-stack --stack-name "$stack"
    aws cloudformation wait stack-delete-complete --stack-name "$stack"
    ;;
  REVIEW_IN_PROGRESS) ;;
  *_IN_PROGRESS) die "$stack is being changed: $(status)" ;;
esac

case $kind in
  template)
    [ -e target/lambda-arm64/lambda.zip ] || die "no zip; run make package"
    scripts/check-quota.sh "$@"
    ;;
  delivery)
    [ -e target/lambda-arm64/lambda.zip ] || die "no zip; run make package"
    output() { aws cloudformation describe-stacks --stack-name "${PIPELINE:-darkroom}" --output text --query "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue"; }
    raw=$(output RawBucketName) name=
    [ -n "$raw" ] || die "no stack ${PIPELINE:-darkroom} here: deploy template.yaml first, and name it by PIPELINE"
    name=${raw%-raw-*} region=us-east-1
    for parameter; do [ "${parameter%%=*}" != BucketRegion ] || region=${parameter#*=}; done
    python3 scripts/edge-config.py "${CONFIG:-edge/cloudfront/config.toml}" "$name" "$account" "$region" target/deploy/edge.toml
    ${BUILD_EDGE:-env CONFIG=target/deploy/edge.toml scripts/build-cloudfront.sh}
    python3 scripts/edge-config.py --check target/cloudfront/settings.json "$name" "$account" "$region"
    scripts/try-function.sh target/cloudfront/viewer-request.js "$name-trial"
    # `package` does not support CloudFront Functions: the function's text goes into the template.
    python3 scripts/inline-function.py "$template" target/deploy/delivery.yaml
    template=target/deploy/delivery.yaml
    set -- "Name=$name" "KeyArn=$(output KeyArn)" "OpsTopicArn=$(output OpsTopicArn)" \
      "Delivery=$(cat target/cloudfront/delivery.json)" \
      "EdgeCodeSha256=$(openssl dgst -sha256 -binary target/cloudfront/origin-request.zip | base64)" "$@"
    ;;
esac

aws cloudformation package --template-file "$template" --s3-bucket "$CODE_BUCKET" \
  --s3-prefix "$stack" --output-template-file target/deploy/template.yaml >/dev/null
region=$(aws configure get region || true)
region=${AWS_REGION:-${AWS_DEFAULT_REGION:-$region}}
[ -n "$region" ] || die "no region: AWS_REGION names it"
aws s3 cp --quiet target/deploy/template.yaml "s3://$CODE_BUCKET/$stack/template.yaml"
url=https://$CODE_BUCKET.s3.$region.amazonaws.com/$stack/template.yaml
aws cloudformation validate-template --template-url "$url" >/dev/null
[ -n "$(status)" ] && change=UPDATE wait=stack-update-complete || change=CREATE wait=stack-create-complete
[ "$(status)" != REVIEW_IN_PROGRESS ] || change=CREATE wait=stack-create-complete
python3 scripts/parameters.py host/infra/"$kind".yaml target/deploy/stack.json "$@" >target/deploy/parameters.json
# The deployment adopts resources that an earlier stack of the same name left: they have the same names.
changes=$(aws cloudformation create-change-set --stack-name "$stack" --change-set-name "deploy-$(date +%s)" \
  --change-set-type $change --template-url "$url" --parameters file://target/deploy/parameters.json \
  --capabilities CAPABILITY_IAM --import-existing-resources --query Id --output text)
aws cloudformation wait change-set-create-complete --change-set-name "$changes" || {
  reason=$(aws cloudformation describe-change-set --change-set-name "$changes" --query StatusReason --output text)
  case $reason in
    *"didn't contain changes"* | *"No updates"*) aws cloudformation delete-change-set --change-set-name "$changes" ;;
    *) die "$reason" ;;
  esac
  echo "nothing changes"
  exit 0
}
aws cloudformation describe-change-set --change-set-name "$changes" --output table \
  --query 'Changes[].ResourceChange.{Action:Action,Name:LogicalResourceId,Type:ResourceType,Replacement:Replacement}'
asked "Deploy this to $account, stack $stack?" || { echo "not deployed; the change set stays: $changes"; exit 0; }
aws cloudformation execute-change-set --change-set-name "$changes"
aws cloudformation wait $wait --stack-name "$stack"
aws cloudformation describe-stacks --stack-name "$stack" --query 'Stacks[0].Outputs' --output table
[ $kind = template ] || exit 0
[ -n "${TOKEN:-}" ] || { echo "with TOKEN, a user's token, scripts/smoke.py tries it out: docs/first-deploy.md"; exit 0; }
scripts/smoke.py --stack "$stack"

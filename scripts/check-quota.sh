#!/usr/bin/env bash
# Whether the account's quota of concurrent functions has room for these parameters. Usage: check-quota.sh Parameter=value...
set -euo pipefail
mode=queue most=100 reserved=100
for parameter; do
  case $parameter in
    Mode=*) mode=${parameter#*=} ;;
    MaximumConcurrency=*) most=${parameter#*=} ;;
    ReservedConcurrency=*) reserved=${parameter#*=} ;;
  esac
done
quota=$(aws lambda get-account-settings --query AccountLimit.ConcurrentExecutions --output text)
# Lambda reserves 100 for functions without reserved concurrency. The backfill uses 50.
needed=$((100 + most + 50))
[ "$mode" = queue ] || needed=$((needed + 2 * reserved))
[ "$quota" -ge "$needed" ] || {
  echo "deploy: $quota functions may run at one time in this account and region; needed are $needed:" >&2
  echo "deploy: 100 for upload URLs and delivery, 50 for backfills, MaximumConcurrency, and in workflows twice ReservedConcurrency." >&2
  echo "deploy: ask for more (Service Quotas, L-B99A9384), or give less to these parameters" >&2
  exit 1
}

"""Audits every policy of every role in CloudFormation templates with parliament. Usage: lint-roles.py TEMPLATE..."""
import json
import sys

import parliament

import template


def is_known(finding):
    """parliament wants both of DescribeExecution's two kinds of resources; the one that is named is the documented one."""
    return finding.issue == "RESOURCE_MISMATCH" and "states:DescribeExecution" in str(finding.detail)


audited, faults = 0, 0
for name, document in (policy for path in sys.argv[1:] for policy in template.policies(template.read(path))):
    audited += 1
    for finding in parliament.analyze_policy_string(json.dumps(document)).findings:
        if is_known(finding):
            continue
        faults += 1
        print(f"{name}: {finding.issue}: {finding.detail}")
if faults or not audited:
    sys.exit(f"{audited} policies, {faults} findings")

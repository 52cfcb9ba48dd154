"""Audits every policy of every role in CloudFormation templates with parliament. Usage: lint-roles.py TEMPLATE..."""
import json
import sys

import parliament

import template as templates

# The parameters that create each role.
EVERYTHING = [{"Mode": "standard"}, {"Mode": "queue", "ReplicaRegion": "us-west-2", "ReplicaKeyId": "0" * 36}]


def is_known(finding):
    """parliament wants both of DescribeExecution's two kinds of resources; the one that is named is the documented one."""
    return finding.issue == "RESOURCE_MISMATCH" and "states:DescribeExecution" in str(finding.detail)


def documents():
    """Each distinct role once, by its name."""
    for path in sys.argv[1:]:
        known = templates.read(path)["Parameters"]
        for parameters in EVERYTHING:
            template = templates.render(path, **{name: value for name, value in parameters.items() if name in known})
            for role in templates.of_type(template, "AWS::IAM::Role"):
                for name, document in templates.policies(template, role):
                    yield f"{role}: {name}", json.dumps(document)


audited, faults = 0, 0
for name, document in dict.fromkeys(documents()):
    audited += 1
    for finding in parliament.analyze_policy_string(document).findings:
        if is_known(finding):
            continue
        faults += 1
        print(f"{name}: {finding.issue}: {finding.detail}")
if faults or not audited:
    sys.exit(f"{audited} policies, {faults} findings")

"""Reads a CloudFormation template, and the policies in it."""
import re

import yaml

VALUES = {"AWS::Partition": "aws", "AWS::Region": "us-east-1", "AWS::AccountId": "123456789012", "Name": "darkroom",
          "TableSuffix": "",
          "ReplicaRegion": "us-west-2", "ReplicaKeyId": "00000000-0000-0000-0000-000000000000",
          "KeyArn": "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"}


def read(path):
    """The template, with !Sub and !Ref filled in and every other function as the name that it is about."""

    def function(loader, suffix, node):
        value = node.value if isinstance(node, yaml.ScalarNode) else str(node.value)
        return VALUES.get(value) or re.sub(r"\$\{([^}]+)\}", lambda name: VALUES.get(name[1], name[1]), value)

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_multi_constructor("!", function)
    with open(path) as file:
        return yaml.load(file, Loader)


def policies(template):
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::IAM::Role":
            for policy in properties.get("Policies", []):
                yield name, policy["PolicyDocument"]
        elif resource["Type"] == "AWS::IAM::ManagedPolicy":
            yield name, properties["PolicyDocument"]

"""The rendered templates in each mode and with each option: what linters don't look at."""
import unittest

from evaluator import ROOT, templates

TEMPLATES = ["template", "replica", "delivery"]
# CloudFormation Template Reference, "Rule functions", "Supported functions".
RULE_FUNCTIONS = {"Fn::And", "Fn::Contains", "Fn::EachMemberEquals", "Fn::EachMemberIn", "Fn::Equals", "Fn::Not", "Fn::Or",
                  "Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll", "Ref"}


def read(name):
    return templates.read(ROOT / f"host/infra/{name}.yaml")


def render(name, **parameters):
    return templates.render(ROOT / f"host/infra/{name}.yaml", **parameters)


def functions(value):
    """The names of all functions in a part of a template."""
    if isinstance(value, list):
        return set().union(*map(functions, value))
    if isinstance(value, dict):
        own = {name for name in value if name == "Ref" or name.startswith("Fn::")}
        return own.union(*map(functions, value.values()))
    return set()


def broken_rules(name, **parameters):
    rules = render(name, **parameters)["Rules"]
    applied = {name: rule for name, rule in rules.items() if rule.get("RuleCondition", True)}
    return [name for name, rule in applied.items() if not all(entry["Assert"] for entry in rule["Assertions"])]


class Rules(unittest.TestCase):
    def test_only_functions_that_rules_know(self):
        for name in TEMPLATES:
            self.assertLessEqual(functions(read(name).get("Rules", {})), RULE_FUNCTIONS, name)

    def test_what_belongs_together_is_given_together(self):
        distribution, role = "arn:aws:cloudfront::123456789012:distribution/E1", "arn:aws:iam::123456789012:role/r"
        for parameters, broken in [
            ({}, []),
            ({"DistributionArn": distribution}, ["DistributionNeedsItsRoles"]),
            ({"DistributionArn": distribution, "DeliveryRoleArns": role}, []),
            ({"ReplicaRegion": "us-west-2"}, ["ReplicaNeedsItsKey"]),
            ({"ReplicaRegion": "us-west-2", "ReplicaKeyId": "0" * 36}, []),
        ]:
            self.assertEqual(broken_rules("template", **parameters), broken, parameters)
        self.assertEqual(broken_rules("delivery", region="eu-west-1"), ["Region"])


if __name__ == "__main__":
    unittest.main()

"""Tests the evaluator on examples that AWS publishes together with their results."""
import unittest

from evaluator import evaluate, simulation

HERE, THERE = "111122223333", "444455556666"
KEY = f"arn:aws:kms:us-west-2:{HERE}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ALIAS = f"arn:aws:kms:us-west-2:{HERE}:alias/test-key"
USER, ROLE = f"arn:aws:iam::{HERE}:user/KMSAdminUser", f"arn:aws:iam::{HERE}:role/ExampleRole"
STRANGER = f"arn:aws:iam::{THERE}:role/ExampleRole"
OBJECT, QUEUE = "arn:aws:s3:::amzn-s3-demo-bucket/photo.jpg", f"arn:aws:sqs:us-west-2:{HERE}:queue"
DISTRIBUTION = f"arn:aws:cloudfront::{HERE}:distribution/EDFDVBD6EXAMPLE"


def document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action, resource="*", principal=None, condition=None, effect="Allow"):
    extra = {"Principal": principal} if principal else {}
    return {"Effect": effect, "Action": action, "Resource": resource} | extra | ({"Condition": condition} if condition else {})


ROOT = {"AWS": f"arn:aws:iam::{HERE}:root"}
# KMS Developer Guide, "Default key policy": gives the account full access, and lets its IAM policies give it on.
DEFAULT_KEY = document(allow("kms:*", principal=ROOT))
# The same, "Controlling access to aliases": the key's policy names the user for CreateAlias and DescribeKey.
ALIAS_KEY = document(allow(["kms:CreateAlias", "kms:DescribeKey"], principal={"AWS": USER}))
ALIAS_USER = document(allow(["kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias"], ALIAS))
CLOSED_KEY = document(allow(["kms:DescribeKey", "kms:PutKeyPolicy"], principal=ROOT))
# DynamoDB Developer Guide, "Encryption at rest: usage notes", the policy of the AWS managed key.
DYNAMODB_KEY = document(allow(
    ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant", "kms:DescribeKey"],
    principal={"AWS": "*"},
    condition={"StringEquals": {"kms:CallerAccount": HERE, "kms:ViaService": "dynamodb.us-west-2.amazonaws.com"}}))
BY_DYNAMODB = {"kms:CallerAccount": HERE, "kms:ViaService": "dynamodb.us-west-2.amazonaws.com"}
BY_S3 = BY_DYNAMODB | {"kms:ViaService": "s3.us-west-2.amazonaws.com"}
# S3 User Guide, "Bucket policy examples": only over TLS.
TLS = document(allow("s3:*", OBJECT, "*", {"Bool": {"aws:SecureTransport": "false"}}, "Deny"))
# CloudFront Developer Guide, "Restrict access to an Amazon S3 origin": of one distribution alone.
ORIGIN = document(allow("s3:GetObject", OBJECT, {"Service": "cloudfront.amazonaws.com"},
                        {"StringEquals": {"AWS:SourceArn": DISTRIBUTION}}))
# SQS Developer Guide, "Basic examples of SQS policies": an account, a service and a role.
QUEUE_POLICY = document(allow("sqs:SendMessage", QUEUE, {"AWS": f"arn:aws:iam::{THERE}:root"}))
ADMINISTRATOR = document(allow("*"))
READER, OVER_TLS, PLAIN = document(allow("s3:GetObject", OBJECT)), {"aws:SecureTransport": "true"}, {"aws:SecureTransport": "false"}

# The rule that it shows; principal, action, resource, identity policies, resource policy, context; whether AWS allows
# it.
EXAMPLES = [
    ("the account's IAM policies work where its root may", USER, "kms:Decrypt", KEY, [ADMINISTRATOR], DEFAULT_KEY, {}, True),
    ("and only there: an administrator of the account needs a policy too", ROLE, "kms:Decrypt", KEY, [], DEFAULT_KEY, {}, False),
    ("a closed list gives on what it lists", USER, "kms:DescribeKey", KEY, [ADMINISTRATOR], CLOSED_KEY, {}, True),
    ("and nothing else", USER, "kms:CreateAlias", KEY, [ADMINISTRATOR], CLOSED_KEY, {}, False),
    ("a key's policy is enough for whom it names", USER, "kms:CreateAlias", KEY, [], ALIAS_KEY, {}, True),
    ("not for others", ROLE, "kms:CreateAlias", KEY, [ADMINISTRATOR], ALIAS_KEY, {}, False),
    ("an alias is the business of IAM policies", USER, "kms:CreateAlias", ALIAS, [ALIAS_USER], None, {}, True),
    ("of which each needs one", USER, "kms:CreateAlias", ALIAS, [], None, {}, False),
    ("through DynamoDB, everyone of the account", ROLE, "kms:Decrypt", KEY, [], DYNAMODB_KEY, BY_DYNAMODB, True),
    ("not through S3", ROLE, "kms:Decrypt", KEY, [], DYNAMODB_KEY, BY_S3, False),
    ("not directly", ROLE, "kms:Decrypt", KEY, [ADMINISTRATOR], DYNAMODB_KEY, {"kms:CallerAccount": HERE}, False),
    ("not of another account", STRANGER, "kms:Decrypt", KEY, [ADMINISTRATOR], DYNAMODB_KEY,
     BY_DYNAMODB | {"kms:CallerAccount": THERE}, False),
    ("a denial over plain HTTP stands over what IAM allows", ROLE, "s3:GetObject", OBJECT, [READER], TLS, PLAIN, False),
    ("and is none over TLS", ROLE, "s3:GetObject", OBJECT, [READER], TLS, OVER_TLS, True),
    ("the distribution that is named", "cloudfront.amazonaws.com", "s3:GetObject", OBJECT, [], ORIGIN,
     {"aws:SourceArn": DISTRIBUTION}, True),
    ("no other", "cloudfront.amazonaws.com", "s3:GetObject", OBJECT, [], ORIGIN, {"aws:SourceArn": f"{DISTRIBUTION}X"}, False),
    ("another account needs both policies", STRANGER, "sqs:SendMessage", QUEUE, [ADMINISTRATOR], QUEUE_POLICY, {}, True),
    ("one is not enough", STRANGER, "sqs:SendMessage", QUEUE, [], QUEUE_POLICY, {}, False),
]


class Examples(unittest.TestCase):
    def test_the_evaluator_decides_as_aws_documents(self):
        simulations = [simulation(*example[1:7], account=HERE) for example in EXAMPLES]
        for (what, *_, allowed), answer in zip(EXAMPLES, evaluate(simulations)):
            with self.subTest(what):
                self.assertEqual(answer == "Allowed", allowed, answer)


if __name__ == "__main__":
    unittest.main()

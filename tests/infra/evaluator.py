"""The evaluator of IAM's and KMS's policies, and a template's policies in its input format."""
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "scripts"))
import template as templates

ACCOUNT = templates.ACCOUNT
ADMINISTRATOR = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def documented(heading):
    """The policy below a heading in docs/pipeline.md, for a pipeline called darkroom."""
    section = (ROOT / "docs/pipeline.md").read_text().split(f"### {heading}\n")[1]
    text = section.split("```json\n")[1].split("```")[0]
    return json.loads(text.replace("<account>", ACCOUNT).replace("<region>", "*").replace("<name>", "darkroom"))


# Principals that are no roles of the template: an ARN, and the documents of their policies.
PEOPLE = {
    "operator": (f"arn:aws:iam::{ACCOUNT}:user/operator", [ADMINISTRATOR]),
    "stranger": ("arn:aws:iam::999999999999:role/stranger", [ADMINISTRATOR]),
    "edge": (f"arn:aws:iam::{ACCOUNT}:user/edge", [documented("An edge elsewhere")]),
    "server": (f"arn:aws:iam::{ACCOUNT}:role/server", [documented("`darkroom serve`")]),
}
# How the key of a resource is used for a call about it. S3 User Guide, "Using server-side encryption with AWS KMS keys";
# DynamoDB Developer Guide, "Encryption at rest: usage notes"; SNS and SQS Developer Guides, "Key management";
# Secrets Manager User Guide, "Secret encryption and decryption".
KEY_USE = {
    "s3:GetObject": ["kms:Decrypt"], "s3:GetObjectVersion": ["kms:Decrypt"], "s3:PutObject": ["kms:GenerateDataKey"],
    "s3:GetObjectVersionForReplication": ["kms:Decrypt"], "s3:ReplicateObject": ["kms:Encrypt"],
    "dynamodb:PutItem": ["kms:Decrypt"], "dynamodb:Query": ["kms:Decrypt"], "dynamodb:DeleteItem": ["kms:Decrypt"],
    "dynamodb:Scan": ["kms:Decrypt"],
    "sns:Publish": ["kms:GenerateDataKey", "kms:Decrypt"],
    "sqs:SendMessage": ["kms:GenerateDataKey", "kms:Decrypt"], "sqs:ReceiveMessage": ["kms:Decrypt"],
    "secretsmanager:GetSecretValue": ["kms:Decrypt"],
}


def evaluate(simulations):
    """One answer for each: Allowed, ImplicitlyDenied or ExplicitlyDenied."""
    node = ["node", ROOT / "tests/infra/evaluate.mjs"]
    done = subprocess.run(node, input=json.dumps(simulations), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def simulation(principal, action, resource, identity=(), resource_policy=None, context=None, account=ACCOUNT):
    named = [{"name": str(number), "policy": document} for number, document in enumerate(identity)]
    asked = {"principal": principal, "action": action, "contextVariables": context or {},
             "resource": {"resource": resource, "accountId": account}}
    return {"request": asked, "identityPolicies": named} | ({"resourcePolicy": resource_policy} if resource_policy else {})


class Deployment:
    """A rendered stack: the policies of each principal and of each resource."""

    def __init__(self, template, region=templates.REGION):
        self.template, self.region = template, region
        self.key = f"arn:aws:kms:{region}:{ACCOUNT}:key/Key"
        self.on = self.resource_policies()

    def resource_policies(self):
        of = lambda kind: templates.of_type(self.template, kind).values()
        on = {f"arn:aws:s3:::{policy['Bucket']}": policy["PolicyDocument"] for policy in of("AWS::S3::BucketPolicy")}
        for policy in of("AWS::SQS::QueuePolicy"):
            on |= {queue_arn(url, self.region): policy["PolicyDocument"] for url in policy["Queues"]}
        for policy in of("AWS::SNS::TopicPolicy"):
            on |= dict.fromkeys(policy["Topics"], policy["PolicyDocument"])
        on |= {self.key: key["KeyPolicy"] for key in of("AWS::KMS::Key")}
        for permission in of("AWS::Lambda::Permission"):
            arn = f"arn:aws:lambda:{self.region}:{ACCOUNT}:function:{permission['FunctionName']}"
            on.setdefault(arn, {"Version": "2012-10-17", "Statement": []})["Statement"].append(permits(permission, arn))
        return on

    def simulations(self, who, action, resource, **context):
        """The call itself, and its use of the key. `who` is a role of the template, a service, or one of
        PEOPLE."""
        principal, identity = self.identity(who)
        service = "." in principal and ":" not in principal
        context = ({"aws:SecureTransport": "true"} if action.startswith("s3:") else {}) | context
        policy = self.on.get(resource) or self.on.get(resource.split("/")[0])
        yield simulation(principal, action, resource, identity, policy, context)
        if not self.is_encrypted(action, resource):
            return
        origin = {name: value for name, value in context.items() if name in ["aws:SourceArn", "aws:SourceAccount"]}
        via = f"{action.split(':')[0]}.{self.region}.amazonaws.com"
        asked = origin if service else {"kms:ViaService": via, "kms:CallerAccount": ACCOUNT}
        for use in KEY_USE[action]:
            yield simulation(principal, use, self.key, identity, self.on.get(self.key), asked)

    def is_encrypted(self, action, resource):
        """Whether the call uses the template's key: it encrypts everything but the logs of deliveries."""
        return action in KEY_USE and "delivery-logs" not in resource and self.key in self.on

    def identity(self, who):
        if who in PEOPLE:
            return PEOPLE[who]
        if who in templates.of_type(self.template, "AWS::IAM::Role"):
            arn = f"arn:aws:iam::{ACCOUNT}:role/{who}"
            return arn, [document for _, document in templates.policies(self.template, who)]
        return who, []


def queue_arn(url, region):
    return f"arn:aws:sqs:{region}:{ACCOUNT}:{url.rpartition('/')[2]}"


def permits(permission, function):
    """The statement that `AddPermission` writes into a function's policy."""
    condition = {"ArnLike": {"AWS:SourceArn": permission["SourceArn"]}}
    if "FunctionUrlAuthType" in permission:
        condition["StringEquals"] = {"lambda:FunctionUrlAuthType": permission["FunctionUrlAuthType"]}
    if permission.get("InvokedViaFunctionUrl"):
        condition["Bool"] = {"lambda:InvokedViaFunctionUrl": "true"}
    return {"Effect": "Allow", "Principal": {"Service": permission["Principal"]}, "Action": permission["Action"],
            "Resource": function, "Condition": condition}

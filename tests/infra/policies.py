"""Every call that a function, a service or an operator makes, and some that must be refused, against the templates' identity,
resource and key policies together."""
import json
import unittest

from evaluator import ACCOUNT, ROOT, Deployment, evaluate, simulation, templates

DISTRIBUTION = f"arn:aws:cloudfront::{ACCOUNT}:distribution/Distribution"
DELIVERY_ROLES = [f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ["DeliverRole", "OriginRequestRole"]]
DELIVERED = {"DistributionArn": DISTRIBUTION, "DeliveryRoleArns": ",".join(DELIVERY_ROLES)}
REPLICATED = {"ReplicaRegion": "us-west-2", "ReplicaKeyId": "Key"}
UPLOAD = "uploads/u1/20260101_120000_0123456789abcdef_photo.jpg"
RAW, PROCESSED, THUMBNAILS, REPLICA = (
    f"arn:aws:s3:::darkroom-{name}-{ACCOUNT}-{region}" for name, region in
    [("raw", "us-east-1"), ("processed", "us-east-1"), ("thumbnails", "us-east-1"), ("raw", "us-west-2")])
COMPRESSED, SMALL, VARIANT = f"{PROCESSED}/compressed/u1/a.webp", f"{THUMBNAILS}/thumbnails/small/u1/a.jpg", f"{PROCESSED}/variants/a"
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/darkroom-image-metadata"
INDEX = f"{TABLE}/index/user-id-index"


def arn(service, name):
    return f"arn:aws:{service}:us-east-1:{ACCOUNT}:{name}"


TOPIC, OPS = arn("sns", "darkroom-ImageProcessingComplete"), arn("sns", "darkroom-ops")
UPLOADS, UPLOADS_DEAD, EVENTS_DEAD = (
    arn("sqs", f"darkroom-{name}") for name in ["uploads", "uploads-dead-letters", "events-dead-letters"])
KEY, ALIAS, STATES = arn("kms", "key/Key"), arn("kms", "alias/darkroom"), arn("states", "stateMachine:darkroom")
LOG = arn("logs", "log-group:/aws/lambda/darkroom:log-stream:a")


def function(name):
    return arn("lambda", f"function:darkroom-{name}")


def rule(name):
    return {"aws:SourceArn": arn("events", f"rule/darkroom-{name}"), "aws:SourceAccount": ACCOUNT}


BY_DYNAMODB, BY_BACKUP = (
    {"kms:CallerAccount": ACCOUNT, "kms:ViaService": f"{service}.us-east-1.amazonaws.com"} for service in ["dynamodb", "backup"])
HERE, ELSEWHERE = {"aws:SourceAccount": ACCOUNT}, {"aws:SourceAccount": "999999999999"}
EDGE = {"aws:SourceArn": DISTRIBUTION}
CALLED_BY_URL = EDGE | {"lambda:FunctionUrlAuthType": "AWS_IAM", "lambda:InvokedViaFunctionUrl": "true"}
PLAIN_HTTP = {"aws:SecureTransport": "false"}
LOGGED = {"kms:EncryptionContext:aws:logs:arn": arn("logs", "log-group:/aws/lambda/darkroom")}
LOGS = "logs.us-east-1.amazonaws.com"

# Principals, actions, resource, and the context of the request.
READS = [(f"{RAW}/{UPLOAD}", "s3:GetObject"), (f"{RAW}/{UPLOAD}", "s3:GetObjectVersion"), (RAW, "s3:ListBucket")]
LOGS_LINES = [(LOG, "logs:CreateLogStream"), (LOG, "logs:PutLogEvents")]
MAY = {
    "standard": {
        "PresignRole": [(f"{RAW}/{UPLOAD}", "s3:PutObject"), *LOGS_LINES],
        "CompressRole": [*READS, (COMPRESSED, "s3:PutObject"), *LOGS_LINES],
        "ThumbnailRole": [*READS, (SMALL, "s3:PutObject"), *LOGS_LINES],
        "MetadataRole": [(TABLE, "dynamodb:PutItem"), *LOGS_LINES],
        "RuleRole": [(f"{STATES}-pipeline-standard", "states:StartExecution")],
        "PipelineRole": [*((function(name), "lambda:InvokeFunction") for name in ["compress", "thumbnail", "metadata"]),
                         (TOPIC, "sns:Publish"), (UPLOADS, "sqs:SendMessage"), (UPLOADS_DEAD, "sqs:SendMessage")],
        "ReplicationRole": [(RAW, "s3:GetReplicationConfiguration"), (f"{RAW}/{UPLOAD}", "s3:GetObjectVersionForReplication")],
    },
    "queue": {
        "ProcessRole": [*READS, (COMPRESSED, "s3:PutObject"), (SMALL, "s3:PutObject"), (TABLE, "dynamodb:PutItem"),
                        (TOPIC, "sns:Publish"), (UPLOADS, "sqs:ReceiveMessage"), (UPLOADS, "sqs:DeleteMessage"),
                        (UPLOADS, "sqs:GetQueueAttributes"), (UPLOADS, "sqs:ChangeMessageVisibility"), *LOGS_LINES],
        "PurgeRole": [(f"{RAW}/{UPLOAD}", "s3:GetObject"), *((bucket, "s3:ListBucket") for bucket in [RAW, PROCESSED, THUMBNAILS]),
                      *((place, "s3:DeleteObject") for place in [COMPRESSED, SMALL, VARIANT]), (INDEX, "dynamodb:Query"),
                      (TABLE, "dynamodb:DeleteItem"), (EVENTS_DEAD, "sqs:SendMessage"), (DISTRIBUTION, "cloudfront:CreateInvalidation"),
                      *LOGS_LINES],
        "BackfillRole": [(RAW, "s3:ListBucket"), (f"{RAW}/{UPLOAD}", "s3:GetObject"), (f"{RAW}/backfill/a", "s3:PutObject"),
                         (function("process"), "lambda:InvokeFunction"), (f"{STATES}-backfill", "states:StartExecution")],
        "events.amazonaws.com": [(UPLOADS, "sqs:SendMessage", rule("uploads")), (EVENTS_DEAD, "sqs:SendMessage", rule("uploads")),
                                 (EVENTS_DEAD, "sqs:SendMessage", rule("deletions")),
                                 (function("purge"), "lambda:InvokeFunction", rule("deletions"))],
        "apigateway.amazonaws.com": [(function("presign"), "lambda:InvokeFunction",
                                      {"aws:SourceArn": arn("execute-api", "Api/$default/GET/upload-url")})],
        "cloudwatch.amazonaws.com": [(OPS, "sns:Publish", HERE)],
        "budgets.amazonaws.com": [(OPS, "sns:Publish", HERE)],
        "sns.amazonaws.com": [(KEY, "kms:GenerateDataKey", HERE), (KEY, "kms:Decrypt", HERE)],
        "cloudfront.amazonaws.com": [*((place, "s3:GetObject", EDGE) for place in [COMPRESSED, SMALL]),
                                     *((bucket, "s3:ListBucket", EDGE) for bucket in [PROCESSED, THUMBNAILS])],
        LOGS: [(KEY, "kms:GenerateDataKey", LOGGED), (KEY, "kms:Decrypt", LOGGED)],
        # KMS Developer Guide, "Controlling access to aliases": on the alias and on the key. The rest: docs/recovery.md.
        "operator": [*((place, f"kms:{verb}Alias") for verb in ["Create", "Update", "Delete"] for place in [ALIAS, KEY]),
                     (f"{STATES}-backfill", "states:StartExecution"), (f"{RAW}/backfill/a", "s3:GetObject"),
                     (RAW, "s3:ListBucketVersions"), (f"{RAW}/{UPLOAD}", "s3:DeleteObjectVersion"),
                     (f"{RAW}/{UPLOAD}", "s3:GetObject"), (f"{RAW}/{UPLOAD}", "s3:PutObject"), (SMALL, "s3:DeleteObject"),
                     (UPLOADS_DEAD, "sqs:StartMessageMoveTask"), (UPLOADS_DEAD, "sqs:ReceiveMessage"), (UPLOADS, "sqs:SendMessage"),
                     (EVENTS_DEAD, "sqs:ReceiveMessage"), (TABLE, "dynamodb:Scan"), (INDEX, "dynamodb:Query"),
                     (TABLE, "dynamodb:PutItem"), (TABLE, "dynamodb:DeleteItem"), (TOPIC, "sns:Publish"),
                     (arn("secretsmanager", "secret:darkroom/webhook-a1b2c3"), "secretsmanager:GetSecretValue"),
                     *((KEY, f"kms:{verb}", BY_DYNAMODB) for verb in ["CreateGrant", "DescribeKey", "GenerateDataKey", "Encrypt"]),
                     *((KEY, f"kms:{verb}", BY_BACKUP) for verb in ["CreateGrant", "RetireGrant", "GenerateDataKey", "Decrypt"])],
        # Their policies are those in docs/pipeline.md.
        "edge": [(f"{RAW}/site/photo.jpg", "s3:GetObject"), *((place, f"s3:{verb}Object") for place in [COMPRESSED, SMALL, VARIANT]
                 for verb in ["Get", "Put"]), *((bucket, "s3:ListBucket") for bucket in [RAW, PROCESSED, THUMBNAILS])],
        "server": [(f"{RAW}/{UPLOAD}", "s3:GetObjectVersion"),
                   *((place, f"s3:{verb}Object") for place in [f"{RAW}/{UPLOAD}", COMPRESSED, SMALL, VARIANT] for verb in ["Get", "Put", "Delete"]),
                   *((bucket, "s3:ListBucket") for bucket in [RAW, PROCESSED, THUMBNAILS]),
                   (TABLE, "dynamodb:PutItem"), (TABLE, "dynamodb:DeleteItem"), (TABLE, "dynamodb:Query"), (INDEX, "dynamodb:Query"),
                   *((UPLOADS, f"sqs:{verb}") for verb in ["ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes"]),
                   (TOPIC, "sns:Publish")],
    },
}
# Calls that must be refused.
MAY_NOT = {
    "standard": {
        "PresignRole": [(f"{RAW}/{UPLOAD}", "s3:GetObject"), (f"{RAW}/backfill/a", "s3:PutObject"), (COMPRESSED, "s3:PutObject"),
                        (TABLE, "dynamodb:PutItem")],
        "CompressRole": [(SMALL, "s3:PutObject"), (f"{RAW}/{UPLOAD}", "s3:PutObject"), (TABLE, "dynamodb:PutItem"),
                         (f"{RAW}/{UPLOAD}", "s3:GetObject", PLAIN_HTTP), (KEY, "kms:Decrypt"), (KEY, "kms:CreateGrant")],
        "ThumbnailRole": [(COMPRESSED, "s3:PutObject"), (TOPIC, "sns:Publish")],
        "MetadataRole": [(f"{RAW}/{UPLOAD}", "s3:GetObject"), (TABLE, "dynamodb:DeleteItem"), (TABLE, "dynamodb:Scan"),
                         (f"{TABLE}2", "dynamodb:PutItem")],
        "PipelineRole": [(OPS, "sns:Publish"), (UPLOADS, "sqs:ReceiveMessage"), (EVENTS_DEAD, "sqs:SendMessage"), (function("purge"), "lambda:InvokeFunction"), (f"{RAW}/{UPLOAD}", "s3:GetObject")],
        "RuleRole": [(f"{STATES}-backfill", "states:StartExecution")],
        "ReplicationRole": [(f"{RAW}/{UPLOAD}", "s3:DeleteObject"), (f"{RAW}/{UPLOAD}", "s3:PutObject")],
    },
    "queue": {
        "ProcessRole": [(f"{RAW}/{UPLOAD}", "s3:PutObject"), (COMPRESSED, "s3:DeleteObject"), (TABLE, "dynamodb:DeleteItem"),
                        (OPS, "sns:Publish"), (UPLOADS, "sqs:SendMessage"), (EVENTS_DEAD, "sqs:ReceiveMessage")],
        "PurgeRole": [(f"{DISTRIBUTION}2", "cloudfront:CreateInvalidation"), (f"{RAW}/{UPLOAD}", "s3:DeleteObject"), (SMALL, "s3:PutObject"), (TABLE, "dynamodb:PutItem")],
        "BackfillRole": [(f"{RAW}/{UPLOAD}", "s3:PutObject"), (function("purge"), "lambda:InvokeFunction")],
        "events.amazonaws.com": [(UPLOADS, "sqs:SendMessage", rule("deletions")), (UPLOADS, "sqs:SendMessage", ELSEWHERE),
                                 (function("process"), "lambda:InvokeFunction", rule("uploads")), (KEY, "kms:Decrypt", ELSEWHERE)],
        "cloudwatch.amazonaws.com": [(OPS, "sns:Publish", ELSEWHERE), (TOPIC, "sns:Publish", HERE)],
        "cloudfront.amazonaws.com": [(f"{RAW}/{UPLOAD}", "s3:GetObject", EDGE), (COMPRESSED, "s3:PutObject", EDGE),
                                     (COMPRESSED, "s3:GetObject", {"aws:SourceArn": f"{DISTRIBUTION}2"}),
                                     (KEY, "kms:Decrypt", {"aws:SourceArn": f"{DISTRIBUTION}2"})],
        LOGS: [(KEY, "kms:Decrypt", {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:us-east-1:999999999999:log-group:a"})],
        "stranger": [(f"{RAW}/{UPLOAD}", "s3:GetObject"), (KEY, "kms:Decrypt"), (KEY, "kms:PutKeyPolicy"), (UPLOADS, "sqs:SendMessage")],
        "edge": [(f"{RAW}/{UPLOAD}", "s3:PutObject"), (COMPRESSED, "s3:DeleteObject"), (TABLE, "dynamodb:Query"), (KEY, "kms:Decrypt")],
        "server": [(f"{RAW}/{UPLOAD}", "s3:DeleteObjectVersion"), (TABLE, "dynamodb:Scan"), (OPS, "sns:Publish"), (KEY, "kms:Decrypt")],
        # Of messages and objects as such, the key is of no use even to an administrator.
        "operator": [(KEY, "kms:Decrypt"), (f"{RAW}/{UPLOAD}", "s3:GetObject", PLAIN_HTTP)],
    },
}
# Of delivery.yaml, whose functions use the buckets and the key of the other stack.
DELIVERY_MAKES = [(f"{RAW}/site/photo.jpg", "s3:GetObject"), *((place, f"s3:{verb}Object") for place in [COMPRESSED, SMALL, VARIANT]
                  for verb in ["Get", "Put"]), *((bucket, "s3:ListBucket") for bucket in [RAW, PROCESSED, THUMBNAILS])]
MAY_DELIVER = {
    "DeliverRole": [*DELIVERY_MAKES, (function("deliver"), "lambda:InvokeFunction"),
                    (arn("logs", "log-group:/aws/lambda/darkroom-deliver:log-stream:a"), "logs:PutLogEvents")],
    "OriginRequestRole": [*DELIVERY_MAKES, (f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:/aws/lambda/us-east-1.darkroom-origin-request",
                                            "logs:CreateLogGroup")],
    # Lambda Developer Guide, "Control access to Lambda function URLs": both, since October 2025.
    "cloudfront.amazonaws.com": [(function("deliver"), "lambda:InvokeFunctionUrl", CALLED_BY_URL),
                                 (function("deliver"), "lambda:InvokeFunction", CALLED_BY_URL)],
}
MAY_NOT_DELIVER = {
    "DeliverRole": [(f"{RAW}/site/photo.jpg", "s3:PutObject"), (COMPRESSED, "s3:DeleteObject"), (TABLE, "dynamodb:Query"),
                    (function("purge"), "lambda:InvokeFunction")],
    "OriginRequestRole": [(function("deliver"), "lambda:InvokeFunction"), (f"{RAW}/site/photo.jpg", "s3:PutObject")],
    "cloudfront.amazonaws.com": [(function("deliver"), "lambda:InvokeFunctionUrl", CALLED_BY_URL | {"aws:SourceArn": f"{DISTRIBUTION}2"})],
}
# Of replica.yaml: what replicates, what reads after a fail-over, and the operator who copies from there.
REPLICA_PROCESSED, REPLICA_KEY = f"arn:aws:s3:::darkroom-processed-{ACCOUNT}-us-west-2", f"arn:aws:kms:us-west-2:{ACCOUNT}:key/Key"
MAY_REPLICA = {
    "ReplicationRole": [(f"{REPLICA}/{UPLOAD}", f"s3:{verb}") for verb in ["ReplicateObject", "ReplicateDelete", "ReplicateTags"]],
    "operator": [(f"{REPLICA}/{UPLOAD}", "s3:GetObject"), (f"{REPLICA}/{UPLOAD}", "s3:PutObject")],
    "edge": [(f"{REPLICA_PROCESSED}/compressed/u1/a.webp", "s3:GetObject")],
    "cloudfront.amazonaws.com": [(f"{REPLICA_PROCESSED}/compressed/u1/a.webp", "s3:GetObject", EDGE), (REPLICA_PROCESSED, "s3:ListBucket", EDGE)],
}
MAY_NOT_REPLICA = {
    "ReplicationRole": [(f"{REPLICA}/{UPLOAD}", "s3:GetObject"), (REPLICA_KEY, "kms:Decrypt")],
    "stranger": [(f"{REPLICA}/{UPLOAD}", "s3:GetObject"), (REPLICA_KEY, "kms:Decrypt")],
    "operator": [(REPLICA_KEY, "kms:Decrypt"), (f"{REPLICA}/{UPLOAD}", "s3:GetObject", PLAIN_HTTP)],
    "cloudfront.amazonaws.com": [(f"{REPLICA}/{UPLOAD}", "s3:GetObject", EDGE)],
}
# The principals that may assume each role.
SERVICES = {"Presign": "lambda", "Compress": "lambda", "Thumbnail": "lambda", "Metadata": "lambda", "Process": "lambda",
            "Purge": "lambda", "Pipeline": "states", "Backfill": "states", "Rule": "events", "Replication": "s3", "Backup": "backup"}


def calls(table):
    for who, rows in table.items():
        for resource, action, *context in rows:
            yield who, action, resource, context[0] if context else {}


def verdicts(deployment, table):
    """Each call of a table, and whether all of its parts are allowed."""
    made = list(calls(table))
    parts = [list(deployment.simulations(who, action, resource, **context)) for who, action, resource, context in made]
    answers = iter(evaluate([part for call in parts for part in call]))
    for call, of_call in zip(made, parts):
        refused = [part["request"]["action"] for part in of_call if next(answers) != "Allowed"]
        yield call, refused


def pipeline(mode):
    return Deployment(templates.render(ROOT / "host/infra/template.yaml", Mode=mode, **DELIVERED, **REPLICATED))


class Delivery(Deployment):
    """The delivery stack, on the buckets and the key of the pipeline's."""

    def __init__(self):
        super().__init__(templates.render(ROOT / "host/infra/delivery.yaml"))
        self.on = pipeline("standard").on | self.on


class Replica(Deployment):
    """The second region's stack, to which a role of the pipeline's writes."""

    def __init__(self):
        super().__init__(templates.render(ROOT / "host/infra/replica.yaml", region="us-west-2", DistributionArn=DISTRIBUTION), "us-west-2")
        self.template["Resources"]["ReplicationRole"] = pipeline("standard").template["Resources"]["ReplicationRole"]


class FailedOver(Replica):
    """The delivery stack, pointed at the second region's buckets."""

    def __init__(self):
        super().__init__()
        self.template = templates.render(ROOT / "host/infra/delivery.yaml", BucketRegion="us-west-2", ReplicaKeyArn=REPLICA_KEY)


class Policies(unittest.TestCase):
    def check(self, deployment, may, may_not):
        for (who, action, resource, _), refused in verdicts(deployment, may):
            with self.subTest(may=action, who=who, on=resource):
                self.assertEqual(refused, [])
        for (who, action, resource, _), refused in verdicts(deployment, may_not):
            with self.subTest(may_not=action, who=who, on=resource):
                self.assertNotEqual(refused, [])

    def test_the_workflow(self):
        self.check(pipeline("standard"), MAY["standard"], MAY_NOT["standard"])

    def test_the_queue_and_what_every_mode_has(self):
        self.check(pipeline("queue"), MAY["queue"], MAY_NOT["queue"])

    def test_delivery(self):
        self.check(Delivery(), MAY_DELIVER, MAY_NOT_DELIVER)

    def test_the_second_region(self):
        self.check(Replica(), MAY_REPLICA, MAY_NOT_REPLICA)

    def test_delivery_from_the_second_region(self):
        makes = [(place.replace("us-east-1", "us-west-2"), action) for place, action in DELIVERY_MAKES]
        may = dict.fromkeys(["DeliverRole", "OriginRequestRole"], makes)
        self.check(FailedOver(), may, {"DeliverRole": [(f"{RAW}/site/photo.jpg", "s3:GetObject"), (REPLICA_KEY, "kms:Decrypt")]})

    def test_each_role_is_its_service_s(self):
        deployment = pipeline("express")
        roles = templates.of_type(deployment.template, "AWS::IAM::Role")
        self.assertEqual(roles.keys(), {f"{name}Role" for name in SERVICES})
        asked = []
        for name, service in SERVICES.items():
            trust = roles[f"{name}Role"]["AssumeRolePolicyDocument"]
            for who in [f"{service}.amazonaws.com", "ec2.amazonaws.com"]:
                asked.append(simulation(who, "sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/{name}Role", (), trust, HERE))
        self.assertEqual(evaluate(asked), ["Allowed", "ImplicitlyDenied"] * len(SERVICES))


class TheFirstTemplate(unittest.TestCase):
    """These tests would have found the errors of the template's first key policy (first-key-policy.json): a stack that
    can't make its alias, functions that the table refuses, and a runbook, a Worker and a server without objects."""

    def test_its_key_policy_refuses_calls_that_are_made(self):
        deployment = pipeline("standard")
        deployment.on[deployment.key] = json.loads((ROOT / "tests/infra/first-key-policy.json").read_text())
        table = {who: rows for mode in MAY.values() for who, rows in mode.items()}
        found = {(who, action) for (who, action, _, _), refused in verdicts(deployment, table) if refused}
        self.assertEqual(found, {
            *(("operator", f"kms:{verb}Alias") for verb in ["Create", "Update", "Delete"]), ("operator", "kms:RetireGrant"),
            *((role, "dynamodb:PutItem") for role in ["MetadataRole", "ProcessRole"]),
            *(("PurgeRole", f"dynamodb:{verb}") for verb in ["Query", "DeleteItem"]),
            *((who, f"s3:{verb}Object") for who in ["operator", "edge", "server"] for verb in ["Get", "Put"]),
            ("server", "s3:GetObjectVersion"), ("operator", "sqs:SendMessage"),
            *((who, call) for who in ["operator", "server"] for call in ["sqs:ReceiveMessage", "sns:Publish"]),
        })


if __name__ == "__main__":
    unittest.main()

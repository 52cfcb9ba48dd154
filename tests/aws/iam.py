"""The chain under IAM: each function has its own role from the template, which suffices for its work and grants nothing
more. Usage: iam.py FOLDER STATE_MACHINE TEMPLATE, where FOLDER holds bootstrap and processor.cwasm.

moto refuses every presigned URL while it enforces IAM, so an upload is a PUT under presign's role.
docs/pipeline.md lists the other limits of this test.
"""
import json
import pathlib
import subprocess
import sys
import time

import boto3
import requests
from botocore.exceptions import ClientError

ROOT = pathlib.Path(__file__).resolve().parents[2]
PHOTO = (ROOT / "tests/fixtures/good/jpeg-420.jpg").read_bytes()
RAW = {"presign": "raw-workflow", "presign-queue": "raw-queue"}
ELSEWHERE = "uploads/u/20260101_000000_0123456789abcdef_photo.jpg"
ITEM = {"imageId": {"S": "img_1"}, "uploadedAt": {"N": "1"}}
OPS = "arn:aws:sns:us-east-1:123456789012:ops"

# The calls that each role is refused: service, call, arguments.
REFUSED = {
    "presign": [
        ("s3", "get_object", {"Bucket": "raw-workflow", "Key": ELSEWHERE}),
        ("s3", "put_object", {"Bucket": "raw-workflow", "Key": "backfill/report.json"}),
        ("s3", "put_object", {"Bucket": "processed-images", "Key": "compressed/u/photo.webp"}),
    ],
    "compress": [
        ("s3", "put_object", {"Bucket": "thumbnails", "Key": "thumbnails/small/u/photo.jpg"}),
        ("s3", "put_object", {"Bucket": "processed-images", "Key": "variants/u/photo.webp"}),
        ("s3", "put_object", {"Bucket": "raw-workflow", "Key": ELSEWHERE}),
        ("s3", "delete_object", {"Bucket": "raw-workflow", "Key": ELSEWHERE}),
        ("dynamodb", "put_item", {"TableName": "image-metadata", "Item": ITEM}),
    ],
    "thumbnail": [
        ("s3", "put_object", {"Bucket": "processed-images", "Key": "compressed/u/photo.webp"}),
        ("s3", "delete_object", {"Bucket": "thumbnails", "Key": "thumbnails/small/u/photo.jpg"}),
        ("sns", "publish", {"TopicArn": OPS, "Message": "m"}),
    ],
    "metadata": [
        ("s3", "get_object", {"Bucket": "raw-workflow", "Key": ELSEWHERE}),
        ("dynamodb", "put_item", {"TableName": "another", "Item": ITEM}),
        ("dynamodb", "delete_item", {"TableName": "image-metadata", "Key": ITEM}),
    ],
    "process": [
        ("s3", "put_object", {"Bucket": "raw-queue", "Key": ELSEWHERE}),
        ("s3", "delete_object", {"Bucket": "processed-images", "Key": "compressed/u/photo.webp"}),
        ("dynamodb", "delete_item", {"TableName": "image-metadata", "Key": ITEM}),
        ("sns", "publish", {"TopicArn": OPS, "Message": "m"}),
    ],
    "purge": [
        ("s3", "delete_object", {"Bucket": "raw-workflow", "Key": ELSEWHERE}),
        ("s3", "put_object", {"Bucket": "thumbnails", "Key": "thumbnails/small/u/photo.jpg"}),
        ("dynamodb", "put_item", {"TableName": "image-metadata", "Item": ITEM}),
    ],
    "workflow": [
        ("sns", "publish", {"TopicArn": OPS, "Message": "m"}),
        ("s3", "get_object", {"Bucket": "raw-workflow", "Key": ELSEWHERE}),
    ],
}


class Cloud:
    def __init__(self, *arguments):
        command = [sys.executable, ROOT / "tests/aws/cloud.py", *arguments]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.ready = json.loads(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.wait()

    def client(self, service, role=None):
        """An administrator's without a role."""
        names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
        variables = self.ready["roles"][role] if role else dict.fromkeys(names, "test")
        keys = {name.lower(): value for name, value in variables.items()}
        return boto3.client(service, region_name="us-east-1", endpoint_url=self.ready["endpoint"], **keys)

    def invoke(self, function, event):
        url = f"{self.ready['runtime']}/2015-03-31/functions/{function}/invocations"
        answer = requests.post(url, json=event, timeout=60)
        return answer.json(), answer.status_code >= 400

    def subscribe(self, user):
        return requests.post(f"{self.ready['endpoint']}/_cloud/subscribe", json={"user": user}, timeout=60).json()

    def upload(self, presign, user):
        """Returns the event about it."""
        parameters = {"filename": "photo.jpg", "contentType": "image/jpeg", "contentLength": str(len(PHOTO))}
        http = {"method": "GET", "path": "/upload-url", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"}
        http["userAgent"] = "t"
        authorizer = {"jwt": {"claims": {"sub": user}, "scopes": None}}
        request = {"version": "2.0", "headers": {}, "queryStringParameters": parameters, "isBase64Encoded": False}
        request["requestContext"] = {"authorizer": authorizer, "http": http, "timeEpoch": 0}
        answer, _ = self.invoke(presign, request)
        key, bucket = json.loads(answer["body"])["key"], RAW[presign]
        put = self.client("s3", presign).put_object(Bucket=bucket, Key=key, Body=PHOTO, ContentType="image/jpeg")
        uploaded = {"key": key, "size": len(PHOTO), "etag": put["ETag"].strip('"'), "version-id": put["VersionId"]}
        return {"detail": {"bucket": {"name": bucket}, "object": uploaded}}

    def items(self, user):
        values = {":user": {"S": user}}
        table = {"TableName": "image-metadata", "IndexName": "user-id-index"}
        asked = {"KeyConditionExpression": "userId = :user", "ExpressionAttributeValues": values}
        return self.client("dynamodb").query(**table, **asked)["Items"]

    def objects(self, user):
        return [
            entry["Key"]
            for bucket in ["processed-images", "thumbnails"]
            for entry in self.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])
            if f"/{user}/" in entry["Key"]
        ]

    def message(self, queue):
        answer = self.client("sqs").receive_message(QueueUrl=queue)
        return [message["Body"] for message in answer.get("Messages", [])]

    def execution(self, key):
        """How the execution about this object ended."""
        states = self.client("stepfunctions")
        for execution in states.list_executions(stateMachineArn=self.ready["machine"])["executions"]:
            described = states.describe_execution(executionArn=execution["executionArn"])
            if key in described["input"] and described["status"] != "RUNNING":
                return described["status"]
        return None


class Without:
    """A role without the statement that allows an action, for as long as it lasts."""

    def __init__(self, cloud, role, action):
        self.iam, self.role, self.action = cloud.client("iam"), role, action

    def __enter__(self):
        self.policy = "work"
        self.document = self.iam.get_role_policy(RoleName=self.role, PolicyName=self.policy)["PolicyDocument"]
        left = [statement for statement in self.document["Statement"] if self.action not in statement["Action"]]
        assert len(left) == len(self.document["Statement"]) - 1, (self.role, self.action)
        if left:
            self.put(self.document | {"Statement": left})
        else:
            self.iam.delete_role_policy(RoleName=self.role, PolicyName=self.policy)

    def __exit__(self, *_):
        self.put(self.document)

    def put(self, document):
        self.iam.put_role_policy(RoleName=self.role, PolicyName=self.policy, PolicyDocument=json.dumps(document))


def eventually(what, look):
    begun = time.monotonic()
    while time.monotonic() - begun < 90:
        if found := look():
            return found
        time.sleep(0.2)
    raise AssertionError(f"not within 90 s: {what}")


def whole_chain(cloud, presign, user):
    """Returns the event about an upload that is completed."""
    queue = cloud.subscribe(user)
    event = cloud.upload(presign, user)
    [message] = eventually(f"a message to {user}", lambda: cloud.message(queue))
    assert json.loads(json.loads(message)["Message"])["status"] == "completed", message
    [item] = cloud.items(user)
    assert item["status"]["S"] == "completed", item
    assert len(cloud.objects(user)) == 4, cloud.objects(user)
    return event


def is_refused(call):
    try:
        call()
    except ClientError as error:
        # moto's refusals in the name of DynamoDB are in no format that a client reads.
        assert error.response["Error"]["Code"] in ["AccessDenied", "403"], error
        return True
    return False


def assert_refusals(cloud):
    for role, calls in REFUSED.items():
        for service, call, arguments in calls:
            made = lambda: getattr(cloud.client(service, role), call)(**arguments)
            assert is_refused(made), f"{role} may {service} {call} {arguments}"


def assert_failed_upload(cloud, role, action, presign):
    """Without the statement, the chain records and tells that the image failed."""
    user = f"without-{role}-{action.split(':')[1]}"
    queue = cloud.subscribe(user)
    with Without(cloud, role, action):
        cloud.upload(presign, user)
        [message] = eventually(f"a message to {user}", lambda: cloud.message(queue))
    told = json.loads(json.loads(message)["Message"])
    assert (told["status"], told["reason"]) == ("failed", "the store answered 403 AccessDenied"), told


def assert_failed_call(cloud, function, action, event):
    with Without(cloud, function, action):
        answer, failed = cloud.invoke(function, event)
    assert failed or answer.get("batchItemFailures"), f"{function} without {action}: {answer}"


def assert_statements_are_needed(cloud, uploaded, queued):
    for role, action, presign in [
        ("compress", "s3:GetObjectVersion", "presign"),
        ("compress", "s3:PutObject", "presign"),
        ("thumbnail", "s3:GetObjectVersion", "presign"),
        ("thumbnail", "s3:PutObject", "presign"),
        ("process", "s3:GetObjectVersion", "presign-queue"),
        ("process", "s3:PutObject", "presign-queue"),
    ]:
        assert_failed_upload(cloud, role, action, presign)
    batch = {"Records": [{"messageId": "1", "body": json.dumps(queued), "attributes": {}}]}
    for action in ["dynamodb:PutItem", "sns:Publish"]:
        assert_failed_call(cloud, "process", action, batch)
    with Without(cloud, "presign", "s3:PutObject"):
        assert is_refused(lambda: cloud.upload("presign", "without-presign"))
    for role, action in [("metadata", "dynamodb:PutItem"), ("workflow", "sns:Publish")]:
        user = f"without-{role}"
        queue = cloud.subscribe(user)
        with Without(cloud, role, action):
            key = cloud.upload("presign", user)["detail"]["object"]["key"]
            assert eventually(f"the end of {user}'s execution", lambda: cloud.execution(key)) == "FAILED", role
        assert not cloud.message(queue), role
    assert not cloud.items("without-metadata")


def assert_purge(cloud, event, user):
    """Each statement is necessary, and together they suffice."""
    uploaded = event["detail"]["object"]
    cloud.client("s3").delete_object(Bucket="raw-workflow", Key=uploaded["key"])
    for action in ["s3:GetObject", "s3:ListBucket", "s3:DeleteObject", "dynamodb:Query", "dynamodb:DeleteItem"]:
        assert_failed_call(cloud, "purge", action, event)
    answer, failed = cloud.invoke("purge", event)
    assert not failed, answer
    assert not cloud.objects(user) and not cloud.items(user), answer


def main(*arguments):
    cloud = Cloud(*arguments)
    try:
        uploaded = whole_chain(cloud, "presign", "allowed")
        queued = whole_chain(cloud, "presign-queue", "allowed-queue")
        assert_refusals(cloud)
        assert_statements_are_needed(cloud, uploaded, queued)
        assert_purge(cloud, uploaded, "allowed")
    finally:
        cloud.end()
    print("IAM: ok")


main(*sys.argv[1:])

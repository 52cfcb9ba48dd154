"""The pipeline on this machine: moto in place of AWS, cargo-lambda in place of Lambda, the real bootstrap.

Usage: cloud.py FOLDER STATE_MACHINE [TEMPLATE], where FOLDER holds bootstrap and processor.cwasm, and backfill.asl.json
lies beside STATE_MACHINE. With a template, each function acts under its own role from it, and IAM is enforced.
DARKROOM_* and AWS_LAMBDA_* of the environment are passed on.
Prints one line of JSON when everything runs, and stops everything when its standard input closes.
"""
import json
import logging
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

import boto3

import faults
import hooks
import permissions
import reports

ACCOUNT, REGION = "123456789012", "us-east-1"
RAW = {"workflow": "raw-workflow", "queue": "raw-queue"}
# Its name at the runtime API, its kind, the bucket it works for, and its number of concurrent processes.
FUNCTIONS = [
    ("presign", "presign", "workflow", 1),
    ("presign-queue", "presign", "queue", 1),
    ("compress", "compress", "workflow", 2),
    ("thumbnail", "thumbnail", "workflow", 2),
    ("metadata", "metadata", "workflow", 1),
    ("process", "process", "queue", 2),
    ("process-overflow", "process", "workflow", 1),
    ("purge", "purge", "workflow", 1),
    ("purge-queue", "purge", "queue", 1),
]
# Names under which a test may start functions of its own.
OTHERS = ["presign-for-1", "presign-for-900"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(port, doors, kill):
    """moto, on a thread of this process."""
    os.environ["MOTO_PORT"] = str(port)
    from moto.core.config import default_user_config
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    app = faults.Faults(DomainDispatcherApplication(create_backend_app), doors, kill)
    MotoRequestHandler.log_request = lambda *_: None
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=MotoRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def client(service, endpoint, role=None):
    """The credentials of one of `permissions.enforce`'s roles, or else of an administrator."""
    keys = permissions.keys(role) if role else {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client(service, region_name=REGION, endpoint_url=endpoint, **keys)


def create_stores(endpoint):
    s3 = client("s3", endpoint)
    for bucket in [*RAW.values(), "processed-images", "thumbnails"]:
        s3.create_bucket(Bucket=bucket)
    for bucket in RAW.values():
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        s3.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )
    keys = [("imageId", "HASH"), ("uploadedAt", "RANGE")]
    schema = lambda names: [{"AttributeName": name, "KeyType": kind} for name, kind in names]
    types = [("imageId", "S"), ("uploadedAt", "N"), ("userId", "S")]
    client("dynamodb", endpoint).create_table(
        TableName="image-metadata",
        KeySchema=schema(keys),
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, kind in types],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "user-id-index",
                "KeySchema": schema([("userId", "HASH"), ("uploadedAt", "RANGE")]),
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )


def create_flow(endpoint, topic, definition):
    """The two modes: one bucket starts the state machine, the other one feeds the queue. The queue's bucket also serves
    the backfill and deletions; only deletions of users called purged-… are reported. As functions work for one bucket,
    uploads that exceed the workflow's limits go to a separate queue."""
    sqs = client("sqs", endpoint)
    arn = lambda url: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    dead = sqs.create_queue(QueueName="uploads-dead-letters")["QueueUrl"]
    redrive = json.dumps({"deadLetterTargetArn": arn(dead), "maxReceiveCount": 4})
    uploads, overflow = (
        sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": redrive, "VisibilityTimeout": "1800"})["QueueUrl"]
        for name in ["uploads", "overflow"])
    names = {"TopicArn": topic, "QueueUrl": overflow, "DeadLettersUrl": dead, "RawBucket": RAW["queue"]}
    machine, backfill = (create_machine(endpoint, name, fill_in(definition.with_name(f"{name}.asl.json"), names))
                         for name in ["pipeline", "backfill"])
    events = client("events", endpoint)
    purge = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:purge-queue"
    for name, way, kind, prefix, target in [
        ("workflow", "workflow", "Object Created", "uploads/", machine),
        ("queue", "queue", "Object Created", "uploads/", arn(uploads)),
        ("deletions", "queue", "Object Deleted", "uploads/purged-", purge),
    ]:
        detail = {"bucket": {"name": [RAW[way]]}, "object": {"key": [{"prefix": prefix}]}}
        pattern = {"source": ["aws.s3"], "detail-type": [kind], "detail": detail}
        events.put_rule(Name=name, EventPattern=json.dumps(pattern))
        events.put_targets(Rule=name, Targets=[{"Id": name, "Arn": target}])
    return {"machine": machine, "backfill": backfill, "uploads": uploads, "overflow": overflow, "dead": dead, "topic": topic}


def create_distribution(endpoint):
    """What `purge-queue` reports of deletions."""
    origin = {"Id": "o", "DomainName": "o.example", "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}}
    behavior = {"TargetOriginId": "o", "ViewerProtocolPolicy": "https-only", "MinTTL": 0,
                "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}}}
    config = {"CallerReference": "images", "Comment": "", "Enabled": True, "Origins": {"Quantity": 1, "Items": [origin]},
              "DefaultCacheBehavior": behavior}
    return client("cloudfront", endpoint).create_distribution(DistributionConfig=config)["Distribution"]["Id"]


def invalidated(endpoint, distribution):
    """A side door: the paths of all invalidations."""

    def door(_):
        cdn = client("cloudfront", endpoint)
        listed = cdn.list_invalidations(DistributionId=distribution)["InvalidationList"].get("Items", [])
        batches = [cdn.get_invalidation(DistributionId=distribution, Id=one["Id"])["Invalidation"]["InvalidationBatch"] for one in listed]
        return [path for batch in batches for path in batch["Paths"]["Items"]]

    return door


def create_machine(endpoint, name, definition):
    role = f"arn:aws:iam::{ACCOUNT}:role/workflow"
    steps = client("stepfunctions", endpoint)
    return steps.create_state_machine(name=name, definition=definition, roleArn=role)["stateMachineArn"]


def fill_in(path, names):
    """The deployment's substitutions, waits of one second in place of longer ones, as much concurrency as there are
    functions (moto starts a thread for each), and a map's children as moto knows them."""
    text = path.read_text()
    for name in ["compress", "thumbnail", "metadata", "process"]:
        text = text.replace(f"${{{name.capitalize()}FunctionArn}}", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}")
    for name, value in names.items():
        text = text.replace(f"${{{name}}}", value)
    text = text.replace('"MaxConcurrency": 50', '"MaxConcurrency": 4').replace('"Seconds": 4', '"Seconds": 1')
    text = text.replace('"ExecutionType": "EXPRESS"', '"ExecutionType": "STANDARD"')
    return re.sub(r'"BackoffRate": 2', '"BackoffRate": 1', re.sub(r'"IntervalSeconds": 2', '"IntervalSeconds": 1', text))


def subscribe(endpoint, topic):
    """A side door: a queue that gets one user's notifications, or those of one status, and no others."""

    def door(asked):
        sqs, sns = client("sqs", endpoint), client("sns", endpoint)
        policy = {"userId": [asked["user"]]} | ({"status": [asked["status"]]} if asked.get("status") else {})
        name = re.sub("[^A-Za-z0-9_-]", "-", "-".join(["of", *(value for [value] in policy.values())]))
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"FilterPolicy": json.dumps(policy)})
        return url

    return door


def enforce_permissions(endpoint, template):
    functions = [(name, kind, RAW[way]) for name, kind, way, _ in FUNCTIONS]
    return permissions.enforce(lambda service: client(service, endpoint), template, functions)


def environment(endpoint):
    asked = {name: value for name, value in os.environ.items() if name.startswith(("DARKROOM_", "AWS_LAMBDA_"))}
    return {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "3008",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "DARKROOM_PROCESSED_BUCKET": "processed-images",
        "DARKROOM_THUMBNAILS_BUCKET": "thumbnails",
        "DARKROOM_PUBLIC_URL": "https://img.example",
        "DARKROOM_TABLE": "image-metadata",
        "PATH": os.environ["PATH"],
    } | asked


class Functions:
    """The processes of all functions. Restarts one that died, as Lambda does."""

    def __init__(self, folder, runtime, variables, logs, roles, queues, distributions):
        self.bootstrap, self.running = pathlib.Path(folder, "bootstrap").resolve(), {}
        self.runtime, self.variables, self.logs, self.roles, self.queues = runtime, variables, logs, roles, queues
        self.distributions = distributions
        self.lock, self.ended = threading.Lock(), False
        for name, kind, way, count in FUNCTIONS:
            for number in range(count):
                self.start(f"{kind}-{len(self.running)}", name, kind, way)

    def start(self, own_name, name, kind, way):
        own = {
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_RUNTIME_API": f"{self.runtime}/.rt/{name}",
            "AWS_SDK_UA_APP_ID": own_name,
            "DARKROOM_FUNCTION": kind,
            "DARKROOM_RAW_BUCKET": RAW[way],
            "DARKROOM_QUEUE_URL": self.queues.get(name, ""),
            "DARKROOM_DISTRIBUTION": self.distributions.get(name, ""),
        }
        with open(f"{self.logs}/{own_name}.log", "a") as log:
            variables = self.variables | own | self.roles.get(name, {})
            process = subprocess.Popen([self.bootstrap], env=variables, stdout=log, stderr=log)
        self.running[own_name] = process, (own_name, name, kind, way)

    def kill(self, own_name, match):
        with self.lock:
            process, arguments = self.running[own_name]
            process.kill()
            process.wait()
            hooks.crashed.append(match)
            if not self.ended:
                self.start(*arguments)

    def end(self):
        with self.lock:
            self.ended = True
            for process, _ in self.running.values():
                process.kill()
                process.wait()


def start_runtime(port, folder, logs):
    """cargo-lambda serves the functions that a package lists as binaries: this package has only their names."""
    names = [name for name, *_ in FUNCTIONS] + OTHERS
    binaries = [f'[[bin]]\nname = "{name}"\npath = "main.rs"\n' for name in names]
    pathlib.Path(folder, "main.rs").touch()
    package = '[package]\nname = "functions"\nedition = "2024"\n'
    pathlib.Path(folder, "Cargo.toml").write_text(package + "".join(binaries))
    program = pathlib.Path(sys.executable).with_name("cargo-lambda")
    arguments = ["lambda", "watch", "--only-lambda-apis", "-A", "127.0.0.1", "-P", str(port)]
    log = open(f"{logs}/cargo-lambda.log", "w")
    return subprocess.Popen([program, *arguments], cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL)


def wait_for(port):
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    sys.exit(f"nothing listens on port {port}")


def main(folder, definition, template=None):
    logging.disable(logging.ERROR)  # moto reports every failed state, and failing is what tests do
    moto_port, runtime_port = free_port(), free_port()
    endpoint, runtime = f"http://127.0.0.1:{moto_port}", f"http://127.0.0.1:{runtime_port}"
    doors = {
        "attempts": lambda asked: [attempt for attempt in hooks.attempts if attempt["key"] == asked["key"]],
        "limit": lambda asked: hooks.limits.update({asked["function"]: asked["limit"]}),
        "throttled": lambda asked: hooks.throttled,
    }
    functions = None
    with tempfile.TemporaryDirectory() as package, tempfile.TemporaryDirectory() as logs:
        lambdas = start_runtime(runtime_port, package, logs)
        try:
            hooks.forward_tasks(runtime)
            hooks.add_targets(runtime)
            hooks.tell_of_delete_markers()
            reports.write()
            serve(moto_port, doors, lambda name, match: functions.kill(name, match))
            create_stores(endpoint)
            topic = client("sns", endpoint).create_topic(Name="ImageProcessingComplete")["TopicArn"]
            doors["subscribe"] = subscribe(endpoint, topic)
            flow = create_flow(endpoint, topic, pathlib.Path(definition))
            wait_for(runtime_port)
            roles = enforce_permissions(endpoint, template) if template else {}
            variables = environment(endpoint) | {"DARKROOM_TOPIC_ARN": topic}
            queues = {"process": flow["uploads"], "process-overflow": flow["overflow"]}
            distribution = create_distribution(endpoint)
            doors["invalidated"] = invalidated(endpoint, distribution)
            functions = Functions(folder, runtime, variables, logs, roles, queues, {"purge-queue": distribution})
            owner = client("sqs", endpoint)
            for name, queue in queues.items():
                poller = client("sqs", endpoint, roles.get("process") if name == "process" else None)
                mapping = (poller, owner, queue, runtime, name)
                threading.Thread(target=hooks.poll, args=mapping, daemon=True).start()
            processes = [process.pid for process, _ in functions.running.values()]
            ready = flow | {"endpoint": endpoint, "runtime": runtime, "logs": logs, "processes": processes}
            ready["roles"] = roles
            print(json.dumps(ready), flush=True)
            sys.stdin.read()
        finally:
            if functions:
                functions.end()
            lambdas.kill()
            lambdas.wait()


main(*sys.argv[1:])
os._exit(0)  # threads that still call each other would complain

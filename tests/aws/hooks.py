"""Features that moto 5.2 lacks: workflows that call real functions, and EventBridge's targets."""
import collections
import concurrent.futures
import copy
import datetime
import itertools
import json
import math
import threading
import uuid

import requests
from moto.events.models import Rule
from moto.s3 import notifications
from moto.s3.models import S3Backend
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

import faults

attempts = []  # one for each event that a function was given: function, key of the object, name of the error or None
crashed = []  # texts of the events whose function was killed
calls = concurrent.futures.ThreadPoolExecutor(64)


def invoke(runtime, function, payload):
    """Calls a function. Returns its response, and whether that is an error."""
    url = f"{runtime}/2015-03-31/functions/{function}/invocations"
    answer = calls.submit(requests.post, url, data=payload, timeout=120)
    while True:
        try:
            got = answer.result(timeout=0.2)
            return got.json(), got.status_code >= 400
        except concurrent.futures.TimeoutError:
            crash = next((text for text in crashed if text in str(payload)), None)
            if crash:
                # Lambda notices; cargo-lambda would wait for an answer.
                crashed.remove(crash)
                return {"errorType": "Runtime.ExitError", "errorMessage": "signal: killed"}, True


# As a test requests: how many calls of a function may run concurrently.
limits, running, throttled = {}, collections.Counter(), collections.Counter()
counting = threading.Lock()


def within_limit(function, call):
    """Throttles a call beyond the limit, as Lambda does."""
    with counting:
        if running[function] >= limits.get(function, math.inf):
            throttled[function] += 1
            return {"errorType": "Lambda.TooManyRequestsException", "errorMessage": "Rate Exceeded."}, True
        running[function] += 1
    try:
        return call()
    finally:
        with counting:
            running[function] -= 1


def key_of(event):
    return event.get("detail", {}).get("object", {}).get("key")


def forward_tasks(runtime):
    """Tasks of a state machine call the function at the end of their ARN, unless Lambda itself is to fail."""

    def call(parameters, region, state_credentials):
        function = parameters["FunctionName"].split(":")[-1]
        failure = faults.take(faults.failures, function, str(parameters["Payload"]))
        if failure:
            answer, failed = failure["answer"], True
        else:
            answer, failed = within_limit(function, lambda: invoke(runtime, function, parameters["Payload"]))
        error = answer.get("errorType", "Unknown") if failed else None
        attempts.append({"function": function, "key": key_of(json.loads(parameters["Payload"])), "error": error})
        return {"Payload": answer, "StatusCode": 200} | ({"FunctionError": "Unhandled"} if failed else {})

    lambda_eval_utils._invoke_lambda_function = call


def as_delivered(event):
    """The event as AWS documents it: moto spells the ETag otherwise, and gives the time as a number."""
    event = copy.deepcopy(event)
    time = datetime.datetime.fromtimestamp(float(event["time"]), datetime.timezone.utc)
    event["time"] = time.strftime("%Y-%m-%dT%H:%M:%SZ")
    uploaded = event["detail"]["object"]
    if "eTag" in uploaded:
        uploaded["etag"] = uploaded.pop("eTag")
    return event


def deliver(runtime, rule, event):
    if rule.state != "ENABLED" or not rule.event_pattern.matches_event(event):
        return
    for target in rule.targets:
        _, _, service, region, account, name = target["Arn"].split(":", 5)
        body = json.dumps(as_delivered(event))
        if service == "states":
            # Step Functions calls back into this server, which is still handling the PUT.
            start = stepfunctions_parser_backends[account][region].start_execution
            arguments = {"state_machine_arn": target["Arn"], "name": str(uuid.uuid4()), "execution_input": body}
            threading.Thread(target=start, kwargs=arguments, daemon=True).start()
        elif service == "sqs":
            from moto.sqs.models import sqs_backends

            sqs_backends[account][region].send_message(queue_name=name, message_body=body)
        elif service == "lambda":
            # The function calls back as well.
            arguments = (runtime, name.removeprefix("function:"), body)
            threading.Thread(target=invoke, args=arguments, daemon=True).start()


def add_targets(runtime):
    Rule.send_to_targets = lambda rule, event, transform_input=True: deliver(runtime, rule, event)


def tell_of_delete_markers():
    """S3 tells of each; moto of the last version's end alone."""
    mark = S3Backend._set_delete_marker

    def tell(self, bucket_name, key_name):
        bucket = self.get_bucket(bucket_name)
        key = bucket.keys.get(key_name)
        marker = mark(self, bucket_name, key_name)
        event = notifications.S3NotificationEvent.OBJECT_REMOVED_DELETE_MARKER_CREATED_EVENT
        notifications.send_event(self.account_id, event, bucket, key)
        return marker

    S3Backend._set_delete_marker = tell


# As many batches as are done before the queue would deliver their messages again: a mapping's MaximumConcurrency.
batches = threading.BoundedSemaphore(6)


def poll(sqs, owner, queue, runtime, function):
    """An event source mapping: batches of ten, and only those that the function did not name are deleted. `sqs` acts
    for the function, `owner` for whoever made the queue."""
    while True:
        with batches:
            pass  # received messages must be handled at once
        batch = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1, AttributeNames=["All"])
        # Tests run concurrently, and one that kills its function must not take another test's message along.
        for _, messages in itertools.groupby(sorted(batch.get("Messages", []), key=user_of), user_of):
            batches.acquire()
            arguments = (sqs, owner, queue, runtime, function, list(messages))
            threading.Thread(target=in_turn, args=arguments, daemon=True).start()


def in_turn(*arguments):
    try:
        run_batch(*arguments)
    finally:
        batches.release()


def user_of(message):
    return (key_of(json.loads(message["Body"])) or "").split("/")[1:2]


def run_batch(sqs, owner, queue, runtime, function, messages):
    records = [
        {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
            "eventSource": "aws:sqs",
        }
        for message in messages
    ]
    answer, failed = invoke(runtime, function, json.dumps({"Records": records}))
    failures = {failure["itemIdentifier"] for failure in answer.get("batchItemFailures", [])}
    for message in messages:
        stays = failed or message["MessageId"] in failures
        attempts.append(
            {"function": function, "key": key_of(json.loads(message["Body"])), "error": "stays" if stays else None}
        )
        if failed:
            # The function is gone, and its messages stay hidden. A test doesn't want to wait for as long as that takes.
            owner.change_message_visibility(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=1)
        elif not stays:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])



"""Shared code of the programs that use cloud.py from outside."""
import json
import pathlib
import subprocess
import sys
import time

import boto3
import requests

REPOSITORY = pathlib.Path(__file__).parents[2]


def start(package):
    """The cloud's process, which ends when its standard input is closed, and what it says when it is ready."""
    arguments = [REPOSITORY / "tests/aws/cloud.py", package, REPOSITORY / "host/infra/pipeline.asl.json"]
    process = subprocess.Popen([sys.executable, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    return process, json.loads(process.stdout.readline())


def client(ready, service):
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client(service, region_name="us-east-1", endpoint_url=ready["endpoint"], **keys)


def door(ready, name, asked):
    return requests.post(f"{ready['endpoint']}/_cloud/{name}", json=asked, timeout=60).json()


def invoke(ready, function, event):
    url = f"{ready['runtime']}/2015-03-31/functions/{function}/invocations"
    answer = requests.post(url, json=event, timeout=300)
    answer.raise_for_status()
    return answer.json()


def timed(work):
    """Clock time in milliseconds, and the result."""
    begun = time.perf_counter()
    answer = work()
    return (time.perf_counter() - begun) * 1000, answer


def presign_event(user, size):
    claims = {"jwt": {"claims": {"sub": user}, "scopes": None}}
    http = {"method": "GET", "path": "/upload-url", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "b"}
    return {
        "version": "2.0",
        "headers": {},
        "queryStringParameters": {"filename": "a.jpg", "contentType": "image/jpeg", "contentLength": str(size)},
        "requestContext": {"authorizer": claims, "http": http, "timeEpoch": 0},
        "isBase64Encoded": False,
    }


def upload(ready, way, user, photo):
    answer = invoke(ready, way, presign_event(user, len(photo)))
    granted = json.loads(answer["body"])
    requests.put(granted["uploadUrl"], data=photo, headers=granted["headers"], timeout=60).raise_for_status()
    return granted["key"]


def created(ready, bucket, key):
    """S3's event for an uploaded object, as far as the pipeline reads it."""
    head = client(ready, "s3").head_object(Bucket=bucket, Key=key)
    uploaded = {"key": key, "size": head["ContentLength"], "etag": head["ETag"].strip('"'), "version-id": head["VersionId"]}
    return {"detail": {"bucket": {"name": bucket}, "object": uploaded}}


def wait_for(sqs, queue, count):
    while count > 0:
        messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", [])
        count -= len(messages)
        for message in messages:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])

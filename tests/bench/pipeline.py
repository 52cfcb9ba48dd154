"""The upload pipeline on this machine, beside its targets. Usage: pipeline.py LARGE_PHOTO FOLDER_OF_PHOTOS IMAGES

Servers that stand in for AWS run on the same cores, so clock times are an upper bound; CPU times are the functions' own.
"""
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import time

import boto3
import requests

PACKAGE = pathlib.Path("target/lambda")
ROUNDS = 5


def start_cloud():
    cloud = [sys.executable, "tests/aws/cloud.py", PACKAGE, "host/infra/pipeline.asl.json"]
    process = subprocess.Popen(cloud, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    return process, json.loads(process.stdout.readline())


def invoke(ready, function, event):
    url = f"{ready['runtime']}/2015-03-31/functions/{function}/invocations"
    answer = requests.post(url, json=event, timeout=300)
    answer.raise_for_status()
    return answer.json()


def timed(work):
    begun = time.perf_counter()
    answer = work()
    return (time.perf_counter() - begun) * 1000, answer


def client(ready, service):
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client(service, region_name="us-east-1", endpoint_url=ready["endpoint"], **keys)


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


def wait_for(sqs, queue, count):
    while count > 0:
        messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", [])
        count -= len(messages)
        for message in messages:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])


def cpu(ready):
    """CPU milliseconds of all functions so far."""
    ticks = 0
    for process in ready["processes"]:
        fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks * 1000 / os.sysconf("SC_CLK_TCK")


def start_up(function):
    """From the start of the process until it asks for its first event."""
    with socket.create_server(("127.0.0.1", 0)) as api:
        port = api.getsockname()[1]
        variables = {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
            "AWS_LAMBDA_FUNCTION_NAME": function,
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
            "DARKROOM_FUNCTION": function,
            "DARKROOM_RAW_BUCKET": "raw",
            "DARKROOM_PROCESSED_BUCKET": "processed",
            "DARKROOM_THUMBNAILS_BUCKET": "thumbnails",
            "DARKROOM_PUBLIC_URL": "https://img.example",
            "DARKROOM_TABLE": "images",
            "DARKROOM_TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:images",
        }
        begun = time.perf_counter()
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}  # it says that the API hung up
        process = subprocess.Popen([PACKAGE / "bootstrap"], env=variables, **quiet)
        api.accept()[0].close()
        ready = (time.perf_counter() - begun) * 1000
        process.kill()
        process.wait()
    return ready


def row(what, value, target=""):
    print(f"| {what} | {value} | {target} |", flush=True)


def static_rows():
    print("| | measured | target |\n|---|---|---|")
    row("zip", f"{(PACKAGE / 'lambda.zip').stat().st_size / 1e6:.1f} MB", "10 MB")
    for function in ["presign", "process"]:
        ready = statistics.median(start_up(function) for _ in range(11))
        row(f"start of the process to ready, `{function}`, median of 11", f"{ready:.0f} ms", "60 ms")


def one_photo_rows(ready, sqs, photo):
    times = sorted(timed(lambda: invoke(ready, "presign", presign_event("u", 1)))[0] for _ in range(200))
    row("presign, p95 of 200", f"{times[189]:.1f} ms", "200 ms")
    queue = requests.post(f"{ready['endpoint']}/_cloud/subscribe", json={"user": "large"}, timeout=60).json()
    totals = []
    for _ in range(ROUNDS):
        key = upload(ready, "presign", "large", photo)
        totals.append(timed(lambda: wait_for(sqs, queue, 1))[0])
    head = client(ready, "s3").head_object(Bucket="raw-workflow", Key=key)
    uploaded = {"key": key, "size": len(photo), "etag": head["ETag"].strip('"'), "version-id": head["VersionId"]}
    event = {"detail": {"bucket": {"name": "raw-workflow"}, "object": uploaded}}
    for function, target in [("compress", "3000 ms"), ("thumbnail", "2000 ms")]:
        clock = statistics.median(timed(lambda: invoke(ready, function, event))[0] for _ in range(ROUNDS))
        row(f"`{function}`, the 20 MP photo of {len(photo) / 1e6:.1f} MB", f"{clock:.0f} ms", target)
    row("from the PUT to the message through the workflow, the same photo", f"{statistics.median(totals):.0f} ms", "5000 ms")


def bulk_rows(ready, sqs, photos, count):
    queue = requests.post(f"{ready['endpoint']}/_cloud/subscribe", json={"user": "bulk"}, timeout=60).json()
    begun, clock = cpu(ready), time.perf_counter()
    for number in range(count):
        upload(ready, "presign-queue", "bulk", photos[number % len(photos)])
    wait_for(sqs, queue, count)
    spent, clock = (cpu(ready) - begun) / count, time.perf_counter() - clock
    row(f"{count} images of {statistics.mean(map(len, photos)) / 1e6:.1f} MB through the queue", f"{clock:.0f} s", "")
    row("CPU of the functions for each", f"{spent:.0f} ms", "")
    row("images a day on one core: 86,400 s ÷ that", f"{86_400_000 / spent:,.0f}", "")
    row("cores for a million a day, evenly spread", f"{1e6 * spent / 86_400_000:.1f}", "")


def main(large, folder, count):
    static_rows()
    cloud, ready = start_cloud()
    sqs = client(ready, "sqs")
    try:
        one_photo_rows(ready, sqs, pathlib.Path(large).read_bytes())
        photos = [path.read_bytes() for path in sorted(pathlib.Path(folder).glob("*.jpg"))]
        bulk_rows(ready, sqs, photos, int(count))
    finally:
        cloud.stdin.close()
        cloud.wait()


main(*sys.argv[1:])

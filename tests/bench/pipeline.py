"""The upload pipeline on this machine, compared with its targets. Usage: pipeline.py LARGE_PHOTO FOLDER_OF_PHOTOS IMAGES USAGE

USAGE is the output file for one image's resource usage, the input of `make cost`. AWS emulators run on the
same cores, so clock times are an upper bound; CPU times are the functions' own.
"""
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import time

sys.path.append("tests/aws")
import local
import usage
from local import client, door, invoke, presign_event, timed, upload, wait_for

PACKAGE = pathlib.Path("target/lambda")
ROUNDS = 5


def start_up(function):
    """From process start until it requests its first event."""
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
            "DARKROOM_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/uploads",
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
    queue = door(ready, "subscribe", {"user": "large"})
    totals = []
    for _ in range(ROUNDS):
        key = upload(ready, "presign", "large", photo)
        totals.append(timed(lambda: wait_for(sqs, queue, 1))[0])
    event = local.created(ready, "raw-workflow", key)
    for function, target in [("compress", "3000 ms"), ("thumbnail", "2000 ms")]:
        clock = statistics.median(timed(lambda: invoke(ready, function, event))[0] for _ in range(ROUNDS))
        row(f"`{function}`, the 20 MP photo of {len(photo) / 1e6:.1f} MB", f"{clock:.0f} ms", target)
    row("from the PUT to the message through the workflow, the same photo", f"{statistics.median(totals):.0f} ms", "5000 ms")


def bulk_rows(ready, sqs, photos, count):
    queue = door(ready, "subscribe", {"user": "bulk"})
    begun, clock = usage.cpu(ready), time.perf_counter()
    for number in range(count):
        upload(ready, "presign-queue", "bulk", photos[number % len(photos)])
    wait_for(sqs, queue, count)
    spent, clock = (usage.cpu(ready) - begun) / count, time.perf_counter() - clock
    row(f"{count} images of {statistics.mean(map(len, photos)) / 1e6:.1f} MB through the queue", f"{clock:.0f} s", "")
    row("CPU of the functions for each", f"{spent:.0f} ms", "")
    row("images a day on one core: 86,400 s ÷ that", f"{86_400_000 / spent:,.0f}", "")
    row("cores for a million a day, evenly spread", f"{1e6 * spent / 86_400_000:.1f}", "")


def main(large, folder, count, used):
    static_rows()
    cloud, ready = local.start(PACKAGE)
    sqs = client(ready, "sqs")
    try:
        large = pathlib.Path(large).read_bytes()
        one_photo_rows(ready, sqs, large)
        photos = [path.read_bytes() for path in sorted(pathlib.Path(folder).glob("*.jpg"))]
        bulk_rows(ready, sqs, photos, int(count))
        measured = {"large": usage.of(ready, [large]), "small": usage.of(ready, photos)}
        pathlib.Path(used).write_text(json.dumps(measured, indent=2) + "\n")
    finally:
        cloud.stdin.close()
        cloud.wait()


main(*sys.argv[1:])

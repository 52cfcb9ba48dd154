"""What the programs share that work with cloud.py from outside."""
import json
import pathlib
import subprocess
import sys

import boto3

REPOSITORY = pathlib.Path(__file__).parents[2]


def start(package):
    """The cloud's process, which ends when its standard input is closed, and what it says when it is ready."""
    arguments = [REPOSITORY / "tests/aws/cloud.py", package, REPOSITORY / "host/infra/pipeline.asl.json"]
    process = subprocess.Popen([sys.executable, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    return process, json.loads(process.stdout.readline())


def client(ready, service):
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client(service, region_name="us-east-1", endpoint_url=ready["endpoint"], **keys)

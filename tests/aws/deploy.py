"""`make deploy` without the build, on moto's CloudFormation: what is shown, what is asked, and that nothing is done before.

moto knows change sets, makes part of the resources, and can't update a stack that has conditions. Usage: deploy.py"""
import logging
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import warnings

import boto3
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

import local

PARAMETERS = ["PublicUrl=https://img.example.com", "JwtIssuer=https://id.example.com", "JwtAudience=photos",
              "AllowedOrigins=https://app.example.com"]
BUCKETS = {f"darkroom-{name}-123456789012-us-east-1" for name in ["raw", "processed", "thumbnails"]}


def copy_of_the_repository(folder):
    """As far as deploying goes, with a zip that took no compiler."""
    for part in ["host/infra/template.yaml", "host/infra/pipeline.asl.json", "host/infra/backfill.asl.json", "scripts/deploy.sh"]:
        pathlib.Path(folder, part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(local.REPOSITORY / part, pathlib.Path(folder, part))
    return pathlib.Path(folder, "target/lambda-arm64/lambda.zip")


def main():
    logging.disable(logging.ERROR)
    warnings.simplefilter("ignore")  # about each resource that moto does not make
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    # By this name moto takes the path's first part for the bucket of the template.
    endpoint = "http://localhost:{}".format(server.get_host_and_port()[1])
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    os.environ.update(keys, AWS_ENDPOINT_URL=endpoint, CODE_BUCKET="code", AWS_PAGER="")
    os.environ["PATH"] = f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
    s3, stacks = boto3.client("s3"), boto3.client("cloudformation")
    s3.create_bucket(Bucket="code")
    buckets = lambda: {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]} - {"code"}
    status = lambda stack: stacks.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]

    with tempfile.TemporaryDirectory() as folder:
        archive = copy_of_the_repository(folder)

        def deploy(stack, answer, *parameters):
            script = ["bash", f"{folder}/scripts/deploy.sh", *parameters]
            return subprocess.run(script, input=answer, env=os.environ | {"STACK": stack}, capture_output=True, text=True)

        nothing = deploy("refused", "yes\n", *PARAMETERS)
        assert nothing.returncode == 1 and "run make package" in nothing.stderr, nothing
        archive.parent.mkdir(parents=True)
        archive.write_bytes(b"a zip")

        for answer in ["no\n", "\n", ""]:
            stack = f"refused-{len(answer)}"
            refused = deploy(stack, answer, *PARAMETERS)
            assert "RawBucket" in refused.stdout and "AWS::DynamoDB::Table" in refused.stdout, refused
            assert f"Deploy this to 123456789012, stack {stack}? (yes/no)" in refused.stdout, refused
            assert refused.returncode == 0 and "not deployed" in refused.stdout, refused
            assert (status(stack), buckets()) == ("REVIEW_IN_PROGRESS", set())

        done = deploy("darkroom", "yes\n", *PARAMETERS)
        assert done.returncode == 0 and "PresignFunction" in done.stdout, done
        assert (status("darkroom"), buckets()) == ("CREATE_COMPLETE", BUCKETS)
        uploaded = {entry["Key"]: entry["Size"] for entry in s3.list_objects_v2(Bucket="code", Prefix="darkroom/")["Contents"]}
        assert len(archive.read_bytes()) in uploaded.values(), uploaded
        kept = deploy("darkroom", "no\n", *PARAMETERS, "RetentionDays=30")
        assert kept.returncode == 0 and status("darkroom") == "CREATE_COMPLETE", kept
    server.stop()
    print("make deploy: ok")


main()

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
from moto.cloudformation.models import cloudformation_backends
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

import local

PARAMETERS = ["PublicUrl=https://img.example.com", "JwtIssuer=https://id.example.com", "JwtAudience=photos",
              "AllowedOrigins=https://app.example.com"]
BUCKETS = {f"darkroom-{name}-123456789012-us-east-1" for name in ["raw", "processed", "thumbnails"]}


def copy_of_the_repository(folder):
    """The parts needed for deploying, with a zip made without a compiler."""
    for part in ["host/infra/template.yaml", "host/infra/pipeline.asl.json", "host/infra/backfill.asl.json",
                 *(f"scripts/{name}" for name in ["deploy.sh", "check-quota.sh", "parameters.py"])]:
        pathlib.Path(folder, part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(local.REPOSITORY / part, pathlib.Path(folder, part))
    return pathlib.Path(folder, "target/lambda-arm64/lambda.zip")


# moto does not know the account's settings.
AWS = """#!/bin/sh
[ "$1 $2" = "lambda get-account-settings" ] && echo "${QUOTA:-1000}" && exit
exec AWS "$@"
"""


def failed_before(stack):
    """The state in which CloudFormation leaves a stack whose creation failed."""
    [backend] = [each for each in cloudformation_backends["123456789012"].values() if any(s.name == stack for s in each.stacks.values())]
    [found] = [each for each in backend.stacks.values() if each.name == stack]
    found.status = "ROLLBACK_COMPLETE"


def main():
    logging.disable(logging.ERROR)
    warnings.simplefilter("ignore")  # about each resource that moto does not make
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    # By this name moto takes the path's first part for the bucket of the template.
    endpoint = "http://localhost:{}".format(server.get_host_and_port()[1])
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    os.environ.update(keys, AWS_ENDPOINT_URL=endpoint, CODE_BUCKET="code", AWS_PAGER="")
    s3, stacks = boto3.client("s3"), boto3.client("cloudformation")
    s3.create_bucket(Bucket="code")
    buckets = lambda: {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]} - {"code"}
    status = lambda stack: stacks.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]

    with tempfile.TemporaryDirectory() as folder:
        archive = copy_of_the_repository(folder)
        program = pathlib.Path(folder, "aws")
        program.write_text(AWS.replace("exec AWS", f"exec {pathlib.Path(sys.executable).with_name('aws')}"))
        program.chmod(0o755)
        os.environ["PATH"] = f"{folder}:{os.environ['PATH']}"

        def deploy(stack, answer, *parameters, **environment):
            script = ["bash", f"{folder}/scripts/deploy.sh", *parameters]
            environment |= os.environ | {"STACK": stack}
            return subprocess.run(script, input=answer, env=environment, capture_output=True, text=True)

        nothing = deploy("refused", "yes\n", *PARAMETERS)
        assert nothing.returncode == 1 and "run make package" in nothing.stderr, nothing
        archive.parent.mkdir(parents=True)
        archive.write_bytes(b"a zip")

        small = deploy("refused", "yes\n", *PARAMETERS, QUOTA="200")
        assert small.returncode == 1 and "200 functions may run at one time" in small.stderr, small
        wrong = deploy("refused", "yes\n", *PARAMETERS, "Retention=1")
        assert wrong.returncode == 1 and "Retention: no parameter of host/infra/template.yaml" in wrong.stderr, wrong
        text = pathlib.Path(folder, "host/infra/template.yaml").read_text()
        pathlib.Path(folder, "host/infra/template.yaml").write_text(text.replace("AWS::S3::BucketPolicy", "AWS::S3::Policy"))
        invalid = deploy("refused", "yes\n", *PARAMETERS)
        assert invalid.returncode != 0 and "ValidateTemplate" in invalid.stderr, invalid
        pathlib.Path(folder, "host/infra/template.yaml").write_text(text)
        assert "refused" not in [stack["StackName"] for stack in stacks.list_stacks()["StackSummaries"]]

        for answer in ["no\n", ""]:
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
        kept = deploy("darkroom", "no\n", "RetentionDays=30")
        assert kept.returncode == 0 and status("darkroom") == "CREATE_COMPLETE", kept

        failed_before("refused-0")
        refused = deploy("refused-0", "no\n", *PARAMETERS, "Name=again")
        assert refused.returncode == 1 and "failed before, with ROLLBACK_COMPLETE" in refused.stderr, refused
        repeated = deploy("refused-0", "yes\nyes\n", *PARAMETERS, "Name=again")
        assert repeated.returncode == 0 and status("refused-0") == "CREATE_COMPLETE", repeated
    server.stop()
    print("make deploy: ok")


main()

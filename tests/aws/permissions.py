"""IAM on this machine: roles with the template's policies, and moto refusing everything else."""
import json
import pathlib
import sys

import boto3
from moto import settings
from moto.dynamodb.responses import DynamoHandler
from moto.iam.access_control import IAMRequest
from moto.iam.models import iam_backends
from moto.sns.responses import SNSResponse
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_sns, state_task_service_sqs

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
import template as templates

ACCOUNT, REGION = templates.ACCOUNT, templates.REGION


def keys(role):
    """Of a role's environment variables, as boto3 wants them."""
    return {name.lower(): value for name, value in role.items()}


def named_here(document, raw):
    """The policy with this machine's names in place of the template's."""
    text = json.dumps(document)
    here = {"raw": raw, "processed": "processed-images", "thumbnails": "thumbnails"}
    for name, bucket in here.items():
        text = text.replace(f"darkroom-{name}-{ACCOUNT}-{REGION}", bucket)
    return text.replace("darkroom-", "")


def enforce(client, path, functions):
    """Makes a role for each of `functions` (name, kind, raw bucket) and for the workflow, and has moto enforce IAM from
    now on. A client that signs as "test" may do everything. Returns each role's environment variables by its name."""
    template, roles = templates.render(path, Mode="standard"), {}
    for name, kind, raw in [*functions, ("workflow", "pipeline", "none")]:
        logical = f"{kind.capitalize()}Role"
        trust = json.dumps(template["Resources"][logical]["Properties"]["AssumeRolePolicyDocument"])
        role = client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        for policy, document in templates.policies(template, logical):
            client("iam").put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=named_here(document, raw))
        session = client("sts").assume_role(RoleArn=role, RoleSessionName=name)["Credentials"]
        roles[name] = {
            "AWS_ACCESS_KEY_ID": session["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
            "AWS_SESSION_TOKEN": session["SessionToken"],
        }
    make_administrator(client("iam"))
    name_resources()
    # moto signs a form as it would encode it itself, and takes another spelling of a space for a forgery. The key still
    # identifies the caller; S3's signatures are verified.
    IAMRequest.check_signature = lambda _: None
    send_as(roles["workflow"])
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
    return roles


def make_administrator(iam):
    iam.create_user(UserName="administrator")
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_user_policy(UserName="administrator", PolicyName="all", PolicyDocument=json.dumps(everything))
    iam.create_access_key(UserName="administrator")
    [key] = iam_backends[ACCOUNT]["aws"].get_user("administrator").access_keys
    key.access_key_id = key.secret_access_key = "test"


def name_resources():
    """moto knows a call's resource only for S3 and SQS; for others, the resource is "*"."""

    def table(call):
        index = call._get_param("IndexName")
        arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{call._get_param('TableName')}"
        return f"{arn}/index/{index}" if index else arn

    DynamoHandler._determine_resource = table
    SNSResponse._determine_resource = lambda call: call._get_param("TopicArn") or "*"


def send_as(role):
    """moto's workflows sign with keys that nobody has."""

    def client(region, service, **_):
        endpoint = f"http://127.0.0.1:{settings.moto_server_port()}"
        return boto3.client(service, region_name=region, endpoint_url=endpoint, **keys(role))

    state_task_service_sns.boto_client_for = state_task_service_sqs.boto_client_for = client

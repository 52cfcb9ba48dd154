"""`darkroom purge` on stores that hold two uploads: it deletes one's outputs and item, and keeps the other's, and
everything of an upload whose original exists. Usage: purge.py DARKROOM"""
import logging
import os
import subprocess
import sys

import boto3
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

BUCKETS = {"RAW": "raw-images", "PROCESSED": "processed-images", "THUMBNAILS": "thumbnails"}
GONE, OTHER = (f"uploads/u1/20260101_120000_0123456789abcdef_{name}.jpg" for name in ["a", "a.b"])
KEYS = [("imageId", "HASH", "S"), ("uploadedAt", "RANGE", "N")]
os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_REGION="us-east-1")


logging.getLogger("werkzeug").setLevel(logging.ERROR)


def outputs(original):
    stem = original.removeprefix("uploads/").removesuffix(".jpg")
    yield "processed-images", f"compressed/{stem}.webp"
    yield "processed-images", f"compressed/{stem}.avif"
    yield "processed-images", f"variants/{original}/width=9.webp"
    yield "thumbnails", f"thumbnails/small/{stem}.jpg"


def client(service, endpoint):
    return boto3.client(service, region_name="us-east-1", endpoint_url=endpoint)


def fill(s3, table):
    for bucket in BUCKETS.values():
        s3.create_bucket(Bucket=bucket)
    schema = lambda keys: [{"AttributeName": name, "KeyType": kind} for name, kind in keys]
    types = [(name, type_) for name, _, type_ in KEYS] + [("userId", "S")]
    index = schema([("userId", "HASH"), ("uploadedAt", "RANGE")])
    table.create_table(
        TableName="items", BillingMode="PAY_PER_REQUEST", KeySchema=schema([key[:2] for key in KEYS]),
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": type_} for name, type_ in types],
        GlobalSecondaryIndexes=[
            {"IndexName": "user-id-index", "KeySchema": index, "Projection": {"ProjectionType": "ALL"}}
        ],
    )
    for original in [GONE, OTHER]:
        for bucket, key in outputs(original):
            s3.put_object(Bucket=bucket, Key=key, Body=b"x")
        item = {"imageId": {"S": original}, "uploadedAt": {"N": "1767268800"}, "userId": {"S": "u1"}}
        table.put_item(TableName="items", Item=item | {"originalKey": {"S": original}})


def left(s3, table):
    objects = {(bucket, entry["Key"]) for bucket in BUCKETS.values()
               for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", [])}
    return objects, {item["imageId"]["S"] for item in table.scan(TableName="items")["Items"]}


def main(program):
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    endpoint = "http://{}:{}".format(*server.get_host_and_port())
    s3, table = client("s3", endpoint), client("dynamodb", endpoint)
    fill(s3, table)
    s3.put_object(Bucket="raw-images", Key=GONE, Body=b"x")
    variables = {f"DARKROOM_{name}_BUCKET": bucket for name, bucket in BUCKETS.items()}
    variables |= os.environ | {"DARKROOM_TABLE": "items", "AWS_ENDPOINT_URL": endpoint}
    purge = lambda: subprocess.run([program, "purge", GONE], env=variables, capture_output=True, text=True)
    before = left(s3, table)
    refused = purge()
    assert refused.returncode == 1 and "still there" in refused.stderr, refused
    assert left(s3, table) == before
    s3.delete_object(Bucket="raw-images", Key=GONE)
    done = purge()
    assert done.returncode == 0 and "4 objects and 1 items deleted" in done.stdout, done
    assert left(s3, table) == (set(outputs(OTHER)), {OTHER}), left(s3, table)
    again = purge()
    assert again.returncode == 0 and "0 objects and 0 items deleted" in again.stdout, again
    server.stop()
    print("darkroom purge: ok")


main(sys.argv[1])

"""`darkroom serve` with its stores and its queue on AWS emulators: an event from the queue
becomes an item and its objects, and an image is delivered from them. Usage: serve.py DARKROOM PHOTO"""
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
import urllib.request

import boto3
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

KEY = "uploads/u1/20260101_120000_0123456789abcdef_photo.jpg"
LATER = "uploads/u1/20260101_120001_0123456789abcdef_photo.jpg"
BUCKETS = ["raw-images", "processed-images", "thumbnails"]
os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_REGION="us-east-1")
logging.getLogger("werkzeug").setLevel(logging.ERROR)


def client(service, endpoint):
    return boto3.client(service, region_name="us-east-1", endpoint_url=endpoint)


def table(dynamodb):
    schema = lambda *names: [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ["HASH", "RANGE"])]
    dynamodb.create_table(
        TableName="image-metadata", BillingMode="PAY_PER_REQUEST", KeySchema=schema("imageId", "uploadedAt"),
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind}
                              for name, kind in [("imageId", "S"), ("uploadedAt", "N"), ("userId", "S")]],
        GlobalSecondaryIndexes=[{"IndexName": "user-id-index", "KeySchema": schema("userId", "uploadedAt"),
                                 "Projection": {"ProjectionType": "ALL"}}],
    )


def get(url, **headers):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
        return answer.headers, answer.read()


def eventually(look):
    for _ in range(300):
        if found := look():
            return found
        time.sleep(0.2)
    sys.exit("it never came")


def main(program, photo):
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    endpoint = "http://{}:{}".format(*server.get_host_and_port())
    s3, sqs, dynamodb = (client(name, endpoint) for name in ["s3", "sqs", "dynamodb"])
    for bucket in BUCKETS:
        s3.create_bucket(Bucket=bucket)
    table(dynamodb)
    queue = sqs.create_queue(QueueName="uploads", Attributes={"VisibilityTimeout": "1800"})["QueueUrl"]
    with tempfile.TemporaryDirectory() as folder:
        settings = {"STORE": "aws", "AWS__QUEUE_URL": queue, "AWS__PATH_STYLE": "true", "USERS__EVERYONE": "u1"}
        environment = os.environ | {f"DARKROOM__{name}": value for name, value in settings.items()}
        command = [program, "serve", "--listen", "127.0.0.1:0", "--data", folder]
        ours = subprocess.Popen(command, env=environment | {"AWS_ENDPOINT_URL": endpoint}, stdout=subprocess.PIPE, text=True)
        try:
            url = ours.stdout.readline().strip()
            check(url, s3, sqs, queue, photo)
            check_again(url, s3, sqs, dynamodb, queue, photo)
        finally:
            ours.terminate()
            assert ours.wait() == 0
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    server.stop()
    print("darkroom serve on AWS: ok")


def upload(s3, sqs, queue, key, photo):
    bytes_ = open(photo, "rb").read()
    etag = s3.put_object(Bucket="raw-images", Key=key, Body=bytes_, ContentType="image/jpeg")["ETag"].strip('"')
    created = {"bucket": {"name": "raw-images"}, "object": {"key": key, "size": len(bytes_), "etag": etag}}
    sqs.send_message(QueueUrl=queue, MessageBody=json.dumps({"detail-type": "Object Created", "detail": created}))


def check_again(url, s3, sqs, dynamodb, queue, photo):
    """A message whose work failed is delivered again within seconds, though the queue would hide it for half an hour."""
    dynamodb.delete_table(TableName="image-metadata")
    upload(s3, sqs, queue, LATER, photo)
    hidden = lambda: sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]["ApproximateNumberOfMessagesNotVisible"]
    eventually(lambda: hidden() == "1" and s3.list_objects_v2(Bucket="thumbnails", Prefix="thumbnails/large/u1/20260101_120001").get("KeyCount"))
    table(dynamodb)
    [item] = eventually(lambda: json.loads(get(f"{url}/images")[1])["images"])
    assert (item["status"], item["originalKey"]) == ("completed", LATER), item


def check(url, s3, sqs, queue, photo):
    assert get(f"{url}/ready")[1] == b"ok\n"
    upload(s3, sqs, queue, KEY, photo)
    [item] = eventually(lambda: json.loads(get(f"{url}/images")[1])["images"])
    assert (item["status"], item["originalKey"]) == ("completed", KEY), item
    assert s3.head_object(Bucket="processed-images", Key=item["compressedKey"])["ContentType"] == "image/webp"
    headers, _ = get(f"{url}/image/preset=small/{KEY}", Accept="image/jpeg")
    assert headers["Server-Timing"].startswith("store;desc=hit"), headers["Server-Timing"]
    headers, image = get(f"{url}/image/width=320,format=webp/{KEY}")
    assert headers["Content-Type"] == "image/webp" and len(image) > 1000
    eventually(lambda: s3.list_objects_v2(Bucket="processed-images", Prefix="variants/").get("KeyCount"))
    query = "filename=a.jpg&contentType=image/jpeg&contentLength=5"
    granted = json.loads(get(f"{url}/upload-url?{query}")[1])
    assert "/raw-images/uploads/u1/" in granted["uploadUrl"], granted


main(*sys.argv[1:])

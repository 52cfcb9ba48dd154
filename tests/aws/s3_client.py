"""Tests boto3 with the embedded S3 server: a photo, a large file in parts, lists, ranges, conditions, deletions.
Usage: s3_client.py ENDPOINT KEY LARGE_KEY PHOTO"""
import io
import sys

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

endpoint, key, large_key, photo = sys.argv[1:]
s3 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", config=Config(s3={"addressing_style": "path"}))


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
    else:
        raise AssertionError(f"{code} was expected")


assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["raw-images", "processed-images", "thumbnails"]
refused("NoSuchBucket", s3.list_objects_v2, Bucket="other-bucket")
refused("NoSuchKey", s3.get_object, Bucket="raw-images", Key="none")

bytes_ = open(photo, "rb").read()
for checksum in ["CRC32", "CRC32C", "SHA1", "SHA256"]:
    s3.put_object(Bucket="raw-images", Key=f"site/{checksum}", Body=b"x", ChecksumAlgorithm=checksum)
refused("BadDigest", s3.put_object, Bucket="raw-images", Key="site/bad", Body=b"x", ChecksumCRC32="AAAAAA==")
refused("NoSuchKey", s3.get_object, Bucket="raw-images", Key="site/bad")
long_key = "site/" + "k" * 1000
s3.put_object(Bucket="raw-images", Key=long_key, Body=b"x", ContentType="image/png", Metadata={"a": "b"})
head = s3.head_object(Bucket="raw-images", Key=long_key)
assert (head["ContentType"], head["Metadata"], head["ContentLength"]) == ("image/png", {"a": "b"}, 1), head
refused("PreconditionFailed", s3.put_object, Bucket="raw-images", Key=long_key, Body=b"y", IfNoneMatch="*")

keys = lambda **more: [o["Key"] for p in s3.get_paginator("list_objects_v2").paginate(
    Bucket="raw-images", PaginationConfig={"PageSize": 2}, **more) for o in p.get("Contents", [])]
assert keys() == sorted([f"site/{name}" for name in ["CRC32", "CRC32C", "SHA1", "SHA256"]] + [long_key]), keys()
assert keys(Prefix="site/CRC") == ["site/CRC32", "site/CRC32C"]
listed = s3.list_objects_v2(Bucket="raw-images", Delimiter="/")
assert [common["Prefix"] for common in listed["CommonPrefixes"]] == ["site/"], listed
assert "ContentEncoding" not in s3.get_object(Bucket="raw-images", Key="site/CRC32")
assert s3.get_object(Bucket="raw-images", Key="site/SHA1", Range="bytes=0-0")["Body"].read() == b"x"
s3.delete_object(Bucket="raw-images", Key="site/SHA1")
s3.delete_objects(Bucket="raw-images", Delete={"Objects": [{"Key": "site/SHA256"}, {"Key": "none"}]})
assert keys(Prefix="site/SHA") == []

s3.upload_file(photo, "raw-images", key, ExtraArgs={"ContentType": "image/jpeg"})
assert s3.get_object(Bucket="raw-images", Key=key)["Body"].read() == bytes_
large = bytes(range(256)) * (12 << 12)
s3.upload_fileobj(io.BytesIO(large), "raw-images", large_key, Config=TransferConfig(multipart_threshold=5 << 20))
answer = s3.get_object(Bucket="raw-images", Key=large_key)
assert answer["Body"].read() == large and answer["ETag"].endswith("-2\""), answer["ETag"]

"""Keys with difficult characters, through boto3: listed exactly, by every kind of list, and fetched and deleted by their
listed names. Usage: s3_keys.py ENDPOINT"""
import signal
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.handlers import set_list_objects_encoding_type_url

BUCKET = "raw-images"
CARRIED = ["a b+c.jpg", "a b+c%41", "a b cA", "x%2Fy", "x/y", "dir name+/ä b.jpg", "dir name+/кот 🐈.jpg", "~*!()'\";:@&=$,?#[]",
           "<&>\"']]>", "tab\tand\nline", " lead and trail ", "100%", "+", "%", "%zz", "a//b", "e\u0301 and \u00e9"]
# XML 1.0 can't represent these: only encoded lists contain them.
OTHERS = ["control\x01\x1f.jpg", "return\rfeed.jpg", "dir\x02/a", "nonchar\ufffe"]

signal.alarm(60)  # a page that does not lead on would be asked for without end
endpoint = sys.argv[1]
config = Config(s3={"addressing_style": "path"})
s3 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", config=config)
plain = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", config=config)
for operation in ["ListObjects", "ListObjectsV2"]:
    plain.meta.events.unregister(f"before-parameter-build.s3.{operation}", set_list_objects_encoding_type_url)


def in_order(keys):
    return sorted(keys, key=lambda key: key.encode())


def listed(client, operation, **more):
    pages = client.get_paginator(operation).paginate(Bucket=BUCKET, **more)
    found = [(page.get("Contents", []), page.get("CommonPrefixes", [])) for page in pages]
    return [o["Key"] for contents, _ in found for o in contents], [p["Prefix"] for _, prefixes in found for p in prefixes]


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
    else:
        raise AssertionError(f"{code} was expected")


def check(client, keys):
    for operation in ["list_objects", "list_objects_v2"]:
        for size in [1, 2, 3, 1000]:
            found, _ = listed(client, operation, PaginationConfig={"PageSize": size})
            assert found == in_order(keys), (operation, size, found)
        for prefix in ["a b", "x%2F", "dir name+/", "%", "<&>"]:
            found, _ = listed(client, operation, Prefix=prefix, PaginationConfig={"PageSize": 2})
            assert found == in_order(key for key in keys if key.startswith(prefix)), (operation, prefix, found)
        for delimiter in ["/", "+", "%", " ", "тo"]:
            found, prefixes = listed(client, operation, Delimiter=delimiter, PaginationConfig={"PageSize": 2})
            common = {key[:key.index(delimiter) + len(delimiter)] for key in keys if delimiter in key}
            assert found == in_order(key for key in keys if delimiter not in key), (operation, delimiter, found)
            assert prefixes == in_order(common), (operation, delimiter, prefixes)
    after = "a b+c%41"
    answer = client.list_objects_v2(Bucket=BUCKET, StartAfter=after)
    assert [o["Key"] for o in answer["Contents"]] == in_order(key for key in keys if key.encode() > after.encode()), answer
    assert answer["StartAfter"] == after, answer
    answer = client.list_objects(Bucket=BUCKET, Marker=after, Prefix="", Delimiter="")
    assert (answer["Marker"], answer["Contents"][0]["Key"]) == (after, "a b+c.jpg"), answer


for key in CARRIED:
    s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
check(s3, CARRIED)
check(plain, CARRIED)
for key in OTHERS:
    s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
check(s3, CARRIED + OTHERS)
for operation in [plain.list_objects, plain.list_objects_v2]:
    refused("InvalidRequest", operation, Bucket=BUCKET)
    assert operation(Bucket=BUCKET, Prefix="x")["Contents"][0]["Key"] == "x%2Fy"
refused("InvalidRequest", s3.create_multipart_upload, Bucket=BUCKET, Key=OTHERS[0])

for operation in [s3.list_objects, s3.list_objects_v2]:
    none = operation(Bucket=BUCKET, MaxKeys=0)
    assert "Contents" not in none and not none["IsTruncated"] and none["MaxKeys"] == 0, none
    refused("InvalidArgument", operation, Bucket=BUCKET, MaxKeys=-1)
    refused("InvalidArgument", operation, Bucket=BUCKET, EncodingType="base64")
refused("InvalidArgument", s3.list_objects_v2, Bucket=BUCKET, ContinuationToken="none of yours")

# Like a synchronisation: fetches each object under its listed name, and puts it back.
for key in listed(s3, "list_objects_v2")[0]:
    body = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    assert body == key.encode(), (key, body)
    s3.put_object(Bucket=BUCKET, Key=key, Body=body)
check(s3, CARRIED + OTHERS)

# Like `rm --recursive`; then a thousand in one request, if XML can represent them.
for key in listed(s3, "list_objects_v2")[0]:
    s3.delete_object(Bucket=BUCKET, Key=key)
assert listed(s3, "list_objects_v2") == ([], [])
for key in CARRIED + OTHERS[:1]:
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
refused("MalformedXML", s3.delete_objects, Bucket=BUCKET, Delete={"Objects": [{"Key": OTHERS[0]}]})
deleted = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key} for key in CARRIED]})
assert in_order(object["Key"] for object in deleted["Deleted"]) == in_order(CARRIED), deleted
assert listed(s3, "list_objects") == (OTHERS[:1], [])

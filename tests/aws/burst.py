"""A hundred concurrent uploads to the workflow, with a limit of ten calls of each function: in real time, with the
real program. Usage: burst.py FOLDER, where FOLDER holds bootstrap and processor.cwasm."""
import concurrent.futures
import sys
import time

import local

UPLOADS, LIMIT = 100, 10
PHOTO = (local.REPOSITORY / "tests/fixtures/good/jpeg-420.jpg").read_bytes()


def statuses(table):
    pages = table.get_paginator("scan").paginate(TableName="image-metadata")
    return [item["status"]["S"] for page in pages for item in page["Items"]]


def main(package):
    process, ready = local.start(package)
    try:
        for function in ["compress", "thumbnail", "metadata"]:
            local.door(ready, "limit", {"function": function, "limit": LIMIT})
        sqs, table = local.client(ready, "sqs"), local.client(ready, "dynamodb")
        begun = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(UPLOADS) as users:
            list(users.map(lambda number: local.upload(ready, "presign", f"burst-{number}", PHOTO), range(UPLOADS)))
        while (found := statuses(table)).count("completed") < UPLOADS and time.monotonic() - begun < 300:
            time.sleep(0.5)
        throttled = local.door(ready, "throttled", {})
        dead = sqs.get_queue_attributes(QueueUrl=ready["dead"], AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    finally:
        process.stdin.close()
        process.wait()
    assert found == ["completed"] * UPLOADS, (len(found), set(found))
    assert int(dead["ApproximateNumberOfMessages"]) == 0, dead
    assert sum(throttled.values()) > 0, "the limit was never reached"
    print(f"{UPLOADS} uploads, {LIMIT} calls of each function at one time: {UPLOADS} items in {time.monotonic() - begun:.0f} s, "
          f"throttled {throttled}")


main(sys.argv[1])

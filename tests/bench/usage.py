"""One image's usage of billed AWS resources: CPU time per function, calls, bytes. Calls one function at a time."""
import json
import os
import pathlib
import statistics

from local import client, created, door, invoke, presign_event, upload

ROUNDS = 10  # of each photo
BATCH = 10
DERIVED = ["processed-images", "thumbnails"]


def cpu(ready):
    """CPU milliseconds of all functions so far."""
    ticks = 0
    for process in ready["processes"]:
        fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks * 1000 / os.sysconf("SC_CLK_TCK")


def spent(ready, work):
    begun = cpu(ready)
    answer = work()
    return cpu(ready) - begun, answer


def of(ready, photos):
    """Means for each image, over `ROUNDS` uploads of each photo in each mode."""
    events, user = client(ready, "events"), f"usage-{len(photos[0])}"
    for rule in ["workflow", "queue"]:
        events.disable_rule(Name=rule)
    before = stored(ready)
    workflow = in_turn(ready, photos, user)
    derived = {name: round((size - before[name]) / (len(photos) * ROUNDS)) for name, size in stored(ready).items()}
    batches = in_batches(ready, photos, user)
    for rule in ["workflow", "queue"]:
        events.enable_rule(Name=rule)
    presign, _ = spent(ready, lambda: [invoke(ready, "presign", presign_event(user, 1)) for _ in range(100)])
    return {
        "original_bytes": round(statistics.mean(map(len, photos))),
        "derived_bytes": derived,
        "item_bytes": item_bytes(ready, user),
        "presign_cpu_ms": round(presign / 100, 1),
        "workflow": workflow,
        "queue": batches,
    }


def counted(ready, count, work):
    """CPU, calls of functions and bytes of their logs, for each of `count` images."""
    logs = lambda: sum(path.stat().st_size for path in pathlib.Path(ready["logs"]).glob("*-[0-9]*.log"))
    calls, written = door(ready, "calls", {}), logs()
    milliseconds = {name: round(total / count, 1) for name, total in work().items()}
    more = {name: total - calls.get(name, 0) for name, total in door(ready, "calls", {}).items()}
    own = {name: total / count for name, total in sorted(more.items()) if total and not name.startswith("others")}
    return {"cpu_ms": milliseconds, "calls": own, "log_bytes": round((logs() - written) / count)}


def in_turn(ready, photos, user):
    keys = [upload(ready, "presign", user, photo) for photo in photos for _ in range(ROUNDS)]
    found = [created(ready, "raw-workflow", key) for key in keys]

    def work():
        times = {"compress": 0, "thumbnail": 0, "metadata": 0}

        def call(name, event):
            time, answer = spent(ready, lambda: invoke(ready, name, event))
            times[name] += time
            return answer

        for event in found:
            images = {"compressed": call("compress", event), "thumbnails": call("thumbnail", event)}
            call("metadata", event | {"images": images})
        return times

    return counted(ready, len(found), work)


def in_batches(ready, photos, user):
    keys = [upload(ready, "presign-queue", user, photo) for _ in range(ROUNDS) for photo in photos]
    found = [created(ready, "raw-queue", key) for key in keys]
    record = lambda at, event: {"messageId": str(at), "body": json.dumps(event), "attributes": {}}

    def work():
        total = 0
        for at in range(0, len(found), BATCH):
            records = [record(at, event) for at, event in enumerate(found[at:at + BATCH])]
            time, answer = spent(ready, lambda: invoke(ready, "process", {"Records": records}))
            assert answer == {"batchItemFailures": []}, answer
            total += time
        return {"process": total}

    return counted(ready, len(found), work)


def stored(ready):
    s3 = client(ready, "s3")
    pages = lambda bucket: s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {bucket: sum(entry["Size"] for page in pages(bucket) for entry in page.get("Contents", [])) for bucket in DERIVED}


def item_bytes(ready, user):
    """The largest of this user's items, as DynamoDB counts: names and values as UTF-8, numbers by their digits."""

    def size(value):
        (kind, inner), = value.items()
        if kind == "M":
            return 3 + sum(1 + len(name) + size(each) for name, each in inner.items())
        return len(inner) // 2 + 2 if kind == "N" else len(inner.encode())

    query = {"IndexName": "user-id-index", "KeyConditionExpression": "userId = :user",
             "ExpressionAttributeValues": {":user": {"S": user}}}
    items = client(ready, "dynamodb").query(TableName="image-metadata", **query)["Items"]
    return max(sum(len(name) + size(value) for name, value in item.items()) for item in items)

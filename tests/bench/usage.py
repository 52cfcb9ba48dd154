"""What one image uses of what AWS bills: invocations' time, calls, bytes. Each function is called by itself, so that the
times are those of an otherwise idle machine."""
import json
import pathlib
import statistics

from local import client, created, door, invoke, presign_event, timed, upload, wait_for

ROUNDS = 10  # of each photo
BATCH = 10
DERIVED = ["processed-images", "thumbnails"]


def of(ready, photos):
    """Means for each image, over `ROUNDS` uploads of each photo in each mode."""
    events = client(ready, "events")
    user = f"usage-{len(photos[0])}"
    queue = door(ready, "subscribe", {"user": user})
    sqs = client(ready, "sqs")
    ends = []
    for photo in photos:
        for _ in range(ROUNDS):
            upload(ready, "presign", user, photo)
            ends.append(timed(lambda: wait_for(sqs, queue, 1))[0])
    for rule in ["workflow", "queue"]:
        events.disable_rule(Name=rule)
    before = stored(ready)
    workflow = in_turn(ready, photos, user)
    derived = stored(ready)
    batches = in_batches(ready, photos, user)
    for rule in ["workflow", "queue"]:
        events.enable_rule(Name=rule)
    presign = [timed(lambda: invoke(ready, "presign", presign_event(user, 1)))[0] for _ in range(100)]
    return {
        "original_bytes": round(statistics.mean(map(len, photos))),
        "derived_bytes": {name: round((derived[name] - before[name]) / (len(photos) * ROUNDS)) for name in DERIVED},
        "item_bytes": item_bytes(ready, user),
        "execution_ms": round(statistics.mean(ends)),
        "presign_ms": round(statistics.mean(presign), 1),
        "workflow": workflow,
        "queue": batches,
    }


def counted(ready, count, work):
    """Calls of functions and bytes of their logs, for each of `count` images."""
    logs = lambda: sum(path.stat().st_size for path in pathlib.Path(ready["logs"]).glob("*-[0-9]*.log"))
    calls, written = door(ready, "calls", {}), logs()
    milliseconds = work()
    more = {name: total - calls.get(name, 0) for name, total in door(ready, "calls", {}).items()}
    mine = {name: round(total / count, 2) for name, total in sorted(more.items()) if total and not name.startswith("others")}
    return {"ms": milliseconds, "calls": mine, "log_bytes": round((logs() - written) / count)}


def in_turn(ready, photos, user):
    keys = [upload(ready, "presign", user, photo) for photo in photos for _ in range(ROUNDS)]
    found = [created(ready, "raw-workflow", key) for key in keys]

    def work():
        times = {"compress": [], "thumbnail": [], "metadata": []}
        for event in found:
            call = lambda name, more={}: (timed(lambda: invoke(ready, name, event | more)))
            compress, thumbnail = call("compress"), call("thumbnail")
            metadata = call("metadata", {"images": {"compressed": compress[1], "thumbnails": thumbnail[1]}})
            for name, (time, _) in zip(times, [compress, thumbnail, metadata]):
                times[name].append(time)
        return {name: round(statistics.mean(each), 1) for name, each in times.items()}

    return counted(ready, len(found), work)


def in_batches(ready, photos, user):
    keys = [upload(ready, "presign-queue", user, photo) for _ in range(ROUNDS) for photo in photos]
    found = [created(ready, "raw-queue", key) for key in keys]

    def work():
        total = 0
        for at in range(0, len(found), BATCH):
            records = [{"messageId": str(n), "body": json.dumps(event), "attributes": {"ApproximateReceiveCount": "1"}}
                       for n, event in enumerate(found[at:at + BATCH])]
            time, answer = timed(lambda: invoke(ready, "process", {"Records": records}))
            assert answer == {"batchItemFailures": []}, answer
            total += time
        return {"process": round(total / len(found), 1)}

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

"""The backfill over a bucket of two hundred objects, and the drill of docs/recovery.md: its own commands, run
verbatim, restore everything that was lost. Usage: recovery.py FOLDER, where FOLDER holds bootstrap and processor.cwasm.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import local

RAW, PROCESSED, THUMBNAILS, TABLE = "raw-queue", "processed-images", "thumbnails", "image-metadata"
FIXTURES = local.REPOSITORY / "tests/fixtures"
GOOD = sorted(path for path in (FIXTURES / "good").iterdir() if path.suffix != ".md")
BAD = [FIXTURES / "bad" / name for name in ["no-data.jpg", "no-data.png", "huge.png", "page.pdf", "photo.heic", "zeros.jpg"]]
# Not of uploads: nobody could say whose they are.
STRAY = ["uploads/library/20260101_120000_photo.jpg", "uploads/library/notes.txt"]
LIBRARY = "library"
MEASURED = ["processingTimeMs", "expiresAt"]
DELETED = "purged-by-mistake"


def key_of(user, number, path):
    return f"uploads/{user}/20260101_120000_{number:016x}_{path.name}"


class Drill:
    """The stores, and the shell in which the runbook's commands run."""

    def __init__(self, ready, folder):
        self.ready, self.folder = ready, folder
        self.s3, self.table, self.events = (local.client(ready, name) for name in ["s3", "dynamodb", "events"])

    def put(self, user, paths):
        for number, path in enumerate(paths):
            self.s3.put_object(Bucket=RAW, Key=key_of(user, number, path), Body=path.read_bytes())

    def items(self, table=TABLE):
        pages = self.table.get_paginator("scan").paginate(TableName=table)
        return {item["originalKey"]["S"]: item for page in pages for item in page["Items"]}

    def places(self):
        """Where derived objects are, and the MD5 of each."""
        pages = [(bucket, page) for bucket in [PROCESSED, THUMBNAILS]
                 for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)]
        return {(bucket, entry["Key"]): entry["ETag"] for bucket, page in pages for entry in page.get("Contents", [])}

    def objects(self, part=""):
        """The bytes and headers of each derived object that has `part` in its key."""

        def read(place):
            answer = self.s3.get_object(Bucket=place[0], Key=place[1])
            return answer["Body"].read(), [answer.get(name) for name in ["ContentType", "CacheControl", "Metadata"]]

        return {place: read(place) for place in self.places() if part in place[1]}

    def wait(self, what, look):
        for _ in range(1800):
            if look():
                return
            time.sleep(0.1)
        sys.exit(f"not within three minutes: {what}")

    def run(self, section, prefix="uploads/"):
        """The blocks of one section of the runbook, in one shell. Returns what they print."""
        text = (local.REPOSITORY / "docs/recovery.md").read_text()
        section = re.search(rf"^## {section}\n(.*?)(?=^## |\Z)", text, re.M | re.S)[1]
        commands = "\n".join(re.findall(r"^```sh\n(.*?)^```", section, re.M | re.S)).replace("sleep 5", "sleep 1")
        names = {"RAW": RAW, "PROCESSED": PROCESSED, "THUMBNAILS": THUMBNAILS, "TABLE": TABLE, "PREFIX": prefix,
                 "KEY": "alias/darkroom", "BACKFILL": self.ready["backfill"], "AWS_ENDPOINT_URL": self.ready["endpoint"],
                 "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test",
                 "AWS_SECRET_ACCESS_KEY": "test", "AWS_PAGER": "",
                 "PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"}
        shell = ["bash", "-euo", "pipefail", "-c", commands]
        done = subprocess.run(shell, env=names, cwd=self.folder, capture_output=True, text=True)
        assert commands and done.returncode == 0, f"{section}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def report(self):
        """The newest backfill's report, as the runbook fetched it: its entries by status."""
        newest = max(pathlib.Path(self.folder).glob("report-*"), key=lambda path: path.stat().st_mtime)
        manifest = json.loads((newest / "manifest.json").read_text())
        entries = {}
        for status, files in manifest["ResultFiles"].items():
            listed = [entry for file in files for entry in json.loads((newest / pathlib.Path(file["Key"]).name).read_text())]
            entries[status] = {json.loads(entry["Input"])["key"]: entry for entry in listed}
        return entries


def same_items(one, other):
    """The item without measured values, and values that depend on the time at which it was made."""
    known = lambda items: {key: item | dict.fromkeys(MEASURED) for key, item in items.items()}
    return known(one) == known(other)


def through_the_pipeline(drill):
    """Two users' photos, uploaded normally."""
    drill.put("pipeline", GOOD + BAD)
    drill.put(DELETED, GOOD[:4])
    drill.wait("items of all uploads", lambda: len(drill.items()) == len(GOOD + BAD) + 4)
    statuses = [item["status"]["S"] for item in drill.items().values()]
    assert (statuses.count("completed"), statuses.count("failed")) == (len(GOOD) + 4, len(BAD)), statuses


def as_pipeline(text):
    """Keys and URLs of the library as the pipeline's user would have them."""
    return text.replace(f"/{LIBRARY}/", "/pipeline/")


def untagged(objects):
    """The objects without their cache tags, which are hashes of their originals' keys."""
    without = lambda metadata: {name: value for name, value in metadata.items() if name != "cache-tag"}
    return {place: (content, [*others, without(metadata)]) for place, (content, [*others, metadata]) in objects.items()}


def backfill_of_a_library(drill):
    """A bucket with photos that were never announced."""
    before, objects = drill.items(), drill.objects("/pipeline/")
    drill.events.disable_rule(Name="queue")
    drill.put(LIBRARY, GOOD + BAD)
    for key in STRAY:
        drill.s3.put_object(Bucket=RAW, Key=key, Body=b"not an upload")
    drill.events.enable_rule(Name="queue")
    drill.run("Replay")

    originals = 2 * len(GOOD + BAD) + 4
    report = drill.report()
    assert sorted(report["FAILED"]) == STRAY, report["FAILED"]
    assert {entry["Error"] for entry in report["FAILED"].values()} == {"NotProcessed"}
    assert (len(report["SUCCEEDED"]), report["PENDING"]) == (originals, {}), len(report["SUCCEEDED"])
    items = drill.items()
    assert len(items) == originals
    for key, item in before.items():
        assert item["status"]["S"] == "failed" or items[key] == item, f"a completed item was changed: {key}"
    own = ["imageId", "userId", *MEASURED]
    common = lambda item: {name: value for name, value in item.items() if name not in own}
    for number, path in enumerate(GOOD + BAD):
        made, expected = items[key_of(LIBRARY, number, path)], before[key_of("pipeline", number, path)]
        assert json.loads(as_pipeline(json.dumps(common(made)))) == common(expected), (made, expected)
    found = drill.objects(f"/{LIBRARY}/")
    assert untagged({(bucket, as_pipeline(key)): value for (bucket, key), value in found.items()}) == untagged(objects)


def lose_and_recover(drill):
    """Everything but the originals and yesterday's backup, which `through_the_pipeline` made at its end."""
    items, objects = drill.items(), drill.objects()
    drill.run("The table is wrong")
    assert drill.items(f"{TABLE}-restored") == items
    drill.table.delete_table(TableName=TABLE)
    for bucket, key in objects:
        drill.s3.delete_object(Bucket=bucket, Key=key)
    for bucket in [PROCESSED, THUMBNAILS]:
        drill.s3.delete_bucket(Bucket=bucket)

    drill.run("The table is gone")
    backed_up = drill.items()
    assert 0 < len(backed_up) < len(items), len(backed_up)
    assert same_items({key: items[key] for key in backed_up}, backed_up)
    drill.run("Derived objects are lost")
    said = drill.run("Replay").split()
    assert str(len(items)) in said and str(len(items) + len(STRAY)) in said, said
    assert drill.objects() == objects
    again = drill.items()
    assert same_items(again, items)
    assert all(again[key] == item for key, item in backed_up.items() if item["status"]["S"] == "completed")


def delete_and_recover(drill):
    """The event of each deletion purges derived objects; the runbook removes the delete markers."""
    part, places = f"/{DELETED}/", drill.places()
    items, objects = drill.items(), drill.objects(part)
    keys = [key for key in items if part in key]
    for key in keys:
        drill.s3.delete_object(Bucket=RAW, Key=key)
    drill.wait("items purged", lambda: drill.items().keys() == items.keys() - keys)
    assert drill.places().keys() == {place for place in places if part not in place[1]}
    drill.run("Originals were deleted", f"uploads{part}")
    drill.run("Replay", f"uploads{part}")
    assert drill.objects(part) == objects and drill.places() == places
    assert same_items(drill.items(), items)


def main(package):
    process, ready = local.start(package)
    try:
        with tempfile.TemporaryDirectory() as folder:
            drill = Drill(ready, folder)
            through_the_pipeline(drill)
            drill.table.create_backup(TableName=TABLE, BackupName="stands-for-the-system's")
            for step in [backfill_of_a_library, lose_and_recover, delete_and_recover]:
                begun = time.monotonic()
                step(drill)
                print(f"{step.__name__}: {time.monotonic() - begun:.0f} s", flush=True)
    finally:
        process.stdin.close()
        process.wait()


main(sys.argv[1])

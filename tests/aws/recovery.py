"""The backfill over a bucket of several hundred objects, and the drill of docs/recovery.md: its own commands, run word for
word, bring back what was lost. Usage: recovery.py FOLDER, where FOLDER holds bootstrap and processor.cwasm.
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
BAD = [FIXTURES / "bad" / name for name in ["corrupt.jpg", "corrupt.webp", "huge.png", "page.pdf", "photo.heic", "zeros.jpg"]]
# Not of uploads: nobody could say whose they are.
STRAY = ["uploads/library-1/notes.txt", "uploads/library-2/20260101_120000_photo.jpg"]
DELETED = "purged-by-mistake"


def key_of(user, number, path):
    return f"uploads/{user}/20260101_120000_{number:016x}_{path.name}"


class Drill:
    """The stores, and the shell in which the runbook's commands run."""

    def __init__(self, ready):
        self.ready, self.folder = ready, tempfile.mkdtemp()
        self.s3, self.table, self.events = (local.client(ready, name) for name in ["s3", "dynamodb", "events"])

    def put(self, user, paths):
        for number, path in enumerate(paths):
            self.s3.put_object(Bucket=RAW, Key=key_of(user, number, path), Body=path.read_bytes())

    def items(self, table=TABLE):
        pages = self.table.get_paginator("scan").paginate(TableName=table)
        return {item["originalKey"]["S"]: item for page in pages for item in page["Items"]}

    def objects(self):
        """Each derived object's bytes and headers."""
        found = {}
        for bucket in [PROCESSED, THUMBNAILS]:
            for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
                for entry in page.get("Contents", []):
                    answer = self.s3.get_object(Bucket=bucket, Key=entry["Key"])
                    headers = [answer.get(name) for name in ["ContentType", "CacheControl", "Metadata"]]
                    found[bucket, entry["Key"]] = answer["Body"].read(), headers
        return found

    def wait(self, what, look):
        for _ in range(600):
            if look():
                return
            time.sleep(0.1)
        sys.exit(f"not within a minute: {what}")

    def run(self, section, prefix="uploads/"):
        """The blocks of one section of the runbook, in one shell. Returns what they print."""
        text = (local.REPOSITORY / "docs/recovery.md").read_text()
        section = re.search(rf"^## {section}\n(.*?)(?=^## |\Z)", text, re.M | re.S)[1]
        commands = "\n".join(re.findall(r"^```sh\n(.*?)^```", section, re.M | re.S)).replace("sleep 5", "sleep 0.5")
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
        """The newest backfill's, as the runbook fetched it: what it says of each status."""
        newest = max(pathlib.Path(self.folder).glob("report-*"), key=lambda path: path.stat().st_mtime)
        manifest = json.loads((newest / "manifest.json").read_text())
        entries = {}
        for status, files in manifest["ResultFiles"].items():
            listed = [entry for file in files for entry in json.loads((newest / pathlib.Path(file["Key"]).name).read_text())]
            entries[status] = {json.loads(entry["Input"])["key"]: entry for entry in listed}
        return entries


def same_item(item):
    """But for the one value that is measured."""
    return {name: value for name, value in item.items() if name != "processingTimeMs"}


def through_the_pipeline(drill):
    """Two users' photos, as they are uploaded."""
    drill.put("pipeline", GOOD + BAD)
    drill.put(DELETED, GOOD[:4])
    drill.wait("items of all uploads", lambda: len(drill.items()) == len(GOOD + BAD) + 4)
    statuses = [item["status"]["S"] for item in drill.items().values()]
    assert (statuses.count("completed"), statuses.count("failed")) == (len(GOOD) + 4, len(BAD)), statuses


def backfill_of_a_library(drill):
    """A bucket that holds photos of which nobody was told."""
    before, objects = drill.items(), drill.objects()
    drill.events.disable_rule(Name="queue")
    for user in ["library-1", "library-2"]:
        drill.put(user, GOOD + BAD)
    for key in STRAY:
        drill.s3.put_object(Bucket=RAW, Key=key, Body=b"not an upload")
    drill.events.enable_rule(Name="queue")
    drill.run("Replay")

    originals = 3 * len(GOOD + BAD) + 4
    report = drill.report()
    assert sorted(report["FAILED"]) == STRAY, report["FAILED"]
    assert {entry["Error"] for entry in report["FAILED"].values()} == {"NotProcessed"}
    assert (len(report["SUCCEEDED"]), report["PENDING"]) == (originals, {}), len(report["SUCCEEDED"])
    items = drill.items()
    assert len(items) == originals
    for key, item in before.items():
        assert item["status"]["S"] == "failed" or items[key] == item, f"a completed item was changed: {key}"
    as_pipeline = lambda user, text: text.replace(f"/{user}/", "/pipeline/")
    for user in ["library-1", "library-2"]:
        for number, path in enumerate(GOOD + BAD):
            key = key_of(user, number, path)
            made, expected = items[key], before[key_of("pipeline", number, path)]
            for name in ["imageId", "userId", "processingTimeMs"]:
                made, expected = ({k: v for k, v in item.items() if k != name} for item in [made, expected])
            assert json.loads(as_pipeline(user, json.dumps(made))) == expected, (made, expected)
    found = drill.objects()
    assert {(bucket, as_pipeline("library-1", as_pipeline("library-2", key))) for bucket, key in found} == set(objects)
    for user in ["library-1", "library-2"]:
        own = {place: value for place, value in found.items() if f"/{user}/" in place[1]}
        assert len(own) == sum("/pipeline/" in key for _, key in objects)
        for (bucket, key), value in own.items():
            assert value == objects[bucket, as_pipeline(user, key)], key


def lose_and_recover(drill):
    """All but the originals and yesterday's backup, which `through_the_pipeline` ended with."""
    items, objects = drill.items(), drill.objects()
    restored = drill.run("The table is wrong")
    assert "CREATING" in restored or "ACTIVE" in restored, restored
    assert drill.items(f"{TABLE}-restored") == items
    drill.table.delete_table(TableName=TABLE)
    for bucket, key in objects:
        drill.s3.delete_object(Bucket=bucket, Key=key)
    for bucket in [PROCESSED, THUMBNAILS]:
        drill.s3.delete_bucket(Bucket=bucket)

    drill.run("The table is gone")
    backed_up = drill.items()
    assert 0 < len(backed_up) < len(items), len(backed_up)
    assert all(items[key] == item for key, item in backed_up.items())
    drill.run("Derived objects are lost")
    said = drill.run("Replay")
    assert str(len(items)) in said.split() and "the original" not in said, said
    assert drill.objects() == objects
    again = drill.items()
    assert {key: same_item(item) for key, item in again.items()} == {key: same_item(item) for key, item in items.items()}
    assert all(again[key] == item for key, item in backed_up.items() if item["status"]["S"] == "completed")


def delete_and_recover(drill):
    """The event of each deletion purges what was derived; the marks of deletion are taken away again."""
    items, objects = drill.items(), drill.objects()
    prefix = f"uploads/{DELETED}/"
    keys = [key for key in items if key.startswith(prefix)]
    for key in keys:
        drill.s3.delete_object(Bucket=RAW, Key=key)
    drill.wait("items purged", lambda: not any(key in drill.items() for key in keys))
    rest = {place: value for place, value in objects.items() if f"/{DELETED}/" not in place[1]}
    assert drill.objects() == rest and len(rest) < len(objects)
    drill.run("Originals were deleted", prefix)
    drill.run("Replay", prefix)
    assert drill.objects() == objects
    assert {key: same_item(item) for key, item in drill.items().items()} == {
        key: same_item(item) for key, item in items.items()
    }


def main(package):
    process, ready = local.start(package)
    try:
        drill = Drill(ready)
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

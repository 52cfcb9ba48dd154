#!/usr/bin/env python3
"""Smoke-tests a deployment: requests an upload URL, uploads a photo, waits for its item, fetches it in each format through
the edge, deletes it and checks that it is gone. Prints each step's time and target; exits with 1 if a step failed.

Usage: TOKEN=... smoke.py [--stack darkroom] [--photo FILE], with the caller's AWS credentials and the `aws` command line.
`--endpoint`, `--edge`, `--table`, `--raw` stand in for the stack's outputs."""
import argparse
import base64
import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

PHOTO = pathlib.Path(__file__).resolve().parents[1] / "examples/photos"
# An `Accept` field, and the types that may answer it.
ACCEPTS = {"image/avif,image/webp,*/*;q=0.8": ["image/avif", "image/webp"], "image/webp,*/*;q=0.8": ["image/webp"],
           "*/*": ["image/jpeg", "image/png"]}
# The customer's limits, in seconds, and how long to wait before a step counts as failed.
TARGETS, PATIENCE = {"upload URL": 0.2, "upload to item": 5.0, "image": 0.1}, 120


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--stack", default="darkroom")
    parser.add_argument("--photo", type=pathlib.Path, default=min(PHOTO.glob("*.jpg"), default=None))
    for name in ["endpoint", "edge", "table", "raw"]:
        parser.add_argument(f"--{name}")
    return parser.parse_args()


def aws(*words):
    done = subprocess.run(["aws", *words, "--output", "json"], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"smoke: aws {' '.join(words[:2])}: {done.stderr.strip()}")
    return json.loads(done.stdout or "null")


def outputs(stack):
    described = aws("cloudformation", "describe-stacks", "--stack-name", stack)["Stacks"][0]
    values = {entry["OutputKey"]: entry["OutputValue"] for entry in described["Outputs"]}
    public = next(entry["ParameterValue"] for entry in described["Parameters"] if entry["ParameterKey"] == "PublicUrl")
    return {"endpoint": values["UploadUrlEndpoint"], "table": values["TableName"], "raw": values["RawBucketName"], "edge": public}


class Smoke:
    def __init__(self, places, token):
        self.places, self.token = places, token
        payload = token.split(".")[1]
        self.user = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"]

    def request(self, url, method="GET", body=None, **headers):
        """Status, headers and body; for errors, too."""
        try:
            answer = urllib.request.urlopen(urllib.request.Request(url, body, headers, method=method), timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        return answer.status, answer.headers, answer.read()

    def step(self, name, work):
        begun = time.monotonic()
        found = work()
        taken, target = time.monotonic() - begun, TARGETS.get(name.split(":")[0])
        print(f"{name:<40} {taken * 1000:8.0f} ms" + (f"   target {target * 1000:.0f} ms" if target else ""), flush=True)
        return found

    def until(self, what, look):
        begun = time.monotonic()
        while time.monotonic() - begun < PATIENCE:
            if found := look():
                return found
            time.sleep(0.25)
        sys.exit(f"smoke: not within {PATIENCE} s: {what}")

    def expect(self, what, condition, found):
        if not condition:
            sys.exit(f"smoke: {what}: {found}")

    def granted(self, photo):
        query = urllib.parse.urlencode({"filename": photo.name, "contentType": "image/jpeg", "contentLength": photo.stat().st_size})
        status, _, body = self.request(f"{self.places['endpoint']}?{query}", Authorization=f"Bearer {self.token}")
        self.expect("the upload URL", status == 200, (status, body))
        return json.loads(body)

    def uploaded(self, granted, photo):
        status, _, body = self.request(granted["uploadUrl"], "PUT", photo.read_bytes(), **granted["headers"])
        self.expect("the upload", status == 200, (status, body))
        return self.until("an item", lambda: self.item(granted["key"]))

    def item(self, key):
        values = {":user": {"S": self.user}, ":key": {"S": key}}
        found = aws("dynamodb", "query", "--table-name", self.places["table"], "--index-name", "user-id-index",
                    "--key-condition-expression", "userId = :user", "--filter-expression", "originalKey = :key",
                    "--expression-attribute-values", json.dumps(values))["Items"]
        return found[0] if found else None

    def image(self, preset, key, accept):
        status, headers, body = self.request(f"{self.places['edge']}/image/preset={preset}/{key}", Accept=accept)
        self.expect(f"{preset} for {accept}", status == 200 and body, (status, body[:200]))
        return headers["content-type"]

    def all(self, photo):
        granted = self.step("upload URL", lambda: self.granted(photo))
        key = granted["key"]
        item = self.step("upload to item", lambda: self.uploaded(granted, photo))
        self.expect("the item", item["status"]["S"] == "completed", item)
        for preset in ["compressed", "small", "medium", "large"]:
            for accept, types in ACCEPTS.items():
                found = self.step(f"image: {preset} for {accept.split(',')[0]}", lambda: self.image(preset, key, accept))
                self.expect(f"{preset} for {accept}", found in types + ["image/jpeg"], found)
        aws("s3api", "delete-object", "--bucket", self.places["raw"], "--key", key)
        self.step("deletion to no item", lambda: self.until("the item's end", lambda: self.item(key) is None))
        # No cache has a width that was never requested: it must be rendered from the original.
        url = f"{self.places['edge']}/image/width=77/{key}"
        self.step("deletion to no image", lambda: self.until("404 for the image", lambda: self.request(url)[0] == 404))


def main():
    asked = arguments()
    given = {name: value for name in ["endpoint", "edge", "table", "raw"] if (value := getattr(asked, name))}
    places = given if len(given) == 4 else outputs(asked.stack) | given
    if os.environ.get("TOKEN", "").count(".") != 2:
        sys.exit("smoke: TOKEN holds no token: a JWT of the issuer and audience that the stack was deployed with is needed")
    Smoke(places, os.environ["TOKEN"]).all(asked.photo)
    print("smoke: ok")


main()

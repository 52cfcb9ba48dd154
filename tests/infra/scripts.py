"""The scripts of a deployment, with programs that stand in for the compilers."""
import atexit
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import tomllib
import unittest

from evaluator import ROOT

STUBS = {
    "uname": "[ $1 = -s ] && echo ${SYSTEM:-Linux} || echo aarch64",
    "cargo": "mkdir -p target/release && echo program >target/release/bootstrap",
    "strip": "cp \"$3\" \"$2\"",
}


class Folder:
    """A copy of some scripts, and programs that stand in for others."""

    def __init__(self, scripts, stubs):
        held = tempfile.TemporaryDirectory()
        atexit.register(held.cleanup)
        self.root = pathlib.Path(held.name)
        for path in ["scripts", "stubs", "target/release"]:
            (self.root / path).mkdir(parents=True)
        for name in scripts:
            shutil.copy(ROOT / "scripts" / name, self.root / "scripts")
        for name, body in stubs.items():
            self.program(f"stubs/{name}", body)

    def program(self, path, body):
        (self.root / path).write_text(f"#!/bin/sh\n{body}\n")
        (self.root / path).chmod(0o755)

    def run(self, name, *arguments, **variables):
        environment = os.environ | {"PATH": f"{self.root}/stubs:{os.environ['PATH']}"} | variables
        runner = ["python3"] if name.endswith(".py") else ["bash"]
        command = [*runner, self.root / "scripts" / name, *map(str, arguments)]
        return subprocess.run(command, env=environment, cwd=self.root, capture_output=True, text=True)


class Zip(unittest.TestCase):
    def test_an_arm64_machine_makes_the_zip_where_the_template_looks(self):
        folder = Folder(["lambda.sh", "zip.py"], STUBS)
        folder.program("target/release/darkroom", '[ "$1" = licenses ] || echo core >"$5"')  # precompile --target TRIPLE --out FILE
        for arguments, made in [(["arm64"], "lambda-arm64"), ([], "lambda")]:
            self.assertEqual(folder.run("lambda.sh", *arguments).returncode, 0)
            self.assertTrue((folder.root / f"target/{made}/lambda.zip").exists(), made)
        done = folder.run("lambda.sh", SYSTEM="Darwin")
        self.assertEqual((done.returncode, "needed is Linux" in done.stderr), (1, True))


class Quota(unittest.TestCase):
    def test_a_deployment_that_the_account_has_no_room_for_stops(self):
        folder = Folder(["check-quota.sh"], {"aws": "echo $QUOTA"})
        for quota, parameters, passes in [
            (1000, [], True), (10, [], False), (250, [], True), (249, [], False), (400, ["Mode=standard"], False),
            (450, ["Mode=express"], True), (250, ["Mode=standard", "ReservedConcurrency=0"], True), (160, ["MaximumConcurrency=10"], True),
        ]:
            done = folder.run("check-quota.sh", *parameters, QUOTA=str(quota))
            self.assertEqual(done.returncode == 0, passes, (quota, parameters, done.stderr))


class Edge(unittest.TestCase):
    """The edge's settings match the stack's, or the deployment stops."""

    def test_the_configuration_names_the_stack_s_buckets(self):
        folder = Folder(["edge-config.py"], {})
        made = folder.root / "edge.toml"
        config = ROOT / "edge/cloudfront/config.toml"
        self.assertEqual(folder.run("edge-config.py", config, "darkroom", "1", "us-west-2", made).returncode, 0)
        settings, before = (tomllib.loads(path.read_text()) for path in [made, config])
        self.assertEqual(settings["buckets"]["thumbnails"], "darkroom-thumbnails-1-us-west-2")
        self.assertEqual((settings["region"], settings["delivery"]), ("us-west-2", before["delivery"]))

    def test_settings_of_other_buckets_are_refused(self):
        folder, mine = Folder(["edge-config.py"], {}), {"raw": "d-raw-1-r", "processed": "d-processed-1-r", "thumbnails": "d-thumbnails-1-r"}
        for settings, passes in [
            ({"region": "r", "buckets": mine}, True),
            ({"region": "eu-central-1", "buckets": {name: f"example-{name}" for name in mine}}, False),
            ({"region": "r2", "buckets": mine}, False),
            ({"region": "r", "buckets": mine, "endpoint": "https://s3.example.com"}, False),
        ]:
            (folder.root / "settings.json").write_text(json.dumps(settings))
            done = folder.run("edge-config.py", "--check", "settings.json", "d", "1", "r")
            self.assertEqual(done.returncode == 0, passes, done.stderr)

    def test_a_function_that_takes_too_long_is_not_published_and_not_left_behind(self):
        stub = 'echo "$2" >>calls; case $2 in create-function) echo E1 ;; test-function) echo "$USED" ;; esac'
        for used, passes in [("80", True), ("81", False)]:
            folder = Folder(["try-function.sh"], {"aws": stub})
            done = folder.run("try-function.sh", "function.js", "trial", USED=used)
            self.assertEqual(done.returncode == 0, passes, done.stderr)
            calls = (folder.root / "calls").read_text().split()
            self.assertEqual((calls[0], calls[-1]), ("create-function", "delete-function"))
            self.assertIn("test-function", calls)


if __name__ == "__main__":
    unittest.main()

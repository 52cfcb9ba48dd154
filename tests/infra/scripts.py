"""The scripts of a deployment, with programs that stand in for the compilers."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from evaluator import ROOT

STUBS = {
    "uname": "echo aarch64",
    "cargo": "mkdir -p target/release && echo program >target/release/bootstrap",
    "strip": "cp \"$3\" \"$2\"",
}


class Zip(unittest.TestCase):
    def test_an_arm64_machine_makes_the_zip_where_the_template_looks(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for path in ["scripts", "stubs", "target/release"]:
                (root / path).mkdir(parents=True)
            for name in ["lambda.sh", "zip.py"]:
                shutil.copy(ROOT / "scripts" / name, root / "scripts")
            programs = {f"stubs/{name}": body for name, body in STUBS.items()}
            programs["target/release/darkroom"] = "echo core >\"$5\""  # precompile --target TRIPLE --out FILE
            for path, body in programs.items():
                (root / path).write_text(f"#!/bin/sh\n{body}\n")
                (root / path).chmod(0o755)
            environment = os.environ | {"PATH": f"{root}/stubs:{os.environ['PATH']}"}
            for arguments, made in [(["arm64"], "lambda-arm64"), ([], "lambda")]:
                subprocess.run(["bash", root / "scripts/lambda.sh", *arguments], env=environment, check=True, capture_output=True)
                self.assertTrue((root / f"target/{made}/lambda.zip").exists(), made)


if __name__ == "__main__":
    unittest.main()

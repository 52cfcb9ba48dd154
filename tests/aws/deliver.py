"""The origin function on this machine: cargo-lambda in place of Lambda, the real bootstrap, and a queue for asynchronous
invocations, which cargo-lambda does not have.

Usage: deliver.py FOLDER S3_ENDPOINT, where FOLDER holds bootstrap and processor.cwasm.
Prints one line of JSON when everything runs, and stops everything when its standard input closes.
"""
import http.server
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

# The functions' differences. One has twenty concurrent requests, as Lambda's managed instances do.
KEY = "0123456789abcdef"
FUNCTIONS = {
    "deliver": {"DARKROOM_EDGE": "cloudfront"},
    "deliver-many": {"DARKROOM_EDGE": "cloudfront", "AWS_LAMBDA_MAX_CONCURRENCY": "20"},
    "deliver-alone": {"DARKROOM_DELIVERY": json.dumps({"mode": "signed", "signing_keys": [KEY]})},
    "deliver-elsewhere": {"DARKROOM_EDGE": "cloudfront", "DARKROOM_BUCKET_REGION": "us-west-2"},
    "deliver-no-store": {"DARKROOM_EDGE": "cloudfront", "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1"},
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_runtime(port, folder, logs):
    """cargo-lambda serves the functions that a package lists as binaries: this package has only their names."""
    binaries = [f'[[bin]]\nname = "{name}"\npath = "main.rs"\n' for name in FUNCTIONS]
    pathlib.Path(folder, "main.rs").touch()
    package = '[package]\nname = "functions"\nedition = "2024"\n'
    pathlib.Path(folder, "Cargo.toml").write_text(package + "".join(binaries))
    program = pathlib.Path(sys.executable).with_name("cargo-lambda")
    arguments = ["lambda", "watch", "--only-lambda-apis", "-A", "127.0.0.1", "-P", str(port)]
    log = open(f"{logs}/cargo-lambda.log", "w")
    return subprocess.Popen([program, *arguments], cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL)


class Invocations(http.server.ThreadingHTTPServer):
    """Lambda's Invoke, for InvocationType=Event alone: accepted at once, and handed to the function when it is free."""

    daemon_threads = True

    def __init__(self, runtime):
        super().__init__(("127.0.0.1", 0), Invocation)
        self.runtime, self.taken = runtime, []


class Invocation(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        event = self.rfile.read(int(self.headers["content-length"]))
        signed = self.headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 Credential=test/")
        asynchronous = self.headers.get("x-amz-invocation-type") == "Event"
        self.answer(202 if signed and asynchronous else 400, b"")
        self.server.taken.append({"path": self.path, "event": json.loads(event)})
        threading.Thread(target=invoke, args=(self.server.runtime + self.path, event), daemon=True).start()

    def do_GET(self):
        """A side door: what was taken so far. And an S3 without objects, which remembers for which region it was asked."""
        if self.path == "/":
            return self.answer(200, json.dumps(self.server.taken).encode())
        credential = self.headers.get("authorization", "").partition("Credential=")[2].partition(",")[0]
        self.server.taken.append({"path": self.path.partition("?")[0], "credential": credential})
        self.answer(404, b"")

    do_HEAD = do_GET

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def invoke(url, event):
    urllib.request.urlopen(urllib.request.Request(url, event, {"content-type": "application/json"}), timeout=120).read()


def start(folder, name, runtime, endpoints, logs):
    variables = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test-secret",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "3008",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_RUNTIME_API": f"{runtime}/.rt/{name}",
        "DARKROOM_FUNCTION": "deliver",
        "DARKROOM_RAW_BUCKET": "raw-images",
        "DARKROOM_PROCESSED_BUCKET": "processed-images",
        "DARKROOM_THUMBNAILS_BUCKET": "thumbnails",
        "PATH": os.environ["PATH"],
    }
    log = open(f"{logs}/{name}.log", "w")
    own = {"AWS_ENDPOINT_URL_S3": endpoints["AWS_ENDPOINT_URL"]} if "DARKROOM_BUCKET_REGION" in FUNCTIONS[name] else {}
    variables |= endpoints | own | FUNCTIONS[name]
    return subprocess.Popen([pathlib.Path(folder, "bootstrap").resolve()], env=variables, stdout=log, stderr=log)


def wait_for(port):
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    sys.exit(f"nothing listens on port {port}")


def main(folder, s3):
    port = free_port()
    runtime, running = f"http://127.0.0.1:{port}", []
    invocations = Invocations(runtime)
    threading.Thread(target=invocations.serve_forever, daemon=True).start()
    own = f"http://127.0.0.1:{invocations.server_address[1]}"
    with tempfile.TemporaryDirectory() as package, tempfile.TemporaryDirectory() as logs:
        try:
            running.append(start_runtime(port, package, logs))
            wait_for(port)
            endpoints = {"AWS_ENDPOINT_URL": own, "AWS_ENDPOINT_URL_S3": s3}
            running += [start(folder, name, runtime, endpoints, logs) for name in FUNCTIONS]
            print(json.dumps({"runtime": runtime, "invocations": own, "logs": logs}), flush=True)
            sys.stdin.read()
        finally:
            for process in running:
                process.kill()
                process.wait()


main(*sys.argv[1:])

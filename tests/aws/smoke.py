"""scripts/smoke.py against the real programs: the functions behind cargo-lambda on moto, and `darkroom serve` on the same
buckets in place of the distribution. Usage: smoke.py FOLDER DARKROOM, where FOLDER holds bootstrap and processor.cwasm."""
import base64
import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import urllib.parse

import local

USER = "purged-smoke"  # cloud.py reports deletions of such users


def token():
    part = lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
    return f"{part({'alg': 'none'})}.{part({'sub': USER})}.signature"


def api(ready):
    """An HTTP API with its authorizer, in front of presign."""

    class Api(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            query = dict(urllib.parse.parse_qsl(urllib.parse.urlparse(self.path).query))
            event = local.presign_event(USER, 1) | {"queryStringParameters": query}
            known = self.headers["authorization"] == f"Bearer {token()}"
            answer = local.invoke(ready, "presign-queue", event) if known else {"statusCode": 401, "headers": {}, "body": ""}
            self.send_response(answer["statusCode"])
            for name, value in answer["headers"].items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer["body"].encode())

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}/upload-url"


def edge(program, folder, environment):
    settings = {"STORE": "aws", "AWS__PATH_STYLE": "true", "USERS__EVERYONE": "u1", "BUCKETS__RAW": "raw-queue"}
    variables = environment | {f"DARKROOM__{name}": value for name, value in settings.items()}
    command = [program, "serve", "--listen", "127.0.0.1:0", "--data", folder]
    return subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True)


def main(package, program):
    process, ready = local.start(package)
    environment = os.environ | {"AWS_ENDPOINT_URL": ready["endpoint"], "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
                                "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "AWS_PAGER": "",
                                "PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"}
    with tempfile.TemporaryDirectory() as folder:
        server = edge(program, folder, environment)
        try:
            places = {"endpoint": api(ready), "edge": server.stdout.readline().strip(), "table": "image-metadata", "raw": "raw-queue"}
            script = [sys.executable, local.REPOSITORY / "scripts/smoke.py", *(f"--{name}={value}" for name, value in places.items())]
            stranger = subprocess.run(script, env=environment | {"TOKEN": token() + "x"}, capture_output=True, text=True)
            assert stranger.returncode == 1 and "the upload URL: (401" in stranger.stderr, stranger
            done = subprocess.run(script, env=environment | {"TOKEN": token()}, capture_output=True, text=True)
            assert done.returncode == 0 and done.stdout.endswith("smoke: ok\n"), done
            print(done.stdout)
        finally:
            server.terminate()
            server.wait()
            process.stdin.close()
            process.wait()


main(*sys.argv[1:])

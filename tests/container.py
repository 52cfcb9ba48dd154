"""Tests the server's container as far as possible without a container engine, and nginx in front of it.

container.py FOLDER: as root. mmdebstrap makes the base of the Containerfile's last stage, and this script executes its
instructions one by one; an unknown one fails. It does not run the build stage: `make build`, which that calls, has built
the program. The server runs in its root and as its user, nginx from compose.yaml's settings; both listen on 127.0.0.1.
"""

import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
DEPLOY = REPOSITORY / "host/serve/deploy"
BASES = {"debian:12-slim": ["--variant=minbase", "bookworm"]}
BUILT = {"/src/target/release/darkroom": REPOSITORY / "target/release/darkroom"}
BROWSER = {"Accept": "image/avif,image/webp,image/apng,*/*;q=0.8"}


def last_stage(text):
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line and not line.startswith("#")]
    pairs = [line.split(None, 1) for line in lines]
    return pairs[max(index for index, (name, _) in enumerate(pairs) if name == "FROM") :]


def image(root):
    """Executes the last stage; returns its environment, user, health check and entry point."""
    told = {"env": {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}}
    for name, argument in last_stage((DEPLOY / "Containerfile").read_text()):
        print(name, argument, flush=True)
        match name:
            case "FROM":
                subprocess.run(["mmdebstrap", "--mode=root", "--quiet", *BASES[argument], root], check=True)
            case "COPY":
                copy(root, *argument.split())
            case "RUN":
                subprocess.run(["chroot", root, "/bin/sh", "-ec", argument], check=True, env=told["env"])
            case "ENV":
                told["env"] |= dict(pair.split("=", 1) for pair in shlex.split(argument))
            case "USER":
                told["user"] = argument
            case "HEALTHCHECK":
                told["health"] = json.loads(argument.split("CMD", 1)[1])
            case "ENTRYPOINT":
                told["entry"] = json.loads(argument)
            case "VOLUME" | "EXPOSE":
                pass
            case _:
                sys.exit(f"Containerfile: {name}: not known to this test")
    return told


def copy(root, stage, source, target):
    assert stage == "--from=build", stage
    source, target = BUILT.get(source, Path(source)), root / target.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore_dangling_symlinks=True, dirs_exist_ok=True)
    else:
        shutil.copy2(source, target)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def eventually(what, look, patience=60):
    end = time.monotonic() + patience
    while not look():
        if time.monotonic() > end:
            sys.exit(f"not within {patience} s: {what}")
        time.sleep(0.2)


def get(url, headers=BROWSER):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as answer:
        return answer, answer.read()


def upload(url):
    photo = (REPOSITORY / "examples/photos/seeding.jpg").read_bytes()
    query = f"filename=photo.jpg&contentType=image/jpeg&contentLength={len(photo)}"
    grant = json.loads(get(f"{url}/upload-url?{query}")[1])
    put = urllib.request.Request(grant["uploadUrl"], photo, grant["headers"], method="PUT")
    urllib.request.urlopen(put, timeout=60).close()
    return grant["key"]


def nginx(folder, port, upstream):
    settings = (DEPLOY / "nginx.conf").read_text()
    for old, new in [
        ("server darkroom:8080", f"server 127.0.0.1:{upstream}"),
        ("listen 8080", f"listen 127.0.0.1:{port}"),
        ("/var/cache/nginx/darkroom", str(folder / "cache")),
    ]:
        assert old in settings, old
        settings = settings.replace(old, new)
    whole = f"user root; daemon off; pid {folder}/pid; error_log {folder}/error; events {{}} http {{ access_log off; {settings} }}"
    (folder / "nginx.conf").write_text(whole)
    return subprocess.Popen(["nginx", "-e", folder / "error", "-p", folder, "-c", folder / "nginx.conf"])


def through(url):
    """An upload by nginx, its image once made and once cached, by two browsers that take the same formats."""
    key = upload(url)
    path = f"{url}/image/width=320/{key}"
    _, first = get(path)
    eventually("a hit", lambda: get(path)[0].headers["X-Cache"] == "HIT")
    other, again = get(path, {"Accept": "image/webp,image/avif,image/*;q=0.5"})
    assert other.headers["X-Cache"] == "HIT" and other.headers["Content-Type"] in ("image/avif", "image/webp"), other.headers
    jpeg, _ = get(path, {"Accept": "image/png,*/*;q=0.5"})
    assert jpeg.headers["Content-Type"] == "image/jpeg", jpeg.headers
    print(f"nginx: {len(first)} bytes made, {len(again)} from the cache")


def main(folder):
    folder.mkdir(parents=True)
    root, told = folder / "root", image(folder / "root")
    server_port, nginx_port = free_port(), free_port()
    front = f"http://127.0.0.1:{nginx_port}"
    env = told["env"] | {"DARKROOM__LISTEN": f"127.0.0.1:{server_port}", "DARKROOM__PUBLIC_URL": front}
    env |= {"DARKROOM__USERS__EVERYONE": "alice", "DARKROOM__LOG__LEVEL": "warn"}
    inside = ["chroot", f"--userspec={told['user']}", root]
    health = lambda: subprocess.run([*inside, *told["health"]], env=env, stderr=subprocess.DEVNULL).returncode == 0
    assert not health(), "healthy before it runs"
    running = [subprocess.Popen([*inside, *told["entry"]], env=env)]
    try:
        eventually("healthy", health)
        assert os.stat(root / "data").st_uid == int(told["user"].split(":")[0]), "the data folder is another user's"
        (folder / "nginx").mkdir()
        running.append(nginx(folder / "nginx", nginx_port, server_port))
        eventually("nginx answers", lambda: socket.socket().connect_ex(("127.0.0.1", nginx_port)) == 0)
        through(front)
    finally:
        for process in running:
            process.terminate()
        codes = [process.wait(timeout=90) for process in running]
    assert codes == [0, 0], codes
    print("ended by SIGTERM")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

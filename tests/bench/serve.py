"""The server under load, compared with a minimal one on sharp by imgproxy's method: 512 pixels wide, each response new.

Each server has one core and the load another, so that requests per second are those of one core. The two take turns;
CPU time is that of the server's process. Prints a table, and writes serve.json into OUT.
Usage: serve.py PROGRAM PHOTOS OUT [SECONDS] [ROUNDS]
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
PROGRAM, PHOTOS, OUT = (Path(argument).resolve() for argument in sys.argv[1:4])
SECONDS, ROUNDS = (int(argument) for argument in (sys.argv[4:] + ["10", "3"][len(sys.argv[4:]):]))
CONNECTIONS = 4
FORMATS = ["jpeg", "webp", "avif"]
TICKS = os.sysconf("SC_CLK_TCK")

# A different height each time, beyond what 512 columns give: the same image, but not in the store or in flight.
LUA = """
local n = 0
function request()
  n = n + 1
  return wrk.format("GET", string.format("/image/width=512,height=%d,format=FORMAT/site/photo.jpg", 1000 + SEED + n))
end
function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  print(string.format("RESULT %d %d %d %d %d", summary.requests, summary.duration, failed,
    latency:percentile(50), latency:percentile(95)))
end
"""
SETTINGS = """
[limits]
instances = 1
[delivery]
widths = [512]
avif = "wait"
[log]
level = "warn"
"""


@contextmanager
def running(command, **more):
    process = subprocess.Popen(["taskset", "-c", "0", *command], stdout=subprocess.PIPE, text=True, **more)
    try:
        yield process.pid, process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def seed(url, data, photo):
    """Puts the photo into the server's store, through its own S3 protocol."""
    import boto3
    from botocore.config import Config

    lines = dict(line.split(" = ") for line in (data / "s3-credentials").read_text().splitlines() if " = " in line)
    s3 = boto3.client("s3", endpoint_url=url, region_name="us-east-1", config=Config(s3={"addressing_style": "path"}), **lines)
    s3.put_object(Bucket="raw-images", Key="site/photo.jpg", Body=photo.read_bytes(), ContentType="image/jpeg")


def cpu(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) / 1024


def load(pid, url, format, seed):
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(LUA.replace("FORMAT", format).replace("SEED", str(seed)))
        script.flush()
        before = cpu(pid)
        command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--timeout", "30s", "-s", script.name, url]
        printed = subprocess.check_output(command, text=True)
        used = cpu(pid) - before
    requests, duration, failed, p50, p95 = map(int, re.search(r"RESULT (.*)", printed)[1].split())
    answer = urllib.request.urlopen(f"{url}/image/width=512,height={999 + seed},format={format}/site/photo.jpg").read()
    return {
        "requests_per_second": requests / (duration / 1e6), "cpu_ms": 1000 * used / max(requests, 1), "failed": failed,
        "p50_ms": p50 / 1000, "p95_ms": p95 / 1000, "bytes": len(answer), "memory_mib": memory(pid),
    }


def main():
    photo = sorted(PHOTOS.glob("*.jpg"))[0]
    OUT.mkdir(parents=True, exist_ok=True)
    runs = {}
    with tempfile.TemporaryDirectory() as folder:
        data, config = Path(folder) / "data", Path(folder) / "darkroom.toml"
        config.write_text(SETTINGS)
        ours = [str(PROGRAM), "serve", "--listen", "127.0.0.1:0", "--data", str(data), "--config", str(config)]
        environment = os.environ | {"UV_THREADPOOL_SIZE": "1"}
        with running(ours) as darkroom, running(["node", str(HERE / "sharp_server.mjs"), str(photo)], env=environment) as sharp:
            seed(darkroom[1], data, photo)
            for number in range(ROUNDS):
                for format in FORMATS:
                    for name, (pid, url) in {"darkroom": darkroom, "sharp": sharp}.items():
                        result = load(pid, url, format, 10_000 * number)
                        runs.setdefault((format, name), []).append(result)
    rows = []
    print(f"\n512 pixels from {photo.stem}, {CONNECTIONS} connections, {SECONDS} s, medians of {ROUNDS}; per core\n")
    print("| format | server | requests/s | CPU ms | p50 ms | p95 ms | bytes | MiB | failed |")
    print("|---|---|---|---|---|---|---|---|---|")
    for (format, name), results in runs.items():
        row = {key: statistics.median(result[key] for result in results) for key in results[0]}
        row["failed"] = sum(result["failed"] for result in results)
        rows.append({"format": format, "server": name, "photo": photo.stem, **row})
        print(f"| {format} | {name} | {row['requests_per_second']:.1f} | {row['cpu_ms']:.1f} | {row['p50_ms']:.0f} "
              f"| {row['p95_ms']:.0f} | {row['bytes']:.0f} | {row['memory_mib']:.0f} | {row['failed']} |")
    (OUT / "serve.json").write_text(json.dumps({"seconds": SECONDS, "rounds": ROUNDS, "rows": rows}, indent=1))


main()

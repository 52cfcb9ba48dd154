"""Makes the CloudFront edge's configuration for a stack: CONFIG's delivery settings, with that stack's buckets and region.

Usage: edge-config.py CONFIG NAME ACCOUNT REGION OUT, or `edge-config.py --check SETTINGS NAME ACCOUNT REGION`, which fails
if built settings are for other buckets."""
import json
import pathlib
import re
import sys

arguments = sys.argv[1:]
check = arguments[0] == "--check"
file, name, account, region = arguments[1:5] if check else arguments[:4]
wanted = {"region": region} | {bucket: f"{name}-{bucket}-{account}-{region}" for bucket in ["raw", "processed", "thumbnails"]}
if check:
    settings = json.loads(pathlib.Path(file).read_text())
    found = {"region": settings["region"]} | settings["buckets"]
    if found != wanted or settings.get("endpoint"):
        sys.exit(f"{file} is for {', '.join(found.values())}; needed are {', '.join(wanted.values())}")
else:
    text = pathlib.Path(file).read_text()
    for setting, value in wanted.items():
        text, count = re.subn(rf'^{setting} = "[^"]*"', f'{setting} = "{value}"', text, flags=re.M)
        if count != 1:
            sys.exit(f"{file}: {count} lines begin with {setting}; needed is one")
    pathlib.Path(arguments[4]).write_text(text)

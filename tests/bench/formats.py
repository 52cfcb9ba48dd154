"""Compares formats with each other, and with cjxl and sharp: bytes at equal SSIMULACRA2, and the CPU time of encoding alone.

No setting was tuned on the pictures: PICTURES/photos, PICTURES/graphics and
PICTURES/screenshots. Writes the results as JSON, and prints them as tables.
Usage: formats.py PICTURES OUT BINARIES JSON [ROUNDS]
"""

import json
import subprocess
import sys
from pathlib import Path

from encoders.encode import Tools
from encoders.judge import judge
from encoders.measure import measure, take_over
from encoders.prepare import prepare
from encoders.tell import tell

HERE = Path(__file__).parent


def versions():
    lock = json.loads((HERE / "package.json").read_text())["dependencies"]
    cjxl = subprocess.run(["cjxl", "--version"], capture_output=True, text=True, check=True).stdout.split()
    return {"sharp": lock["sharp"], "cjxl": next(word for word in cjxl if word.startswith("v"))}


def main(pictures, out, binaries, figures, rounds="5"):
    pictures, out, binaries, rounds = Path(pictures).resolve(), Path(out).resolve(), Path(binaries).resolve(), int(rounds)
    scorer, rows, taken_over = binaries / "ssimulacra2", [], []
    with Tools(binaries) as tools:
        for picture in prepare(pictures, out):
            rows.append(measure(tools, scorer, picture, out, rounds))
            jpeg = pictures / picture.kind / f"{picture.name}.jpg"
            if jpeg.exists() and picture.width != 800:
                taken_over.append(take_over(tools, jpeg, picture.megapixels, out, rounds))
    found = {"rounds": rounds, "engine": "wasmtime", "versions": versions(), "goals": judge(rows, taken_over), "takenOver": taken_over,
             "pictures": rows}
    print("\r" + " " * 79 + "\r", end="", file=sys.stderr)
    tell(found)
    Path(figures).write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Draws SVGs with CairoSVG; `unsafe` lets it read entities.

Usage: svg.py FOLDER WIDTH FILE...; writes FOLDER/0.png and so on."""

import sys
from pathlib import Path

import cairosvg


def main(folder, width, files):
    for number, file in enumerate(files):
        cairosvg.svg2png(url=file, output_width=int(width), unsafe=True, write_to=str(Path(folder, f"{number}.png")))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])

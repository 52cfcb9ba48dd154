"""Draws the results as SVG: each tool's CPU time for each job, as a multiple of Darkroom's.

To redraw from the figures: `python -m images.draw docs/bench/images.json docs/bench.svg`, in this folder's parent.
"""

import json
import sys
from pathlib import Path
from xml.sax.saxutils import escape

from .judge import NAMES
from .measure import main_files

WIDTH, LEFT, PANEL, BAR = 908, 110, 395, 190  # of all, the tools' names, a photo, the longest bar
ROW, HEAD, TOP, GAP = 19, 26, 74, 12
LONGEST = 4.0  # a longer bar is cut there, with a mark
ONE = BAR / LONGEST
TITLES = {"darkroom": "Darkroom", "pillow": "Pillow", "jsquash": "jSquash"}
KINDS = {"darkroom": "ours", "pillow": "native", "sharp": "native"}  # others are WebAssembly
STYLE = """
text { font: 12px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328 }
.title { font-size: 15px; font-weight: 600 } .job { font-weight: 600 } .muted { fill: #59636e } .right { text-anchor: end }
.one { stroke: #59636e; stroke-dasharray: 3 3 } .cut { stroke: #ffffff; stroke-width: 3 }
.ours { fill: #0969da } .native { fill: #8c959f } .wasm { fill: #bc6c00 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } .muted { fill: #9198a1 } .one { stroke: #9198a1 } .cut { stroke: #0d1117 }
  .ours { fill: #4493f8 } .native { fill: #6e7681 } .wasm { fill: #d29922 }
}
"""


def draw(found):
    photos = list(found["start"])
    jobs = {}
    for row in found["jobs"]:
        jobs.setdefault(row["job"], {})[row["photo"]] = row
    shapes, y = [], TOP
    bars = range(LEFT, LEFT + len(photos) * PANEL, PANEL)
    for job, rows in jobs.items():
        shapes.append(text(0, y + HEAD - 8, NAMES[job], "job"))
        y += HEAD
        tools = rows[photos[0]]["tools"]
        for at, tool in enumerate(tools):
            shapes.append(text(LEFT - 10, y + at * ROW + 13, TITLES.get(tool, tool), "right"))
            for x, photo in zip(bars, photos):
                shapes += bar(x, y + at * ROW, rows[photo], tool)
        shapes += [f'<path class="one" d="M{x + ONE} {y} v{len(tools) * ROW}"/>' for x in bars]
        y += len(tools) * ROW + GAP
    notes = [text(0, y + 18 * (at + 1), note, "muted") for at, note in enumerate(footnotes(found))]
    height = y + 18 * len(notes) + 12
    parts = [*heading(photos, bars), *shapes, *notes]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-8 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">\n'
        f"<title>CPU time of image tools, as multiples of Darkroom's</title>\n<style>{STYLE}</style>\n"
        + "\n".join(parts) + "\n</svg>\n"
    )


def heading(photos, bars):
    legend, x = [], 0
    for kind, name, width in [("ours", "Darkroom, in its sandbox", 190), ("native", "native", 75), ("wasm", "WebAssembly in Node", 0)]:
        legend += [f'<rect class="{kind}" x="{x}" y="31" width="11" height="11" rx="2"/>', text(x + 16, 41, name, "muted")]
        x += width
    title = "CPU time of the same job in one thread, as a multiple of Darkroom's (shorter is faster)"
    return [text(0, 16, title, "title"), *legend, *(text(x, 66, photo, "muted") for x, photo in zip(bars, photos))]


def bar(x, y, row, tool):
    times = 1 / row["tools"][tool]["ratio"]
    width = BAR * min(times, LONGEST) / LONGEST
    shapes = [f'<rect class="{KINDS.get(tool, "wasm")}" x="{x}" y="{y + 3}" width="{width:.1f}" height="{ROW - 6}" rx="2"/>']
    if times > LONGEST:
        cut = x + BAR - 14
        shapes.append(f'<path class="cut" d="M{cut} {y + ROW - 1} l6 {2 - ROW}"/>')
    size, score = main_files(row, tool)
    lossless = tool == "photon" and any(name.endswith(".webp") for name in row["tools"][tool]["bytes"])
    quality = "lossless" if lossless else f"{score:.1f}"
    label = f'{times:.{1 if times >= 10 else 2}f}<tspan class="muted" dx="8">{amount(size)}, {quality}</tspan>'
    return [*shapes, f'<text x="{x + max(width, ONE) + 6:.1f}" y="{y + 13}">{label}</text>']


def amount(size):
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.1f} kB"


def footnotes(found):
    chosen = [f"quality {each['chosen']['quality']}, effort {each['chosen']['effort']}" for each in found["avif"].values()]
    tools = found["versions"]
    return [
        "Behind each bar: bytes and SSIMULACRA2 of the file (upload: of the WebP; thumbnails: of all three, and the mean).",
        f"AVIF: sharp and wasm-vips at what equals Darkroom's in SSIMULACRA2 and comes nearest in bytes ({'; '.join(chosen)});",
        "Pillow and jSquash at settings of their own. photon's WebP is lossless: it has no other, and no AVIF.",
        f"Pillow {tools['pillow']}, sharp {tools['sharp']}, wasm-vips {tools['wasm-vips']}, jSquash {tools['jsquash']},",
        f"@cf-wasm/photon {tools['photon']}, Node {tools['node']}. Medians of {found['rounds']} paired runs.",
    ]


def text(x, y, words, classes):
    return f'<text class="{classes}" x="{x}" y="{y}">{escape(words)}</text>'


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(draw(json.loads(Path(sys.argv[1]).read_text())))

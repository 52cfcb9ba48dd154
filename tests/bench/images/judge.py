"""Compares the current figures with the goals."""

from .measure import main_files

# Job, tool, its name there, and the highest allowed ratio of Darkroom's CPU time to the tool's.
RATIOS = [
    ("upload", "pillow", "Pillow's two steps", 1.0),
    ("upload", "sharp", "sharp's four calls", 0.9),
    ("webp-800", "sharp", "sharp", 1.0),
    ("avif-800", "sharp", "sharp at equal size and SSIMULACRA2", 1.2),
    ("thumbnails", "sharp", "sharp", 0.6),
]
NAMES = {
    "upload": "upload: WebP of full size, three thumbnails", "thumbnails": "three thumbnails", "webp-800": "WebP of 800 pixels",
    "avif-800": "AVIF of 800 pixels",
}
MEMORY, SHARE, CAP, MORE = "webp-800", 0.5, 48, 15
# The goals for memory apply to this photo; figures of others are reported, too.
LARGE = "kleiber-20mp-baseline"


def judge(found):
    rows = []
    for job, tool, against, most in RATIOS:
        by_photo = {row["photo"]: ratio(row, tool) for row in found["jobs"] if row["job"] == job}
        rows.append({"job": NAMES[job], "against": against, "unit": "of its CPU time", "atMost": most, "measured": by_photo})
    grown = {row["photo"]: share(row) for row in found["jobs"] if row["job"] == MEMORY}
    wasm = {photo: {"value": value} for photo, value in found["wasmMiB"].items()}
    more = {photo: {"value": each["moreMs"]} for photo, each in found["start"].items()}
    memory = {"job": f"memory, {NAMES[MEMORY]}", "only": LARGE}
    return [
        *rows,
        {**memory, "against": "sharp's own growth", "unit": "of its MiB", "atMost": SHARE, "measured": grown},
        {**memory, "against": "wasm memory", "unit": "MiB", "atMost": CAP, "measured": wasm},
        {"job": "first image of a process", "against": "the same job warm", "unit": "ms more", "atMost": MORE, "measured": more},
    ]


def ratio(row, tool):
    """Of CPU time; and of bytes, with the distance in SSIMULACRA2, without which the time would tell nothing."""
    (size, score), (other_size, other_score) = main_files(row, "darkroom"), main_files(row, tool)
    files = {"bytes": round(size / other_size, 3), "ssimulacra2": round(score - other_score, 2)}
    return {"value": row["tools"][tool]["ratio"], **files}


def share(row):
    """Both measured alike: the growth of the process with its first image."""
    grown = {tool: row["tools"][tool]["grownMiB"] for tool in ("darkroom", "sharp")}
    return {"value": round(grown["darkroom"] / grown["sharp"], 2), "grownMiB": grown}

"""Compares the figures with the goals: the median over the pictures of a kind, and the pictures that miss it."""

import statistics

# Encoder, its measure, the reference, and the highest allowed ratio.
GOALS = [
    ("JPEG XL", "bytesOfWebp", "WebP's bytes", 0.80),
    ("JPEG XL", "bytesOfAvif", "AVIF's bytes", 1.0),
    ("JPEG XL", "cpuOfAvif", "AVIF's CPU time", 0.45),
    ("JPEG XL, effort 3", "bytesOfWebp", "WebP's bytes", 0.90),
    ("JPEG XL, effort 3", "cpuOfWebp", "WebP's CPU time", 0.50),
]
TAKEN_OVER = [("msPerMegapixel", "ms a megapixel", 35), ("bytesOfCjxl", "cjxl's bytes", 1.01)]


def judge(rows, taken_over):
    """A row for each goal, kind of picture and size."""
    kinds = sorted({(row["kind"], size(row)) for row in rows})
    goals = []
    for encoder, field, of, most in GOALS:
        for kind in kinds:
            values = {row["picture"]: row["encoders"][encoder][field] for row in rows if (row["kind"], size(row)) == kind}
            goals.append(goal(encoder, of, most, values) | {"kind": kind[0], "size": kind[1]})
    for field, of, most in TAKEN_OVER:
        values = {row["picture"]: row[field] for row in taken_over}
        goals.append(goal("a JPEG taken over", of, most, values) | {"kind": "photos", "size": "full size"})
    return goals


def size(row):
    return "800 pixels" if row["width"] == 800 else "full size"


def goal(what, of, most, values):
    median = round(statistics.median(values.values()), 3)
    return {"what": what, "of": of, "atMost": most, "median": median, "met": median <= most,
            "missedBy": sorted(name for name, value in values.items() if value > most), "values": values}

"""Finds sharp's AVIF that equals Darkroom's: the same SSIMULACRA2, and bytes as close as an effort allows."""

import sys

JOB = "avif-800"
EFFORTS = range(5)


def equal(place, scorer, photo):
    """Darkroom's file, the nearest of each effort, and the effort whose bytes come nearest. Takes no time of the rounds."""
    place.run("darkroom", JOB, photo)
    found = {"darkroom": look(place, scorer, "darkroom", photo), "efforts": []}
    for effort in EFFORTS:
        print(f"\r{photo.stem} {JOB}: sharp's effort {effort} ", end="", file=sys.stderr, flush=True)
        found["efforts"].append(nearest(place, scorer, photo, effort, found["darkroom"]["ssimulacra2"]))
    found["chosen"] = min(found["efforts"], key=lambda each: abs(each["bytes"] - found["darkroom"]["bytes"]))
    return found


def nearest(place, scorer, photo, effort, score):
    """The quality whose SSIMULACRA2 comes nearest to `score`: it rises with the quality, so that halving finds it."""
    tried = {}

    def at(quality):
        if quality not in tried:
            place.run("sharp", JOB, photo, (quality, effort))
            tried[quality] = {"effort": effort, "quality": quality, **look(place, scorer, "sharp", photo)}
        return tried[quality]

    below, enough = 1, 100
    while enough - below > 1:
        middle = (below + enough) // 2
        below, enough = (below, middle) if at(middle)["ssimulacra2"] >= score else (middle, enough)
    return min((at(below), at(enough)), key=lambda each: abs(each["ssimulacra2"] - score))


def look(place, scorer, tool, photo):
    file = place.folder(tool, JOB, photo) / "800.avif"
    return {"bytes": file.stat().st_size, "ssimulacra2": scorer.score(photo, file)}

"""Prints the results, as the tables of docs/speed.md."""

from .judge import size


def tell(found):
    print("| | goal | pictures | median | each |\n|---|---|---|---|---|")
    for goal in found["goals"]:
        values = ", ".join(f"{value:g}" for value in goal["values"].values())
        mark = "" if goal["met"] else " (missed)"
        print(f"| {goal['what']} | {goal['of']}: {goal['atMost']} | {goal['kind']}, {goal['size']} "
              f"| {goal['median']:g}{mark} | {values} |")
    names = list(found["pictures"][0]["encoders"])
    print(f"\n| picture | SSIMULACRA2 | {' | '.join(names)} |\n|---|---|{'---|' * len(names)}")
    for row in found["pictures"]:
        cells = [f"{row['encoders'][name]['bytesAtLevel']:,} B, {row['encoders'][name]['cpuMs']:.0f} ms" for name in names]
        print(f"| {row['picture']}, {size(row)} | {row['ssimulacra2']:.1f} | {' | '.join(cells)} |")
    print("\n| JPEG | bytes | as JPEG XL | cjxl's | ms a megapixel |\n|---|---|---|---|---|")
    for row in found["takenOver"]:
        print(f"| {row['picture']}, {row['megapixels']:.1f} MP | {row['jpegBytes']:,} | {row['bytes']:,} | {row['cjxlBytes']:,} "
              f"| {row['msPerMegapixel']:g} |")

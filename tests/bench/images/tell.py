"""Prints the results."""


def tell(found):
    goals(found)
    for photo, avif in found["avif"].items():
        print(f"\nAVIF of {photo}: {line('Darkroom', avif['darkroom'])}. sharp at the quality that comes nearest in SSIMULACRA2:")
        for each in avif["efforts"]:
            chosen = " <- nearest in bytes: compared with" if each == avif["chosen"] else ""
            print(f"  effort {each['effort']}, {line('quality ' + str(each['quality']), each)}{chosen}")
    size = found["component"]
    print(f"\nprocessor.wasm: {size['bytes']:,} bytes, {size['gzipBytes']:,} with gzip -9")
    for photo, each in found["start"].items():
        print(f"first image of {photo} after {each['firstMs']} ms, the same warm {each['warmMs']} ms")
    print("\nEach tool's files. WebP by photon is lossless: it has no other, and no AVIF.\n")
    files(found["jobs"])


def line(name, file):
    return f"{name}: {file['bytes']:,} B, SSIMULACRA2 {file['ssimulacra2']:.1f}"


def goals(found):
    photos = list(found["start"])
    print(f"Darkroom, medians of {found['rounds']} paired runs. Beside ratios of CPU time: its bytes as a ratio, its distance in")
    print("SSIMULACRA2. In parentheses: what the goal does not name.\n")
    print(f"| job | against | at most | {' | '.join(photos)} |\n|{'---|' * (3 + len(photos))}")
    for goal in found["goals"]:
        cells = [cell(goal, photo) for photo in photos]
        print(f"| {goal['job']} | {goal['against']} | {goal['atMost']} {goal['unit']} | {' | '.join(cells)} |")


def cell(goal, photo):
    measured = goal["measured"][photo]
    text = f"{measured['value']:.2f}" if goal["unit"].startswith("of") else f"{measured['value']:.1f}"
    if "bytes" in measured:
        text += f"; {measured['bytes']:.2f}, {measured['ssimulacra2']:+.1f}"
    return text if goal.get("only", photo) == photo else f"({text})"


def files(rows):
    head = ["job", "photo", "tool", "CPU ms", "Darkroom/tool", "grown MiB", "peak MiB", "output", "bytes", "SSIMULACRA2"]
    lines = [head]
    for row in rows:
        for tool, found in row["tools"].items():
            numbers = [f"{found['cpuMs']:.0f}", f"{found['ratio']:.2f}", f"{found['grownMiB']:.0f}", str(found["peakMiB"])]
            for at, (name, size) in enumerate(found["bytes"].items()):
                first = [row["job"], row["photo"], tool, *numbers]
                lines.append([*(first if at == 0 else [""] * 7), name, f"{size:,}", f"{found['ssimulacra2'][name]:.1f}"])
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    right = {3, 4, 5, 6, 8, 9}
    for line in lines:
        cells = (text.rjust(width) if at in right else text.ljust(width) for at, (text, width) in enumerate(zip(line, widths)))
        print("  ".join(cells).rstrip())

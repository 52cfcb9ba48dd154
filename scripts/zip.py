"""Makes a zip of files: equal files give an equal zip. Usage: zip.py ZIP FILE..."""
import pathlib
import sys
import zipfile

out, *files = map(pathlib.Path, sys.argv[1:])
with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
    for file in files:
        entry = zipfile.ZipInfo(file.name)  # dated 1980
        entry.external_attr = (0o755 if file.name == "bootstrap" else 0o644) << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, file.read_bytes())
print(f"{out}: {out.stat().st_size} bytes")

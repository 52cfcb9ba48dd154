"""Decodes images with Pillow, for comparison with the core.

decode.py FOLDER FILE... writes the displayed pixels of FILE number N, sRGB with straight alpha, to FOLDER/N.rgba, and
prints a JSON list of the files' other properties.
"""

import io
import json
import sys
from pathlib import Path

import numpy as np
import pillow_heif
import pillow_jxl  # noqa: F401  Pillow then knows JPEG XL
from PIL import Image, ImageCms, ImageFile, ImageOps, IptcImagePlugin

pillow_heif.register_heif_opener()
# Truncated files are shown as far as they are intact.
ImageFile.LOAD_TRUNCATED_IMAGES = True

ORIENTATION, MAKE, ARTIST, COPYRIGHT, GPS = 0x0112, 0x010F, 0x013B, 0x8298, 0x8825
SRGB = ImageCms.createProfile("sRGB")
SPACES = {"L": "GRAY", "LA": "GRAY", "RGB": "RGB ", "RGBA": "RGB ", "CMYK": "CMYK"}


def shown(image):
    """The pixels as displayed, RGBA."""
    if image.mode == "P":
        image = image.convert("RGBA")
    if image.mode.startswith("I;16"):  # Pillow would clip these
        image = Image.fromarray(((np.asarray(image).astype(int) + 128) // 257).astype(np.uint8))
    # Before the conversion, which would lose the metadata that it needs.
    image = ImageOps.exif_transpose(image)
    return in_srgb(image).convert("RGBA")


def in_srgb(image):
    """Converts by the embedded profile, if it is readable and of the image's own colour model."""
    profile = usable_profile(image)
    if profile is None:
        return from_cmyk(image) if image.mode == "CMYK" else image
    opaque = image.convert(image.mode.rstrip("A")) if image.mode in ("LA", "RGBA") else image
    # A press's black is shown as black.
    flags = ImageCms.Flags.BLACKPOINTCOMPENSATION if image.mode == "CMYK" else ImageCms.Flags.NONE
    converted = ImageCms.profileToProfile(
        opaque, profile, SRGB, ImageCms.Intent.PERCEPTUAL, outputMode="RGB", flags=flags
    )
    if opaque is not image:
        converted.putalpha(image.getchannel("A"))
    return converted


def usable_profile(image):
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
    except (KeyError, OSError):
        return None
    return profile if profile.profile.xcolor_space == SPACES.get(image.mode) else None


def from_cmyk(image):
    """The share of white paper that each ink, and black, leave."""
    inks = np.asarray(image).astype(float) / 255
    light = (1 - inks[..., :3]) * (1 - inks[..., 3:])
    return Image.fromarray(np.rint(light * 255).astype(np.uint8))


def facts(image, size):
    tags = image.getexif()
    return {
        "width": size[0],
        "height": size[1],
        "mode": image.mode,
        "frames": getattr(image, "n_frames", 1),
        "orientation": tags.get(ORIENTATION),
        "make": tags.get(MAKE),
        "artist": tags.get(ARTIST),
        "copyright": tags.get(COPYRIGHT),
        "gps": bool(tags.get_ifd(GPS)),
        "icc": "icc_profile" in image.info,
        "xmp": xmp(image),
        "byline": byline(image),
    }


def xmp(image):
    packet = image.info.get("xmp", image.info.get("XML:com.adobe.xmp"))
    if image.format == "JXL":  # whose plug-in has no eye for it
        packet = boxes(Path(image.filename).read_bytes()).get(b"xml ")
    return packet.decode() if isinstance(packet, bytes) else packet


def boxes(file):
    """The contents of a container's boxes by their kinds (ISO/IEC 14496-12 §4.2)."""
    found = {}
    while len(file) >= 8 and not file.startswith(b"\xff\x0a"):
        length = int.from_bytes(file[:4]) or len(file)
        found[file[4:8]] = file[8:length]
        file = file[length:]
    return found


def byline(image):
    found = (IptcImagePlugin.getiptcinfo(image) or {}).get((2, 80))
    return found.decode() if found else None


def main(folder, files):
    found = []
    for number, file in enumerate(files):
        with Image.open(file) as image:
            if image.info.get("default_image"):  # it is none of the frames
                image.seek(1)
            pixels = shown(image)
            Path(folder, f"{number}.rgba").write_bytes(pixels.tobytes())
            found.append(facts(image, pixels.size))
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])

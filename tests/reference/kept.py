"""Compares samples as they are stored, without any conversion of colours, by libpng, libjpeg-turbo, libwebp, libavif, libheif,
libjxl and libtiff.

kept.py SOURCE OUTPUT... takes pairs of files, and prints a JSON list: the difference of the output's samples from the
source's, in units of 1/65,535, at most and in the mean, the bits of its samples, whether both have the same ICC
profile, and the code points of ITU-T H.273 in an AVIF.
"""

import io
import json
import struct
import sys
from pathlib import Path

import imagecodecs
import numpy as np
import pillow_heif
import pillow_jxl  # noqa: F401  Pillow then knows JPEG XL
from PIL import Image

pillow_heif.register_heif_opener()

DECODERS = {
    b"\x89PNG": (imagecodecs.png_decode, 16),
    b"\xff\xd8\xff": (imagecodecs.jpeg_decode, 8),
    b"RIFF": (imagecodecs.webp_decode, 8),
    b"II*\0": (imagecodecs.tiff_decode, 16),
    b"MM\0*": (imagecodecs.tiff_decode, 16),
    b"\xff\x0a": (imagecodecs.jpegxl_decode, 16),
    b"\0\0\0\x0cJXL ": (imagecodecs.jpegxl_decode, 16),
}


def samples(file):
    """Red, green, blue and perhaps alpha from 0 to 65,535, and the bits that they have."""
    found = (found for start, found in DECODERS.items() if file.startswith(start))
    decode, bits = next(found, (heif if b"ftyphei" in file[:12] else imagecodecs.avif_decode, bits_of_heif(file)))
    pixels = decode(file)
    bits = 8 if pixels.dtype == np.uint8 else bits
    if pixels.ndim == 2:
        pixels = np.dstack([pixels] * 3)
    return np.rint(pixels.astype(float) * 65535 / (2**bits - 1)), bits


def heif(file):
    return np.asarray(pillow_heif.open_heif(io.BytesIO(file), convert_hdr_to_8bit=False, hdr_to_16bit=False))


def bits_of_heif(file):
    """Of the first channel, as the container has it (ISO/IEC 23008-12 §6.5.6)."""
    place = file.find(b"pixi")
    return file[place + 9] if place >= 0 else 8


def profile(file):
    with Image.open(io.BytesIO(file)) as image:
        return image.info.get("icc_profile")


def codes(file):
    place = file.find(b"colrnclx")
    return list(struct.unpack_from(">HH", file, place + 8)) if place >= 0 else None


def compare(source, output):
    source, output = Path(source).read_bytes(), Path(output).read_bytes()
    before, after = samples(source)[0], samples(output)[0]
    channels = min(before.shape[2], after.shape[2])
    apart = np.abs(before[..., :channels] - after[..., :channels])
    if channels == 4:
        # Nobody sees what colour that is. Of AVIF and HEIC, whatever 8 bits show as transparent is black.
        most = 128 if b"ftyp" in source[:12] else 0
        apart[before[..., 3] <= most, :3] = 0
    return {
        "max": int(apart.max()),
        "mean": float(apart.mean(axis=(0, 1)).max()),
        "bits": samples(output)[1],
        "profile": profile(source) == profile(output),
        "codes": codes(output),
    }


if __name__ == "__main__":
    files = sys.argv[1:]
    json.dump([compare(source, output) for source, output in zip(files[::2], files[1::2])], sys.stdout)

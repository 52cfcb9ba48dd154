"""Converts pixels of NumPy and Pillow to an uncompressed TIFF for the image core."""

import struct

SHORT, LONG = 3, 4
PHOTOMETRIC = {1: 1, 2: 1, 3: 2, 4: 2}  # by channels: grey from black, or RGB
UNASSOCIATED = 2  # straight alpha


def from_pillow(image) -> bytes:
    """`image` in grey, RGB or either with alpha; any other mode becomes RGB or RGBA."""
    if image.mode not in ("L", "LA", "RGB", "RGBA"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    return tiff(image.width, image.height, len(image.getbands()), 8, image.tobytes())


def from_array(array) -> bytes:
    """An array of height × width, or height × width × channels: 1 to 4 channels of 8 or 16 bits."""
    shape = (*array.shape, 1) if array.ndim == 2 else array.shape
    kind = array.dtype.name
    if len(shape) != 3 or shape[2] not in PHOTOMETRIC or kind not in ("uint8", "uint16"):
        raise TypeError(f"array of {kind}, shape {array.shape}: must be uint8 or uint16, height × width (× 1 to 4)")
    height, width, channels = shape
    return tiff(width, height, channels, array.itemsize * 8, array.astype(array.dtype.newbyteorder("<")).tobytes())


def tiff(width: int, height: int, channels: int, bits: int, samples: bytes) -> bytes:
    """Rows from the top, channels interleaved, little-endian (TIFF 6.0, sections 2 to 6)."""
    alpha = channels in (2, 4)
    count = 9 + alpha
    after = 8 + 2 + 12 * count + 4
    depths = struct.pack(f"<{channels}H", *[bits] * channels)
    data = after + len(depths)

    def entry(tag: int, kind: int, value: int) -> bytes:
        return struct.pack("<HHII", tag, kind, 1, value)

    inline = channels <= 2
    depth = depths.ljust(4, b"\0") if inline else struct.pack("<I", after)
    entries = [
        entry(256, LONG, width),
        entry(257, LONG, height),
        struct.pack("<HHI", 258, SHORT, channels) + depth,
        entry(259, SHORT, 1),  # no compression
        entry(262, SHORT, PHOTOMETRIC[channels]),
        entry(273, LONG, data),
        entry(277, SHORT, channels),
        entry(278, LONG, height),
        entry(279, LONG, len(samples)),
        *([entry(338, SHORT, UNASSOCIATED)] if alpha else []),
    ]
    return b"".join([b"II*\0", struct.pack("<IH", 8, count), *entries, bytes(4), depths, samples])

"""Writes minimal HEIF containers, in variations that encoders don't produce."""

import struct


def box(kind, *parts):
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def full(kind, version, flags, *parts):
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def children(data):
    """The boxes in `data`, as pairs."""
    while data:
        size, kind = struct.unpack(">I4s", data[:8])
        size = size or len(data)
        yield kind, data[8:size]
        data = data[size:]


def find(data, *path):
    """The body of the first box at `path`; for a full box, including its version and flags."""
    for kind, body in children(data):
        if kind == path[0]:
            return find(body[4:] if kind == b"meta" else body, *path[1:]) if path[1:] else body
    raise KeyError(path)


def coded(source):
    """The configuration box and the bytes of the first coded item in a file that an encoder wrote."""
    properties = find(source, b"meta", b"iprp", b"ipco")
    config = next((kind, body) for kind, body in children(properties) if kind in (b"av1C", b"hvcC"))
    iloc = find(source, b"meta", b"iloc")
    version, sizes = iloc[0], struct.unpack(">H", iloc[4:6])[0]
    assert version < 2 and sizes in (0x4400, 0x4440), "iloc as libavif and libheif write it"
    entry = iloc[8:] if version == 0 else iloc[8:10] + iloc[12:]
    base = struct.unpack(">I", entry[4:8])[0] if sizes == 0x4440 else 0
    extent = entry[10:] if sizes == 0x4440 else entry[6:]
    offset, length = struct.unpack(">II", extent[:8])
    return box(*config), source[base + offset : base + offset + length]


def ispe(width, height):
    return full(b"ispe", 0, 0, struct.pack(">II", width, height))


def nclx(primaries, transfer, matrix, full_range):
    return box(b"colr", b"nclx", struct.pack(">HHHB", primaries, transfer, matrix, full_range << 7))


def irot(turns):
    return box(b"irot", bytes([turns]))


def imir(axis):
    return box(b"imir", bytes([axis]))


def clap(width, height, x, y):
    """Offsets in half pixels."""
    return box(b"clap", struct.pack(">IIIIiIiI", width, 1, height, 1, x, 2, y, 2))


def grid(columns, rows, width, height):
    return struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, width, height)


def auxiliary(urn):
    return full(b"auxC", 0, 0, urn, b"\0")


def file(brand, items, references=(), method=0, pieces=1):
    """A file of `items`: (kind, data, properties), numbered from 1; the first is the primary item. References are
    (kind, from, [to]). Items are in `mdat` (method 0) or `idat` (1), each in `pieces` pieces; their last pieces come first."""
    properties = sorted({p for _, _, own in items for p in own})
    ipma = b""
    for number, (_, _, own) in enumerate(items, 1):
        indices = bytes(properties.index(p) + 1 | (0x80 if p[4:8] in ESSENTIAL else 0) for p in own)
        ipma += struct.pack(">HB", number, len(own)) + indices
    entries = b""
    for number, (kind, _, _) in enumerate(items, 1):
        entries += full(b"infe", 2, 0, struct.pack(">HH4s", number, 0, kind), b"\0", MEDIA_TYPES.get(kind, b""))
    cuts = [[data[len(data) * i // pieces : len(data) * (i + 1) // pieces] for i in range(pieces)] for _, data, _ in items]
    store = b"".join(piece for own in cuts for piece in reversed(own))

    def meta(start):
        at = start
        iloc = struct.pack(">BBH", 0x44, 0, len(items))
        for number, own in enumerate(cuts, 1):
            extents = b""
            for piece in reversed(own):
                extents = struct.pack(">II", at, len(piece)) + extents
                at += len(piece)
            iloc += struct.pack(">HHHH", number, method, 0, pieces) + extents
        return full(
            b"meta", 0, 0,
            full(b"hdlr", 0, 0, bytes(4), b"pict", bytes(13)),
            full(b"pitm", 0, 0, struct.pack(">H", 1)),
            full(b"iloc", 1, 0, iloc),
            full(b"iinf", 0, 0, struct.pack(">H", len(items)), entries),
            full(b"iref", 0, 0, *(box(k, struct.pack(f">HH{len(t)}H", f, len(t), *t)) for k, f, t in references)),
            box(b"iprp", box(b"ipco", *properties), full(b"ipma", 0, 0, struct.pack(">I", len(items)), ipma)),
            *([box(b"idat", store)] if method == 1 else []),
        )  # fmt: skip

    ftyp = box(b"ftyp", brand, bytes(4), b"mif1", brand)
    if method == 1:
        return ftyp + meta(0)
    start = len(ftyp) + len(meta(0)) + 8
    return ftyp + meta(start) + box(b"mdat", store)


ESSENTIAL = (b"av1C", b"hvcC", b"irot", b"imir", b"clap")
MEDIA_TYPES = {b"mime": b"application/rdf+xml\0\0"}

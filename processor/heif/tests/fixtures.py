"""Writes fixtures/: small AVIF and HEIC files, and their renderings by libavif and libheif as PNG.

Needs requirements.txt, and avifenc and avifdec for samples of 10 and 12 bits. Encoders' releases differ, so files are written once and
kept.
"""

import io
import pathlib
import subprocess
import tempfile

import numpy
import pillow_heif
from container import auxiliary, box, clap, coded, file, grid, imir, irot, ispe, nclx
from PIL import Image, ImageOps

FOLDER = pathlib.Path(__file__).parent / "fixtures"
WIDTH, HEIGHT = 120, 88
AVIF, HEIC = b"avif", b"heic"
ALPHA = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha"


def picture(width, height, alpha=False):
    """Gradients, a disc and a few lines: smooth parts, edges and saturated colours."""
    y, x = numpy.mgrid[0:height, 0:width].astype(float)
    disc = numpy.hypot(x - width * 0.6, y - height * 0.45) < height * 0.3
    red = numpy.where(disc, 235, 255 * x / width)
    green = numpy.where(disc, 40 + y, 255 * y / height)
    blue = numpy.where(disc, 30, 160 - 80 * numpy.sin(x / 17))
    planes = [red, green, blue]
    for plane in planes:
        plane[:, 10:14] = 250
        plane[20:23, :] = 15
    if alpha:
        planes.append(numpy.clip(numpy.where(disc, 255, 300 * x / width - 30), 0, 255))
    return Image.fromarray(numpy.stack(planes, -1).round().astype(numpy.uint8), "RGBA" if alpha else "RGB")


def avif(image, **options):
    options.setdefault("subsampling", "4:0:0" if image.mode == "L" else "4:2:0")
    target = io.BytesIO()
    image.save(target, "AVIF", quality=80, speed=6, **options)
    return target.getvalue()


def heic(image, **options):
    target = io.BytesIO()
    pillow_heif.from_pillow(image).save(target, quality=80, **options)
    return target.getvalue()


def avifenc(image, *options):
    with tempfile.TemporaryDirectory() as folder:
        source, target = f"{folder}/a.png", f"{folder}/a.avif"
        image.save(source)
        command = ["avifenc", "--min", "10", "--max", "20", *options, source, target]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return pathlib.Path(target).read_bytes()


def item(kind, source, width, height, *properties):
    config, data = coded(source)
    return kind, data, [ispe(width, height), config, *properties]


def tiled(brand, kind, encode, alpha=None, **options):
    """A grid of two by two tiles; the right and lower ones are cropped."""
    whole = picture(128, 128)
    tiles = [whole.crop((x, y, x + 64, y + 64)) for y in (0, 64) for x in (0, 64)]
    size = [ispe(WIDTH, HEIGHT)]
    items = [(b"grid", grid(2, 2, WIDTH, HEIGHT), size + options.pop("properties", []))]
    items += [item(kind, encode(tile), 64, 64) for tile in tiles]
    references = [(b"dimg", 1, [2, 3, 4, 5])]
    if alpha:
        items.append(item(kind, encode(alpha), WIDTH, HEIGHT, auxiliary(ALPHA)))
        references.append((b"auxl", 6, [1]))
    return file(brand, items, references, **options)


def variations(kind, brand, encode):
    """Files with our own containers around one coded image."""
    whole = encode(picture(WIDTH, HEIGHT))

    def single(*properties, **options):
        return file(brand, [item(kind, whole, WIDTH, HEIGHT, *properties)], **options)

    yield "turned", single(irot(1))
    yield "mirrored", single(imir(1))
    yield "upside-down", single(imir(0))
    yield "turned-mirrored", single(irot(3), imir(0))
    if kind == b"hvc1":  # Pillow does not crop AVIF.
        # At even positions: at odd ones, libheif's chroma is shifted by half a pixel.
        yield "cropped", single(clap(81, 50, -3, 6))
        yield "cropped-turned", single(clap(48, 64, 4, -4), irot(3))
    yield "pieces", single(pieces=3)
    yield "grid", tiled(brand, kind, encode)
    yield "grid-turned", tiled(brand, kind, encode, properties=[irot(1)])


def avifs():
    image = picture(WIDTH, HEIGHT)
    for sampling in ("4:4:4", "4:2:2", "4:2:0"):
        yield sampling.replace(":", ""), avif(image, subsampling=sampling)
    yield "odd", avif(picture(67, 45))
    yield "gray", avif(image.convert("L"))
    yield "limited", avif(image, range="limited")
    yield "alpha", avif(picture(WIDTH, HEIGHT, alpha=True))
    yield "premultiplied", avif(picture(WIDTH, HEIGHT, alpha=True), alpha_premultiplied=True)
    yield "identity", avifenc(image, "--cicp", "1/13/0", "--yuv", "444")
    yield "10-bits", avifenc(image, "--depth", "10", "--yuv", "420", "--cicp", "9/13/9")
    yield "12-bits", avifenc(image, "--depth", "12", "--yuv", "444", "--cicp", "1/13/1", "--range", "limited")
    single = item(b"av01", avif(image), WIDTH, HEIGHT)
    yield "idat", file(AVIF, [single], method=1)
    gray = picture(WIDTH, HEIGHT, alpha=True).getchannel("A")
    yield "grid-alpha", tiled(AVIF, b"av01", avif, alpha=gray)
    yield from variations(b"av01", AVIF, avif)


def heics():
    image = picture(WIDTH, HEIGHT)
    yield "420", heic(image, chroma=420)
    yield "422", heic(image, chroma=422)
    yield "444", heic(image, chroma=444)
    yield "odd", heic(picture(67, 45), chroma=420)
    yield "gray", heic(image.convert("L"))
    yield "alpha", heic(picture(WIDTH, HEIGHT, alpha=True))
    yield from variations(b"hvc1", HEIC, lambda image: heic(image, chroma=420))


def metadata():
    """A HEIC like a phone's, with EXIF, XMP, Display P3 as code points, and a gain map."""
    single = item(b"hvc1", heic(picture(64, 64)), 64, 64, nclx(12, 13, 6, 1))
    gain = item(b"hvc1", heic(picture(64, 64).convert("L")), 64, 64, auxiliary(b"urn:com:apple:photo:2020:aux:hdrgainmap"))
    exif = (b"Exif", bytes([0, 0, 0, 6]) + b"Exif\0\0MM\0*\0\0\0\x08\0\0", [])
    xmp = (b"mime", b"<x:xmpmeta/>", [])
    references = [(b"auxl", 2, [1]), (b"cdsc", 3, [1]), (b"cdsc", 4, [1])]
    return file(HEIC, [single, gain, exif, xmp], references)


def shown(source):
    """The reference image, upright. Pixels with alpha 0 have no colour."""
    image = Image.open(io.BytesIO(source))
    if image.format == "AVIF":
        image = ImageOps.exif_transpose(image)
    image.load()
    if image.mode == "RGBA":
        pixels = numpy.array(image)
        pixels[pixels[..., 3] == 0] = 0
        image = Image.fromarray(pixels)
    return image


def by_avifdec(source):
    """Pillow reduces 10 and 12 bits to 8 before it converts; avifdec does not."""
    with tempfile.TemporaryDirectory() as folder:
        coded, target = pathlib.Path(folder) / "a.avif", f"{folder}/a.png"
        coded.write_bytes(source)
        subprocess.run(["avifdec", "--depth", "8", coded, target], check=True, stdout=subprocess.DEVNULL)
        return Image.open(target).convert("RGB")


def main():
    pillow_heif.register_heif_opener(thumbnails=False)
    FOLDER.mkdir(exist_ok=True)
    for extension, files in (("avif", avifs()), ("heic", heics())):
        for name, source in files:
            (FOLDER / f"{name}.{extension}").write_bytes(source)
            image = by_avifdec(source) if "bits" in name else shown(source)
            print(f"{name}.{extension}: {len(source)} bytes, {image.mode} {image.size}")
            image.save(FOLDER / f"{name}.{extension}.png", optimize=True)
    (FOLDER / "metadata.heic").write_bytes(metadata())


if __name__ == "__main__":
    main()

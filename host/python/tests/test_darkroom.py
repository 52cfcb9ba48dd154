"""Tests the installed wheel. Usage: test_darkroom.py"""

import hashlib
import io
import os
import statistics
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

import darkroom
from darkroom import pixels
from darkroom.contract import Contract
from darkroom.engine import cache_folder, core

LOADED = set(sys.modules)

import numpy  # noqa: E402 (after what `import darkroom` loads)
from PIL import Image as Pillow  # noqa: E402

ROOT = Path(__file__).resolve().parents[3]
PHOTO = ROOT / "examples/photos/seeding.jpg"  # 1992 × 1120
sys.path.insert(0, str(ROOT / "host/python"))


def kind(data: bytes) -> str:
    return Pillow.open(io.BytesIO(data)).format.lower()


class Outputs(unittest.TestCase):
    def test_the_chain(self):
        photo = darkroom.open(PHOTO.read_bytes())
        self.assertEqual(kind(photo.resize(80).webp()), "webp")
        self.assertEqual(photo.size, (1992, 1120))
        self.assertEqual(str(photo.resize(80, fit="cover").set(max_bytes=3000, lossless=False)), "fit=cover,lossless=false,max-bytes=3000,width=80")
        self.assertEqual(str(photo), "", "nothing changes a chain")
        rendition = photo.recipe("w=60,h=40,fit=cover,f=jpeg").rendition()
        self.assertEqual(rendition[:4], ("jpeg", 60, 40, 80))
        self.assertEqual(Pillow.open(io.BytesIO(rendition.data)).size, (60, 40))

    def test_several_outputs(self):
        large, small = darkroom.open(PHOTO).render("width=160,format=webp", "width=80,format=png")
        self.assertEqual((large.width, small.width, small.quality), (160, 80, None))
        self.assertEqual(large.data, darkroom.open(PHOTO).resize(160).webp())

    def test_the_golden_bytes(self):
        golden = dict(line.split() for line in (ROOT / "tests/golden/outputs.txt").read_text().splitlines()[1:])
        recipes = ["width=320", "width=320,format=jpeg", "width=160,format=avif", "width=160,format=png", "width=320,format=jxl"]
        for recipe in recipes:  # separate decodes: within one, a smaller output may be made from a larger one
            data = darkroom.open(PHOTO).recipe(recipe).encode()
            self.assertEqual(hashlib.sha256(data).hexdigest(), golden[f"seeding.jpg:{recipe}"], recipe)

    def test_files(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "out.JPG"
            self.assertEqual(darkroom.open(str(PHOTO)).resize(60).save(path).format, "jpeg")
            self.assertEqual(kind(path.read_bytes()), "jpeg")
            with PHOTO.open("rb") as file:
                self.assertEqual(darkroom.open(file).resize(60).jpeg(), path.read_bytes())
            with self.assertRaisesRegex(ValueError, "out.txt: must end in avif, webp, jpg"):
                darkroom.open(PHOTO).save(Path(folder) / "out.txt")

    def test_numpy_and_pillow(self):
        array = darkroom.open(PHOTO).resize(64).numpy()
        self.assertEqual((array.shape, array.dtype), ((36, 64, 3), numpy.uint8))
        alpha = numpy.dstack([array, numpy.arange(36 * 64, dtype=numpy.uint8).reshape(36, 64)])
        for pixels_in in (array, alpha, array[:, ::2]):
            self.assertTrue((darkroom.open(pixels_in).numpy() == pixels_in).all())
        grey = darkroom.open(array[:, :, 0]).numpy()
        self.assertTrue((grey == array[:, :, :1]).all())
        deep = darkroom.open(array.astype(numpy.uint16) * 257).numpy()
        self.assertTrue((deep == array).all())
        image = darkroom.open(PHOTO).resize(64).pillow()
        for mode in ("L", "LA", "RGBA", "P", "1", "CMYK"):
            self.assertEqual(darkroom.open(image.convert(mode)).size, (64, 36), mode)
        self.assertTrue((darkroom.open(Pillow.fromarray(alpha)).numpy() == alpha).all())
        with self.assertRaisesRegex(TypeError, "array of float64, shape"):
            darkroom.open(array / 255)

    def test_the_vocabulary_is_the_image_cores(self):
        from importlib.util import module_from_spec, spec_from_file_location

        spec = spec_from_file_location("writer", ROOT / "host/python/vocabulary.py")
        writer = module_from_spec(spec)
        spec.loader.exec_module(writer)
        if os.environ.get("UPDATE_DOCS"):
            (ROOT / "host/python/darkroom/vocabulary.py").write_text(writer.text(darkroom.formats()))
        self.assertEqual((ROOT / "host/python/darkroom/vocabulary.py").read_text(), writer.text(darkroom.formats()))
        self.assertIn("width", [option["name"] for option in darkroom.options()])
        self.assertEqual(darkroom.canonical("w=80,f=webp"), "width=80")
        self.assertIn("pixels=", darkroom.default_limits())
        self.assertGreater(darkroom.output_version(), 5)


class Failures(unittest.TestCase):
    def fails(self, code, use):
        with self.assertRaises(darkroom.DarkroomError) as caught:
            use()
        self.assertEqual(caught.exception.code, code, caught.exception)

    def test_codes(self):
        photo = darkroom.open(PHOTO)
        self.fails("invalid-recipe", lambda: photo.webp(quality=101))
        self.fails("invalid-recipe", lambda: photo.webp(progressive=True))
        self.fails("invalid-recipe", lambda: photo.set(background="red,width=9").webp())
        self.fails("unrecognized-format", lambda: darkroom.open(b"no image").size)
        self.fails("limit-exceeded", lambda: darkroom.open(PHOTO, limits="pixels=1000").webp())
        self.fails("invalid-limits", lambda: darkroom.open(PHOTO, limits="pixel=1").webp())
        self.fails("malformed", lambda: darkroom.open(ROOT / "tests/fixtures/bad/no-data.jpg").webp())

    def test_a_deadline_and_a_crash_cost_one_call(self):
        self.fails("timeout", lambda: darkroom.open(PHOTO, timeout=0.02).avif(effort=10))

        def crash(contract):
            contract._exports["cabi_realloc"](contract._store, 0, 0, 1, -1)

        self.fails("trap", lambda: core().call(crash, 30))
        self.assertEqual(kind(darkroom.open(PHOTO).resize(20).webp()), "webp")

    def test_threads(self):
        outputs = []
        threads = [threading.Thread(target=lambda: outputs.append(darkroom.open(PHOTO).resize(60).webp())) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len({hashlib.sha256(output).digest() for output in outputs}), 1)
        self.assertEqual(len(outputs), 4)


class Costs(unittest.TestCase):
    def test_the_import_needs_neither_numpy_nor_pillow(self):
        self.assertFalse({"numpy", "PIL"} & LOADED)

    def test_compiled_code_is_kept(self):
        core()
        self.assertTrue(list(cache_folder().glob("*.cwasm")))

    def test_1_8_megabytes_in_and_out_take_less_than_5_ms(self):
        data = os.urandom(1_800_000)

        def round_trip(contract: Contract):
            start = time.perf_counter()
            described, _ = contract._list([contract._place(data)])
            copied = contract._bytes(described)
            taken = time.perf_counter() - start
            self.assertEqual(copied, data)
            return taken

        times = [core().call(round_trip, 30) for _ in range(9)]
        whole = []
        source = pixels.tiff(1000, 600, 3, 8, data)
        for _ in range(9):
            start = time.perf_counter()
            self.assertEqual(darkroom.open(source).size, (1000, 600))
            whole.append(time.perf_counter() - start)
        print(f"1.8 MB in and out: {statistics.median(times) * 1e3:.2f} ms; `size` of 1.8 MB, instance and all: {statistics.median(whole) * 1e3:.2f} ms")
        self.assertLess(min(times), 0.005)


if __name__ == "__main__":
    unittest.main()

"""Writes the package's list of the image core's formats: darkroom/vocabulary.py. Usage: vocabulary.py FORMATS, as JSON."""

import json
import sys
from pathlib import Path

HEAD = '''"""Written by ../vocabulary.py, of the image core's own `formats`."""

ENCODERS = {
%s}
"""The formats that can be written, and how their files' names end."""


class Encoders:
    """A method for each of them, which takes any options of a recipe: `webp(quality=60, max_bytes=30_000)`."""

    def encode(self, format: str | None = None, **options) -> bytes:
        raise NotImplementedError
'''
METHOD = '''
    def %(name)s(self, **options) -> bytes:
        """As %(mediaType)s."""
        return self.encode("%(name)s", **options)
'''


def text(formats: list[dict]) -> str:
    encoded = [format for format in formats if "encoder" in format]
    rows = "".join(f'    "{format["name"]}": {json.dumps(format["extensions"])},\n' for format in encoded)
    return HEAD % rows + "".join(METHOD % format for format in encoded)


if __name__ == "__main__":
    Path(__file__).with_name("darkroom").joinpath("vocabulary.py").write_text(text(json.loads(sys.argv[1])))

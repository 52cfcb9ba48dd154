"""Written by ../vocabulary.py, of the image core's own `formats`."""

ENCODERS = {
    "avif": ["avif"],
    "webp": ["webp"],
    "jpeg": ["jpg", "jpeg", "jpe", "jfif"],
    "png": ["png"],
    "gif": ["gif"],
    "jxl": ["jxl"],
}
"""The formats that can be written, and how their files' names end."""


class Encoders:
    """A method for each of them, which takes any options of a recipe: `webp(quality=60, max_bytes=30_000)`."""

    def encode(self, format: str | None = None, **options) -> bytes:
        raise NotImplementedError

    def avif(self, **options) -> bytes:
        """As image/avif."""
        return self.encode("avif", **options)

    def webp(self, **options) -> bytes:
        """As image/webp."""
        return self.encode("webp", **options)

    def jpeg(self, **options) -> bytes:
        """As image/jpeg."""
        return self.encode("jpeg", **options)

    def png(self, **options) -> bytes:
        """As image/png."""
        return self.encode("png", **options)

    def gif(self, **options) -> bytes:
        """As image/gif."""
        return self.encode("gif", **options)

    def jxl(self, **options) -> bytes:
        """As image/jxl."""
        return self.encode("jxl", **options)

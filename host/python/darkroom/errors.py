"""Errors."""


class DarkroomError(Exception):
    """A failure identified by its `code`.

    The image core's codes are `unrecognized-format`, `unsupported-feature`, `malformed`, `limit-exceeded`,
    `invalid-recipe`, `invalid-limits` and `internal`. The others are `trap` if it crashed, and `timeout` if it took too long.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    def __str__(self) -> str:
        return f"{self.code}: {self.args[0]}"

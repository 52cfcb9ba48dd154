"""What goes wrong."""


class DarkroomError(Exception):
    """A failure that its `code` names.

    `unrecognized-format`, `unsupported-feature`, `malformed`, `limit-exceeded`, `invalid-recipe`, `invalid-limits` and
    `internal` are the image core's; `trap` when it crashed, `timeout` when it took too long.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    def __str__(self) -> str:
        return f"{self.code}: {self.args[0]}"

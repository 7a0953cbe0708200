"""What the task does. Plain Python: runs in the tests and in the component."""


class Failed(Exception):
    """A failure as the contract has it; `kind` is TRANSIENT, BUSY, PERMANENT or NEEDS_PERSON."""

    def __init__(self, kind, code, message, at=None, retry_after_ms=None):
        super().__init__(message)
        self.kind, self.code, self.message, self.at, self.retry_after_ms = kind, code, message, at, retry_after_ms


def greet(settings):
    name = settings["name"].strip()
    if not name:
        raise Failed("PERMANENT", "no-name", "there is nobody to greet", "/name")
    return {"greeting": f"Hello, {name}!"}

"""What a client is told when something cannot be done, as exceptions. Each has a `code`, a short slug for programs.

    engine.EngineError         every error of this library
    ├── BadRequest             bad-value: a parameter is out of range or of the wrong type
    │   └── UnknownKey         unknown-key: there is no such parameter
    ├── Busy                   busy: the bridge has as many jobs as it takes
    ├── ModelError             model: the model is unknown, cannot be loaded, or is not the one in use
    ├── FileError              bad-file: the clip is not there, may not be read, or is no sound
    ├── RenderCancelled        cancelled: the job was cancelled
    ├── EngineLost             engine-lost: the engine was lost under the job, twice
    └── BridgeError            everything else, by its code: id-in-use, unknown-job, closing, disk, internal, memory …
        ├── NoAnswer           no-answer: nobody is there, or not any more; a ConnectionError, too
        ├── NotAllowed         forbidden: the token is missing or wrong; a PermissionError, too
        └── TookTooLong        timeout: it did not happen in time, and may happen later; a TimeoutError, too
"""

from __future__ import annotations

from engine import (
    PARAMS,
    BadRequest,
    Busy,
    EngineError,
    EngineLost,
    FileError,
    ModelError,
    RenderCancelled,
    UnknownKey,
)


class BridgeError(EngineError):
    """The bridge could not do what it was asked. `code` says what it was, the text is for people."""

    code = "bridge"

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__(text)
        self.code = code or type(self).code


class NoAnswer(BridgeError, ConnectionError):
    """No bridge answers at the address, or it stopped answering."""

    code = "no-answer"


class NotAllowed(BridgeError, PermissionError):
    """The bridge does not speak to who has no token, or to this address."""

    code = "forbidden"


class TookTooLong(BridgeError, TimeoutError):
    """It did not happen within the time that was given. It goes on, and may be waited for again."""

    code = "timeout"


_OF_THE_ENGINE: dict[str, type[EngineError]] = {
    kind.code: kind for kind in (Busy, ModelError, FileError, RenderCancelled, EngineLost)
}


def error(code: str, text: str) -> EngineError:
    """The exception for a code and a text of the bridge."""
    if code in (BadRequest.code, UnknownKey.code):
        named = text.partition(" ")[0]  # "seconds must be 0.05 to 60 s, got -1"
        return (BadRequest if code == BadRequest.code else UnknownKey)(named if named in PARAMS else "", text)
    if code in _OF_THE_ENGINE:
        return _OF_THE_ENGINE[code](text)
    if code in ("forbidden", "token"):
        return NotAllowed(text, code)
    return BridgeError(text, code)

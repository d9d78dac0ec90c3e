"""What can go wrong in the engine, as one tree.

    EngineError            every error the engine raises on purpose; `code` is a short slug for machines
    ├── BadRequest         a value out of range or of the wrong type; `name` says which parameter
    │   └── UnknownKey     a key that no parameter has; the text names the nearest one
    ├── Busy               a job id that is already in use, or a service that is closed
    ├── ModelError         a model that is unknown, cannot be read, or gave an unusable result
    ├── FileError          a sound file that cannot be read or carries no request
    ├── WireError          bytes between the processes that are not frames; the stream is lost
    ├── RenderCancelled    raised by an `on_step` callback to stop a rendering
    └── EngineLost         the engine process ended while it had work

The text of an error is written for the person who sent the request: it names the value and the range.
"""

from __future__ import annotations


class EngineError(Exception):
    """Base of every error that the engine raises on purpose. `str(error)` is fit to be shown to the user."""

    code = "engine"

    @property
    def text(self) -> str:
        """The message for people, without the code."""
        return str(self)


class BadRequest(EngineError):
    """A parameter has a wrong value. `name` is the parameter, the text names the value and the range."""

    code = "bad-value"

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


class UnknownKey(BadRequest):
    """A key that no parameter has."""

    code = "unknown-key"


class Busy(EngineError):
    """The service cannot take this job: its id is in use, or the service is closed."""

    code = "busy"


class ModelError(EngineError):
    """A model is unknown, its files cannot be read, or what it computed is unusable."""

    code = "model"


class FileError(EngineError):
    """A sound file cannot be read, or it carries no request."""

    code = "bad-file"


class WireError(EngineError):
    """The bytes on a pipe are not frames. Where the next frame begins is unknown, so the pipe has to be closed."""

    code = "bad-frame"


class RenderCancelled(EngineError):
    """Raised by an `on_step` callback to stop `Model.render` between two steps."""

    code = "cancelled"


class EngineLost(EngineError):
    """The engine process ended while it had work. The job can be sent again once the engine is ready."""

    code = "engine-lost"

"""The values that go in and come out: `Request`, `Clip` and `Take`. All are frozen; change them by `replace`.

numpy is imported only where a clip is made, so that a program that merely sends requests stays light.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import BadRequest, ModelError
from engine.params import EDITS, PARAMS, SEED_LIMIT, check, unknown_key
from engine.wording import check_task, prompts_of, spans_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DEFAULT_RATE = 48000
"""In Hz, of takes that have no source whose rate they could have."""
PROMPTED = ("generate", "loop", "takes")
"""The tasks that have nothing else to go by than a prompt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Everything that a rendering depends on. Ranges and units are in `engine.PARAMS`.

    Every field is checked when the value is made, so a `Request` that exists is valid: `BadRequest` is raised
    otherwise. `seed`, `steps`, `guidance`, `candidates`, `rate` and `model` may be None: `resolved` fills them in.
    `source` is a path, or the clip itself.
    """

    prompt: str = ""
    negative: str = ""
    task: str = "generate"
    source: str | Clip = ""
    strength: float = 0.5
    regions: str = ""
    side: str = "after"
    cutoff: float = 0.0
    prompts: str = ""
    motion: str = "fixed"
    audio_weight: float = 0.5
    looseness: int = 0
    transcript: str = ""
    spelling: str = "words"
    bars: float = 0.0
    bpm: float = 0.0
    beats: int = 4
    seconds: float = 5.12
    seed: int | None = None
    quality: str = "normal"
    steps: int | None = None
    guidance: float | None = None
    guidance_from: float = 0.0
    guidance_to: float = 1.0
    rescale: float = 0.0
    sampler: str = "dpm++"
    eta: float = 0.0
    takes: int = 1
    candidates: int | None = None
    rate: int | None = None
    model: str | None = None
    level: str = "peak"
    peak: float = -1.0
    loudness: float = -18.0
    fade: float = 0.005
    format: str = "pcm24"

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if not (field.name == "source" and isinstance(value, Clip)):
                object.__setattr__(self, field.name, check(field.name, value))
        if self.task in PROMPTED and not self.prompt:
            raise BadRequest("prompt", f"prompt must be 1 to {PARAMS['prompt'].high} characters long, got 0")
        if self.task in EDITS and self.source == "":
            raise BadRequest("source", f"source must be the clip to {self.task}, got none")
        if self.eta > 0 and self.sampler != "ddim":
            raise BadRequest("eta", f"eta must be 0 unless the sampler is ddim, got {self.eta} with {self.sampler}")
        if self.guidance_from > self.guidance_to:
            text = f"guidance_from must be 0 to guidance_to, {self.guidance_to:g}, got {self.guidance_from:g}"
            raise BadRequest("guidance_from", text)
        check_task(self)

    @property
    def frames(self) -> int:
        """Length of each take in frames, exactly: round(seconds * rate), or for a loop of bars, theirs.

        What a source decides is not known here: for edits it is the length of `seconds`. At 48000 Hz if `rate` is None.
        """
        rate = self.rate or DEFAULT_RATE
        if self.task == "loop" and self.bars > 0:
            return round(self.bars * self.beats * 60.0 / self.bpm * rate)
        return round(self.seconds * rate)

    def spans(self, rate: int, frames: int) -> tuple[tuple[int, int], ...]:
        """The `regions` as (start, end) in frames of a source, sorted, those that touch or overlap made one.

        Raises `BadRequest` for one that does not lie in the source.
        """
        return spans_of(self.regions, rate, frames)

    @property
    def weighted_prompts(self) -> tuple[tuple[str, float], ...]:
        """The prompts of a morph, or of what an extension goes over into, with their weights, which add up to 1."""
        return prompts_of(self.prompts)

    @property
    def guided(self) -> bool:
        """True if classifier-free guidance is on, that is if `guidance` is above 1."""
        return self.guidance is not None and self.guidance > 1.0

    def replace(self, **changes: Any) -> Request:
        """A copy with some fields changed. Raises `UnknownKey` or `BadRequest`."""
        for key in changes:
            if key not in PARAMS:
                raise unknown_key(key, PARAMS)
        return dataclasses.replace(self, **changes)

    def resolved(self, defaults: Mapping[str, Any]) -> Request:
        """A copy with no None left: from `defaults` (a model's steps, guidance, candidates and name, a source's
        rate), the seed by chance.

        Resolving a resolved request changes nothing. Raises `ModelError` if `defaults` lacks a field that is needed.
        """
        import secrets  # slow to import, and a program that only sends requests does not need it

        missing = [field.name for field in dataclasses.fields(self) if getattr(self, field.name) is None]
        known = {"seed": secrets.randbelow(SEED_LIMIT), "candidates": 1, "rate": DEFAULT_RATE, **defaults}
        lacking = [name for name in missing if known.get(name) is None]
        if lacking:
            raise ModelError(f"the model gives no default for {', '.join(lacking)}")
        return self.replace(**{name: known[name] for name in missing})

    def for_take(self, index: int) -> Request:
        """The request of one take of a resolved request: `takes` 1 and the seed `seed + index`, which wraps around."""
        if self.seed is None:
            raise BadRequest("seed", "a request is split into takes only once its seed is resolved")
        return self.replace(takes=1, seed=(self.seed + index) % SEED_LIMIT)

    def to_dict(self) -> dict[str, Any]:
        """All fields as plain values that JSON can hold. A clip as `source` becomes words that tell what it was."""
        return {field.name: _plain(getattr(self, field.name)) for field in dataclasses.fields(self)}

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Request:
        """A request from plain values. Raises `UnknownKey`, naming the nearest known key, or `BadRequest`."""
        if not isinstance(fields, Mapping):
            raise BadRequest("request", f"a request must be a table of keys and values, got {type(fields).__name__}")
        for key in fields:
            if key not in PARAMS:
                raise unknown_key(key, PARAMS)
        return cls(**fields)


def _plain(value: Any) -> Any:
    if not isinstance(value, Clip):
        return value
    return f"a clip of {value.channels} x {value.frames} frames at {value.rate} Hz"


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """Samples with a rate.

    samples: float32, shape (channels, frames), full scale -1 to 1, read-only; one channel may be given as (frames,).
    rate: in Hz.
    """

    samples: NDArray[np.float32]
    rate: int

    def __post_init__(self) -> None:
        import numpy as np

        samples = np.atleast_2d(np.ascontiguousarray(self.samples, dtype=np.float32)).view()
        if samples.ndim != 2:
            raise BadRequest("samples", f"samples must have the shape (channels, frames), got {samples.shape}")
        samples.setflags(write=False)
        object.__setattr__(self, "samples", samples)

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self.samples.shape[0])

    @property
    def frames(self) -> int:
        """Length in frames."""
        return int(self.samples.shape[1])

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.frames / self.rate


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """One rendered result.

    clip: the sound, at the request's rate and of its exact length.
    request: resolved, with this take's own seed and `takes` 1, so rendering it again gives this very sound.
    index: 0 for the first take of the job, or for the best one of the task `takes`.
    score: how well the sound fits the prompt, higher is better; 0 where the model cannot tell.
    """

    clip: Clip
    request: Request
    index: int = 0
    score: float = 0.0

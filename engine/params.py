"""The table of parameters: one row for each field of a request, and the one function that checks a value.

Checks, presets, OSC, MIDI mappings, the command line and the documents all read this table.
"""

from __future__ import annotations

import difflib
import numbers
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from engine.errors import BadRequest, UnknownKey

SEED_LIMIT = 2**31
"""Seeds are 0 to SEED_LIMIT - 1: what an OSC int32 can carry."""

Value = str | int | float | None
"""What a parameter can hold."""


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter of a request.

    tag: "f" number, "i" whole number, "s" text (the OSC type tag).
    low, high: the allowed range, both included; for text, of its length in characters.
    default: None means that the model (or, for the seed, chance) decides when the request is resolved.
    unit: "s", "Hz", "dBFS", "LUFS", "characters" or "".
    choices: for text, the only words allowed; empty where any text of the right length is.
    """

    name: str
    tag: str
    low: float
    high: float
    default: Value
    unit: str
    help: str
    choices: tuple[str, ...] = ()

    @property
    def range(self) -> str:
        """The allowed values in words, as errors and documents show them: "0.05 to 60 s"."""
        if self.choices:
            return " | ".join(self.choices)
        return f"{self.low:g} to {_whole(self.high)} {self.unit}".strip()


def _whole(number: float) -> str:
    """A bound without an exponent: 2147483647 rather than 2.14748e+09."""
    return str(int(number)) if float(number).is_integer() else f"{number:g}"


SOUNDS = ("generate", "restyle", "inpaint", "extend", "upsample", "vary", "morph", "loop", "takes")
"""The tasks of every model."""
TASKS = (*SOUNDS, "speak")
"""All tasks; the last one is for models that can speak."""
EDITS = ("restyle", "inpaint", "extend", "upsample", "vary")
"""The tasks that begin with a source."""
QUALITIES = ("draft", "normal", "best")

_ROWS = (
    Param("prompt", "s", 0, 1000, "", "characters", "what should be heard, in words"),
    Param("negative", "s", 0, 1000, "", "characters", "what should not be heard, in words"),
    Param("task", "s", 0, 20, "generate", "", "what to do", TASKS),
    Param("source", "s", 0, 4096, "", "characters", "path of the clip to edit"),
    Param("strength", "f", 0.0, 1.0, 0.5, "", "restyle: 0 leaves the clip as it is, 1 renders afresh"),
    Param("regions", "s", 0, 4000, "", "characters", "inpaint: what to replace, '1.5-2.25, 4-4.5' in seconds, "
          "or '72000-96000 samples'"),
    Param("side", "s", 0, 20, "after", "", "extend: where the clip goes on, for `seconds` on each side",
          ("after", "before", "both")),
    Param("cutoff", "f", 0.0, 96000.0, 0.0, "Hz", "upsample: where the clip's band ends; 0 finds it"),
    Param("prompts", "s", 0, 4000, "", "characters", "morph: prompts with weights, 'rain : 0.7 | thunder : 0.3'; "
          "extend: what the clip goes on as, instead of `prompt`"),
    Param("motion", "s", 0, 20, "fixed", "", "morph: one mixture, or from prompt to prompt along the time; "
          "extend: in the colour of the clip, or over into another",
          ("fixed", "moving")),
    Param("audio_weight", "f", 0.0, 1.0, 0.5, "", "vary: how much the clip counts beside the prompt; all without one"),
    Param("looseness", "i", 0, 8, 0, "", "vary: 1 renders the clip once more, 2, 4 and 8 what is ever less like it, by "
          "AudioMAE in an AudioLDM 2; 0 goes by CLAP"),
    Param("transcript", "s", 0, 1000, "", "characters", "what is said; models that speak need it in every task"),
    Param("spelling", "s", 0, 20, "words", "", "whether the transcript is words or phonemes in IPA",
          ("words", "phonemes")),
    Param("bars", "f", 0.0, 64.0, 0.0, "", "loop: length in bars; 0 takes `seconds`"),
    Param("bpm", "f", 0.0, 400.0, 0.0, "", "loop: beats a minute, 20 or more where bars are given"),
    Param("beats", "i", 1, 16, 4, "", "loop: beats a bar"),
    Param("seconds", "f", 0.05, 60.0, 5.12, "s", "length; the take has exactly round(seconds * rate) frames"),
    Param("seed", "i", 0, SEED_LIMIT - 1, None, "", "same seed, same sound; drawn by chance if not given"),
    Param("quality", "s", 0, 20, "normal", "", "steps and guidance that are not given: the model's own for this",
          QUALITIES),
    Param("steps", "i", 1, 200, None, "", "denoising steps: more is finer and slower; the model's own if not given"),
    Param("guidance", "f", 0.0, 20.0, None, "", "how closely to follow the prompt; 1 or less switches guidance off"),
    Param("guidance_from", "f", 0.0, 1.0, 0.0, "", "part of the run at which guidance begins"),
    Param("guidance_to", "f", 0.0, 1.0, 1.0, "", "part of the run at which guidance ends"),
    Param("rescale", "f", 0.0, 1.0, 0.0, "", "how far guidance is kept from making things louder and harsher"),
    Param("sampler", "s", 0, 20, "dpm++", "", "DPM-Solver++ 2M or DDIM", ("dpm++", "ddim")),
    Param("eta", "f", 0.0, 1.0, 0.0, "", "noise added back at every step, ddim only"),
    Param("takes", "i", 1, 16, 1, "", "how many results; take i uses seed + i"),
    Param("candidates", "i", 1, 8, None, "", "tries for a take; the one nearest to the prompt is kept. Not for edits"),
    Param("rate", "i", 8000, 192000, None, "Hz", "sample rate of the result; that of the clip to edit, else 48000"),
    Param("model", "s", 1, 200, None, "characters", "name of the model; the one that is loaded if not given"),
    Param("level", "s", 0, 20, "peak", "", "what sets the level; ahead holds what the model made under the peak, "
          "so that it can be streamed while it is decoded", ("peak", "loudness", "none", "ahead")),
    Param("peak", "f", -60.0, 0.0, -1.0, "dBFS", "highest sample: the level for 'peak', the ceiling for 'loudness'"),
    Param("loudness", "f", -60.0, -5.0, -18.0, "LUFS", "integrated loudness for level 'loudness'"),
    Param("fade", "f", 0.0, 10.0, 0.005, "s", "fade-out at the end"),
    Param("format", "s", 0, 20, "pcm24", "", "sample format of the file", ("pcm16", "pcm24", "float32")),
)

PARAMS: Mapping[str, Param] = MappingProxyType({row.name: row for row in _ROWS})
"""Every parameter by name, in the order in which people should see them."""

PRIORITIES = ("live", "interactive", "batch")
"""The most urgent first."""

_SERVING = (
    Param("priority", "s", 0, 20, "interactive", "", "how urgent the job is: live overtakes interactive at its next "
          "step, and that batch", PRIORITIES),
    Param("preview", "i", 0, 200, 0, "", "every so many steps the sound so far is decoded, and told; 0 never"),
    Param("stream", "i", 0, 1, 0, "", "1: takes come in pieces, too, over TCP and WebSocket: as they are decoded where "
          "the level is ahead, which it is with this key if no other is asked for, else when they are complete"),
    Param("stream_as", "s", 0, 20, "float32", "", "how the samples of pieces come: as 32-bit floats, exactly those of "
          "the file, or rounded to 16 bits", ("float32", "int16")),
)  # fmt: skip

HANDLING: Mapping[str, Param] = MappingProxyType({row.name: row for row in _SERVING})
"""How a job is served, by name; no part of a request, as it changes nothing about the samples."""


def check(name: str, value: object) -> Value:
    """Return `value` as the clean value of `name`, of `PARAMS` or `HANDLING`. Raises `BadRequest` with value and range.

    Whole numbers may come as floats (Pd and Max send those) and numbers may come as numpy scalars. Booleans, NaN,
    infinities and numbers written as text are refused. None is allowed where the default is None.
    Raises `UnknownKey` where there is no such parameter.
    """
    param = PARAMS.get(name) or HANDLING.get(name)
    if param is None:
        raise unknown_key(name, (*PARAMS, *HANDLING))
    if value is None and param.default is None:
        return None
    return _text(param, value) if param.tag == "s" else _number(param, value)


def unknown_key(name: object, known: Iterable[str]) -> UnknownKey:
    """The error for a key that is not in `known`; it names the nearest one, or all of them if none is near."""
    known = list(known)
    near = difflib.get_close_matches(str(name), known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
    return UnknownKey(str(name), f"unknown key {shown(name)}: {hint}")


def shown(value: object) -> str:
    """A value as an error shows it: its repr, cut to 60 characters, so that an error always fits a packet."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _number(param: Param, value: object) -> int | float:
    # numpy's scalars register as numbers.Real; bool is an int in Python but never what a sender meant.
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise BadRequest(param.name, f"{param.name} must be {param.range}, got {shown(value)}")
    # NaN fails every comparison, so the test is written to pass only what is inside.
    inside = not _is_huge(value) and param.low <= float(value) <= param.high
    if inside and param.tag == "f":
        return float(value)
    if inside and float(value).is_integer():
        return int(float(value))
    whole = "a whole number, " if inside else ""
    raise BadRequest(param.name, f"{param.name} must be {whole}{param.range}, got {_shown_number(value)}")


def _is_huge(value: object) -> bool:
    """True for whole numbers that no float holds, and that Python may not even write in full."""
    return isinstance(value, int) and value.bit_length() > 64


def _shown_number(value: object) -> str:
    return f"a number of {value.bit_length()} bits" if isinstance(value, int) and _is_huge(value) else str(value)


def _text(param: Param, value: object) -> str:
    if not isinstance(value, str):
        raise BadRequest(param.name, f"{param.name} must be text, got {shown(value)}")
    text = value.strip()
    if param.choices:
        if text not in param.choices:
            raise BadRequest(param.name, f"{param.name} must be {param.range}, got {shown(value)}")
        return text
    if not param.low <= len(text) <= param.high:
        raise BadRequest(param.name, f"{param.name} must be {param.range} long, got {len(text)}")
    # Surrogates cannot be written to a file or a packet, and control characters break file names and terminals.
    if any((ch < " " and ch not in "\t\r\n") or "\ud800" <= ch <= "\udfff" for ch in text):
        raise BadRequest(param.name, f"{param.name} must be text without control characters, got {shown(value)}")
    return text

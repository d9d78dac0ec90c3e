"""The live stream's parameters, and its commands and replies as rows of the tables in `bridge.commands`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bridge.rows import Arg, Command, Reply
from engine import PARAMS
from presets.playing import Field

SLOTS = 8
"""Prompts that may be mixed."""

MAX_PROMPT = 400
"""Characters of one of them: all of them together fit a request."""

_STEPS, _GUIDANCE, _SEED = PARAMS["steps"], PARAMS["guidance"], PARAMS["seed"]

_ROWS = (
    *(
        Field(f"weight{slot}", "f", 0.0, 1.0, 1.0, "", f"how much of slot {slot}'s prompt there is in the mixture")
        for slot in range(1, SLOTS + 1)
    ),
    Field("level", "f", -60.0, 12.0, 0.0, "dB", "level in the mixer; changes at once"),
    Field("loudness", "f", -40.0, -10.0, -20.0, "dBFS", "level that every window is led to, as root mean square"),
    Field("guidance", "f", _GUIDANCE.low, _GUIDANCE.high, 0.0, "", "how closely to follow the prompts; 0 is the "
          "model's own, 1 switches guidance off"),
    Field("steps", "i", 0, _STEPS.high, 0, "", "denoising steps of a window; 0 is what `quality` says"),
    Field("quality", "s", 0, 20, str(PARAMS["quality"].default), "", "steps and guidance that are not given",
          choices=PARAMS["quality"].choices),
    Field("window", "f", 1.0, 8.0, 4.0, "s", "length of a window: a shorter one follows sooner, a longer one "
          "holds together better"),
    Field("ahead", "f", 0.0, 10.0, 0.5, "s", "how much earlier than needed, by what windows took so far, the next "
          "one is begun: the knob between delay and safety"),
    Field("seed", "i", 0, _SEED.high, 0, "", "seed of the first window, later ones count up; 0 draws one by chance"),
    Field("negative", "s", 0, MAX_PROMPT, "", "characters", "what should not be heard, in words"),
)  # fmt: skip

LIVE: Mapping[str, Field] = MappingProxyType({row.name: row for row in _ROWS})
"""Every parameter of the stream by name. All but `level` are heard from the next window on."""

SLOT = Arg("i", "slot")

COMMANDS: tuple[Command, ...] = (
    Command(
        "/live/start",
        (Arg("s", "prompt"),),
        "start_live",
        "Begin the endless stream, with this prompt alone, or with an empty one as the slots are. Keys of the stream "
        "may follow.",
        ("/live/stream", "/live/window", "/live/behind", "/live/failed", "/bridge/error"),
        live=True,
    ),
    Command("/live/stop", (), "stop_live", "Fade the stream out and end it.", ("/live/stream", "/bridge/error")),
    Command(
        "/live/prompt",
        (SLOT, Arg("s", "text"), Arg("f", "weight", optional=True)),
        "set_prompt",
        f"Put a prompt into slot 1 to {SLOTS}, with a weight of 0 to 1, 1 if it is left out; an empty one clears the "
        "slot. It is heard from the next window on.",
        ("/live/slot", "/bridge/error"),
    ),
    Command(
        "/live/set",
        (),
        "set_live",
        "Change the stream's parameters, by its keys.",
        ("/live/stream", "/bridge/error"),
        live=True,
    ),
)  # fmt: skip

REPLIES: tuple[Reply, ...] = (
    Reply(
        "/live/stream",
        (
            Arg("s", "state"),
            Arg("s", "playing"),
            Arg("f", "delay"),
            Arg("f", "ahead"),
            Arg("f", "realtime"),
            Arg("i", "windows"),
            Arg("i", "shortfalls"),
            Arg("f", "short"),
            Arg("s", "why"),
        ),
        "The endless stream: stopped, starting, playing or behind; the prompts that are heard now, with their weights; "
        "the longest delay in seconds until a change is heard, while rendering keeps up; seconds of sound in stock; "
        "seconds of new sound that were rendered in a second; windows so far; how often rendering fell behind, and for "
        "how many seconds in all the last window was repeated; and what is wrong, if anything.",
    ),
    Reply(
        "/live/window",
        (Arg("i", "number"), Arg("s", "prompts"), Arg("i", "seed"), Arg("f", "seconds"), Arg("f", "took")),
        "A window begins to be heard: its number, prompts with weights, seed, length, and seconds that rendering took.",
    ),
    Reply(
        "/live/behind",
        (Arg("i", "shortfalls"), Arg("f", "short")),
        "Rendering has fallen behind, and the last window is repeated until the next one is there: how often that was "
        "so, and for how many seconds in all before.",
    ),
    Reply(
        "/live/slot",
        (SLOT, Arg("s", "text"), Arg("f", "weight"), Arg("f", "delay")),
        "What a slot holds now, and the longest delay in seconds until that is heard.",
    ),
    Reply(
        "/live/failed",
        (Arg("s", "code"), Arg("s", "text")),
        "A window could not be rendered. The last one is repeated meanwhile, and it is tried again.",
    ),
)

PUBLIC = ("/live/stream", "/live/window", "/live/behind", "/live/slot", "/live/failed")
"""Replies that everybody on this machine may overhear."""

"""Hearing a take once, as a preset plays it, without a daemon."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from bridge.audio.output import Output
from bridge.audio.prepare import LOOPED, prepare
from bridge.audio.voice import Envelope, Voice, gains
from engine import read_clip
from presets import Playing

ROUNDS = 2
"""How often a loop is heard."""
LONGEST = 20.0
"""Seconds after which a loop is let go."""
OWNER = "audition"


def audition(
    path: Path, playing: Playing, seamless: bool, output: Output, wait: Callable[[float], None] = time.sleep
) -> float:
    """Play a WAV file to its end by an output that is in use; a loop twice. Returns the seconds that took.

    seamless: the take is a loop by itself. Raises FileError for a file without sound.
    """
    clip, mixer = read_clip(path), output.mixer
    sound = prepare(clip.samples, clip.rate, mixer.rate, playing, seamless).sound
    rate, round_ = mixer.rate, sound.frames / mixer.rate
    left, right = gains(playing.gain, playing.pan)
    shape = Envelope(
        round(playing.attack * rate), round(playing.decay * rate), playing.sustain, round(playing.release * rate)
    )
    loop = playing.mode in LOOPED
    mixer.start(
        Voice(id=mixer.new_id(), sound=sound, start=0, owner=OWNER, left=left, right=right, loop=loop, envelope=shape)
    )
    held = min(ROUNDS * round_, LONGEST) if loop else round_
    try:
        wait(held)
        if loop:
            mixer.release(OWNER)
            wait(playing.release)
    finally:
        mixer.cut(OWNER)
    wait(output.status().delay + 0.05)  # what was mixed ahead is still to be heard
    return held

"""From a take in a pool to a voice in the mixer: what is made ready before a hit, and what is decided at it."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import Callable

from bridge.audio.mixer import Mixer
from bridge.audio.prepare import LOOPED, Prepared, prepare, speed
from bridge.audio.voice import Envelope, Voice, gains
from bridge.pads.pool import Held, Pad, Pool
from engine import EngineError, read_clip
from presets import Playing

log = logging.getLogger("bridge")


async def make_ready(pool: Pool, held: Held, mixer: Mixer) -> None:
    """Put into a take what a hit of its pad plays in this mixer; None where its file or an effect fails."""
    while True:
        pad, rate = pool.pad, mixer.rate
        prepared = await _prepared(pad, held, rate)
        # the pad may have been changed meanwhile, or the player; who began earlier may be ready later
        if (made_with(pool.pad.playing), mixer.rate) == (made_with(pad.playing), rate):
            held.prepared = prepared
            return


async def _prepared(pad: Pad, held: Held, rate: int) -> Prepared | None:
    seamless = pad.request.task == "loop"
    try:
        clip = held.clip
        if clip is None:
            clip = await asyncio.to_thread(read_clip, str(held.path))
        return await asyncio.to_thread(prepare, clip.samples, clip.rate, rate, pad.playing, seamless)
    except EngineError as error:
        log.error("a take of the pad %s is left out: %s", pad.name, error)
    except Exception:  # a defect of ours, or of an effect, must not end the others
        log.exception("a take of the pad %s could not be made ready", pad.name)
    return None


def into_zone(prepared: Prepared, semitones: float) -> Callable[[Voice, int], Voice]:
    """Let voices that play this take at another speed go on from its zone, at the same place of the same sound."""
    zone, done = prepared.zone(semitones)
    before = speed(semitones)

    def go_on(voice: Voice, frame: int) -> Voice:
        same = done == 1.0 and voice.sound is prepared.sound and voice.speed == before and not voice.loop
        return dataclasses.replace(voice, sound=zone, speed=1.0) if same else voice

    return go_on


def made_with(playing: Playing) -> tuple[object, ...]:
    """What a take is made ready with; the rest is decided at the hit."""
    return (playing.tune, playing.effects, playing.mode in LOOPED, playing.brightness > 0)


def voice_of(
    id: int, pad: Pad, prepared: Prepared, velocity: float, note: int, semitones: float, mixer: Mixer
) -> Voice:  # fmt: skip
    """The voice of a hit."""
    playing, rate = pad.playing, mixer.rate
    sound, rate_of_play = prepared.zone(semitones)
    level = 1.0 - playing.velocity * (1.0 - velocity**2)  # the square is how loudness follows a stroke
    left, right = gains(playing.gain, playing.pan)
    return Voice(
        id=id, sound=sound, start=0, owner=pad.name, note=note, group=playing.choke, left=left * level,
        right=right * level, bright=1.0 - playing.brightness * (1.0 - velocity), speed=rate_of_play,
        loop=playing.mode in LOOPED,
        envelope=Envelope(
            round(playing.attack * rate), round(playing.decay * rate), playing.sustain, round(playing.release * rate)
        ),
    )  # fmt: skip

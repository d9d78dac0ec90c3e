"""Speech, spoken by espeak-ng (`apt install espeak-ng`): short sentences by men, women and whisperers."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np

from engine.finish import resample
from engine.training.corpus.draw import RATE, Draw, Samples, kind
from engine.wav import read_clip

SENTENCES = (
    "good morning everybody, how are you today", "the quick brown fox jumps over the lazy dog", "please mind the gap",
    "this is the evening news from the city", "one two three four five six seven", "open the door and come in",
    "we will meet again tomorrow at noon", "ladies and gentlemen, welcome on board", "what a beautiful day it is",
    "turn left at the next crossing", "I cannot believe what I am hearing",
    "the weather will be sunny with some clouds",
    "hello, is anybody there", "nobody knows where the river begins", "listen carefully to every word I say",
    "the train to the north leaves in ten minutes", "once upon a time there was a small house in the forest",
    "attention please, the museum closes in five minutes", "red orange yellow green blue and violet",
    "my sister plays the piano every Sunday", "thank you very much for your help", "do not touch the glass",
)


def _speak(text: str, voice: str, pitch: int, speed: int) -> Samples:
    program = shutil.which("espeak-ng")
    if program is None:
        raise FileNotFoundError("espeak-ng is not installed (apt install espeak-ng)")
    command = [program, "--stdout", "-v", voice, "-p", str(pitch), "-s", str(speed), text]
    spoken = subprocess.run(command, capture_output=True, check=True, timeout=20).stdout
    clip = read_clip(spoken)
    samples = resample(clip.samples, clip.rate, RATE)[0].astype(np.float64)
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    return samples[loud[0] :] if len(loud) else samples


def _voice(draw: Draw, voices: tuple[str, ...], pitches: tuple[int, int]) -> Samples:
    speed = round(draw.attribute("speed", {"slow": (105, 130), "fast": (220, 270)}, chance=0.5))
    clip = _speak(draw.choose(SENTENCES), f"en-us+{draw.choose(voices)}", draw.integer(*pitches), speed)
    return clip[: draw.frames]


@kind("man speaking", group="voices", phrases=("man speaking", "male voice talking", "man's speech"))
def man(draw: Draw) -> Samples:
    return _voice(draw, ("m1", "m3", "m4", "m7"), (15, 40))


@kind("woman speaking", group="voices", phrases=("woman speaking", "female voice talking", "woman's speech"))
def woman(draw: Draw) -> Samples:
    return _voice(draw, ("f1", "f2", "f3", "f4"), (55, 85))


@kind("whispering", group="voices", phrases=("whispering", "whispered voice", "person whispering"))
def whisper(draw: Draw) -> Samples:
    return _voice(draw, ("whisper", "whisperf"), (30, 70))

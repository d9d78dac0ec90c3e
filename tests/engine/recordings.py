"""Real recordings for tests, out of Debian's sound packages; without them a test is skipped, in CI it fails."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.finish import resample
from engine.request import Clip

SOUNDS = Path("/usr/share/sounds")
RECORDINGS = {  # package, what it is
    "alsa/Front_Center.wav": "alsa-utils",  # speech, 48 kHz mono
    "alsa/Side_Left.wav": "alsa-utils",
    "freedesktop/stereo/complete.oga": "sound-theme-freedesktop",  # 44.1 kHz stereo
    "freedesktop/stereo/camera-shutter.oga": "sound-theme-freedesktop",  # an effect, 96 kHz stereo
    "freedesktop/stereo/service-login.oga": "sound-theme-freedesktop",  # 22.05 kHz stereo
    "freedesktop/stereo/phone-outgoing-busy.oga": "sound-theme-freedesktop",  # 8 kHz mono
}


def recording(name: str) -> Clip:
    path = SOUNDS / name
    if not path.exists():
        pytest.skip(f"{path} is missing (apt-get install {RECORDINGS[name]})")
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return Clip(samples.T, rate)


def three_minutes() -> Clip:
    """Stereo speech at 44.1 kHz for three minutes, the channels unlike."""
    left, right = (
        resample(recording(f"alsa/{name}.wav").samples, 48000, 44100) for name in ("Front_Center", "Side_Left")
    )
    return Clip(np.concatenate([np.tile(one, (1, 180))[:, : 180 * 44100] for one in (left, right)]), 44100)

"""Clips from files of every kind that a studio has; what is none gets an error with its name."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.errors import FileError
from engine.sources import read_source


def sound(rate: int, channels: int) -> np.ndarray:
    times = np.arange(rate // 2) / rate
    return np.stack([0.5 * np.sin(2 * np.pi * 300 * (one + 1) * times) for one in range(channels)], axis=1)


@pytest.mark.parametrize(
    ("name", "subtype", "rate", "channels", "apart"),
    [
        ("a.wav", "PCM_U8", 8000, 1, 0.01),
        ("a.wav", "PCM_16", 44100, 2, 1e-4),
        ("a.wav", "PCM_24", 96000, 2, 1e-6),
        ("a.wav", "PCM_32", 48000, 3, 1e-6),
        ("a.wav", "FLOAT", 192000, 1, 1e-6),
        ("a.wav", "DOUBLE", 48000, 8, 1e-6),
        ("a.aiff", "PCM_24", 48000, 6, 1e-6),
        ("a.flac", "PCM_24", 88200, 2, 1e-6),
        ("a.ogg", "VORBIS", 44100, 2, 0.1),
        ("a.mp3", "MPEG_LAYER_III", 44100, 2, 0.1),
        ("a.caf", "PCM_16", 22050, 1, 1e-4),
    ],
)
def test_every_format_comes_in_as_it_is(
    tmp_path: Path, name: str, subtype: str, rate: int, channels: int, apart: float
) -> None:
    samples = sound(rate, channels)
    soundfile.write(tmp_path / name, samples, rate, subtype=subtype)
    clip = read_source(tmp_path / name)
    assert (clip.rate, clip.channels) == (rate, channels)
    assert clip.frames == pytest.approx(len(samples), abs=0 if apart < 0.1 else 3000)  # MP3 adds its own padding
    middle = slice(rate // 8, rate // 4)
    if "mp3" not in name:
        np.testing.assert_allclose(clip.samples[:, middle], samples.T[:, middle], atol=apart)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "head", [b"RIFF\0\0\0\0WAVE", b"FORM\0\0\0\0AIFF", b"fLaC", b"OggS", b"caff", b"ID3\4", b"\xff\xfb"]
)
def test_a_broken_file_is_refused_at_once(tmp_path: Path, head: bytes) -> None:
    """Its chunks lead nowhere: who follows them does not come back."""
    for rest in (b"x" * 60, b"\0" * 60, b"\xff" * 60, bytes(range(256)) * 4):
        (tmp_path / "broken.wav").write_bytes(head + rest)
        with pytest.raises(FileError, match=r"broken\.wav"):
            read_source(tmp_path / "broken.wav")


def test_what_is_no_sound_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.wav").write_text("not a sound")
    (tmp_path / "empty.wav").write_bytes(b"")
    soundfile.write(tmp_path / "still.wav", np.zeros((0, 1)), 48000)
    soundfile.write(tmp_path / "slow.wav", sound(4000, 1), 4000)
    soundfile.write(tmp_path / "many.wav", sound(8000, 9), 8000)
    soundfile.write(tmp_path / "odd.wav", np.full((100, 1), np.nan), 48000, subtype="FLOAT")
    for name, complaint in [
        ("none.wav", "there is no file .*none.wav"),
        (".", "is a folder, and not a sound file"),
        ("notes.wav", "notes.wav is not a sound file that can be read here"),
        ("empty.wav", "empty.wav is not a sound file that can be read here"),
        ("still.wav", "still.wav holds no sound: it has 0 frames"),
        ("slow.wav", "slow.wav must have a rate of 8000 to 192000 Hz, got 4000"),
        ("many.wav", "many.wav must have 1 to 8 channels, got 9"),
        ("odd.wav", "odd.wav holds samples that are not finite numbers"),
    ]:
        with pytest.raises(FileError, match=complaint):
            read_source(tmp_path / name)


def test_a_file_that_is_too_long_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.sources.LARGEST", 1000)
    soundfile.write(tmp_path / "long.wav", sound(8000, 2), 8000)
    with pytest.raises(FileError, match=r"long\.wav must have at most 1000 samples in all its channels, got 2 x 4000"):
        read_source(tmp_path / "long.wav")


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_where_links_are_refused_a_path_is_what_it_was(tmp_path: Path) -> None:
    tmp_path = tmp_path.resolve()
    (tmp_path / "real").mkdir()
    soundfile.write(tmp_path / "real" / "a.wav", sound(48000, 2), 48000, subtype="FLOAT")
    (tmp_path / "real" / "notes.wav").write_text("not a sound")
    (tmp_path / "a.wav").symlink_to(tmp_path / "real" / "a.wav")
    (tmp_path / "folder").symlink_to(tmp_path / "real")
    os.mkfifo(tmp_path / "pipe.wav")
    clip = read_source(tmp_path / "real" / "a.wav", links=False)
    np.testing.assert_array_equal(clip.samples, read_source(tmp_path / "a.wav").samples)
    for path in (tmp_path / "a.wav", tmp_path / "folder" / "a.wav", tmp_path / "pipe.wav"):
        with pytest.raises(FileError, match="is no plain file at its own place any more"):
            read_source(path, links=False)
    for name, complaint in (("none.wav", "cannot be read: No such file"), ("notes.wav", "is not a sound file")):
        with pytest.raises(FileError, match=complaint):
            read_source(tmp_path / "real" / name, links=False)


@pytest.mark.parametrize("suffix", ["mp3", "flac", "ogg", "aiff"])
def test_an_open_file_is_read_like_a_path(tmp_path: Path, suffix: str) -> None:
    path = tmp_path.resolve() / f"a.{suffix}"
    soundfile.write(path, sound(44100, 2), 44100)
    np.testing.assert_array_equal(read_source(path, links=False).samples, read_source(path).samples)

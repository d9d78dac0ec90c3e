"""Files hold the samples and the request, and the same take is the same file."""

from __future__ import annotations

import io
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine import Clip, FileError, Request, Take, read_clip, read_request, wav_bytes, write_wav

FORMATS = ["pcm16", "pcm24", "float32"]


def take(format: str = "pcm24", *, prompt: str = "rain on tin", channels: int = 2, level: float = 0.3) -> Take:
    request = Request(prompt=prompt, seconds=0.05, seed=3, steps=2, guidance=2, model="tone", format=format)
    samples = np.random.default_rng(1).uniform(-level, level, (channels, request.frames)).astype(np.float32)
    return Take(Clip(samples, request.rate or 48000), request)


@pytest.mark.parametrize(("format", "error"), [("pcm16", 2.5 / 2**15), ("pcm24", 0.5001 / 2**23), ("float32", 0.0)])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_the_samples_come_back(format: str, error: float, channels: int) -> None:
    one = take(format, channels=channels)
    back = read_clip(wav_bytes(one))
    assert back.rate == 48000
    assert back.samples.shape == one.clip.samples.shape
    assert np.abs(back.samples - one.clip.samples).max() <= error


@pytest.mark.parametrize("format", FORMATS)
def test_the_file_says_what_it_is(format: str, tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", take(format))
    with soundfile.SoundFile(tmp_path / "a.wav") as file:
        assert file.subtype == {"pcm16": "PCM_16", "pcm24": "PCM_24", "float32": "FLOAT"}[format]
        assert (file.samplerate, file.channels, file.frames) == (48000, 2, 2400)
        assert file.title == "rain on tin"
        assert file.software.startswith("audioldm-bridge")
    assert read_request(tmp_path / "a.wav") == take(format).request


def test_the_longest_request_in_any_script_comes_back() -> None:
    request = take().request.replace(prompt='雨"\n' * 333, negative="é" * 1000)
    assert read_request(wav_bytes(Take(take().clip, request))) == request


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_take_is_the_same_file(format: str) -> None:
    first = wav_bytes(take(format))
    time.sleep(1.1 if format == "float32" else 0)  # libsndfile notes the second of writing in float files
    assert wav_bytes(take(format)) == first


def test_dither_is_the_seeds_own_and_leaves_silence_alone() -> None:
    one = take("pcm16")
    other = Take(one.clip, one.request.replace(seed=4))
    assert not np.array_equal(read_clip(wav_bytes(one)).samples, read_clip(wav_bytes(other)).samples)
    silent = Take(Clip(np.zeros((1, 100), np.float32), 48000), one.request)
    assert not read_clip(wav_bytes(silent)).samples.any()


def test_dither_keeps_what_is_below_one_step() -> None:
    """A sine of a third of a 16-bit step is lost by rounding, and heard through triangular noise."""
    request = Request(prompt="x", seconds=2, seed=1, format="pcm16")
    sine = np.sin(2 * np.pi * 1000 * np.arange(request.frames) / 48000)
    back = read_clip(wav_bytes(Take(Clip((sine / 3 / 2**15)[None], 48000), request))).samples[0]
    assert 2 * np.mean(back * sine) * 2**15 == pytest.approx(1 / 3, abs=0.02)


@pytest.mark.parametrize("format", ["pcm16", "pcm24"])
def test_what_is_over_full_scale_is_clipped_not_wrapped(format: str) -> None:
    clip = Clip(np.array([[2.0, -2.0, 1.0, -1.0]], np.float32), 48000)
    back = read_clip(wav_bytes(Take(clip, take(format).request))).samples[0]
    np.testing.assert_allclose(back, [1, -1, 1, -1], atol=1e-4)


def test_foreign_and_broken_files_are_told_apart(tmp_path: Path) -> None:
    plain = io.BytesIO()
    soundfile.write(plain, np.zeros(10), 8000, format="WAV")
    with pytest.raises(FileError, match="carries no request"):
        read_request(plain.getvalue())
    with pytest.raises(FileError, match="carries no request"):
        read_request(b"RIFF not a wave at all, really")
    with pytest.raises(FileError, match=r"none\.wav cannot be read"):
        read_request(tmp_path / "none.wav")
    with pytest.raises(FileError, match=r"none\.wav cannot be read"):
        read_clip(tmp_path / "none.wav")
    with pytest.raises(FileError, match="cannot be read"):
        read_clip(b"garbage")
    damaged = wav_bytes(take()).replace(b'"seconds": 0.05', b'"seconds": 9999')
    with pytest.raises(FileError, match="not valid: seconds must be"):
        read_request(damaged)


@pytest.mark.parametrize("cut", [3, 12, 20, 50, 200, 400])
def test_a_cut_file_never_breaks_the_reader(cut: int) -> None:
    with pytest.raises(FileError):
        read_request(wav_bytes(take())[:cut])


@pytest.mark.peers
@pytest.mark.parametrize("format", FORMATS)
def test_sox_reads_the_same_samples(format: str, tmp_path: Path, peer: Callable[[str], str]) -> None:
    one = take(format)
    write_wav(tmp_path / "a.wav", one)
    command = [peer("sox"), "-D", tmp_path / "a.wav", "-t", "raw", "-e", "float", "-b", "32", "-L", "-"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    heard = np.frombuffer(raw, "<f4").reshape(-1, 2).T
    np.testing.assert_allclose(heard, read_clip(wav_bytes(one)).samples, atol=1e-7)

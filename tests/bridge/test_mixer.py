"""Voices, limiter, ring and mixer: positions to the sample, and hits that are mixed into what is not heard yet."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.audio.limiter import CEILING, limit
from bridge.audio.mixer import Feeder, Mixer
from bridge.audio.players.null import NullPlayer, offline
from bridge.audio.ring import Ring
from bridge.audio.voice import Envelope, Sound, Voice, gains, mix

RATE, BLOCK = 48000, 64


def noise(frames: int, channels: int = 1, seed: int = 1, level: float = 0.2) -> np.ndarray:
    return (np.random.default_rng(seed).uniform(-level, level, (channels, frames))).astype(np.float32)


def voice(samples: np.ndarray, **more: object) -> Voice:
    return Voice(id=int(more.pop("id", 1)), sound=Sound(samples), **{"start": 0, **more})  # type: ignore[arg-type]


def test_a_voice_begins_at_its_sample_whatever_the_blocks_are() -> None:
    sound = noise(100, 2)
    mixer = Mixer(RATE, BLOCK, 2)
    mixer.start(voice(sound), at=77)
    heard = offline(mixer, 256)
    assert not heard[:77].any() and not heard[177:].any()
    assert np.array_equal(heard[77:177], sound.T)


def test_a_hit_is_in_the_first_block_that_is_not_begun() -> None:
    mixer = Mixer(RATE, BLOCK, 8)
    mixer.pump()
    heard = np.zeros((BLOCK, 2), np.float32)
    mixer.ring.read_into(heard[:10])  # the player is within its first block
    started = mixer.start(voice(noise(500)))
    assert started.start == BLOCK
    mixer.ring.read_into(heard[: BLOCK - 10])
    assert not heard[: BLOCK - 10].any()
    out = offline(mixer, 512)
    assert np.array_equal(out[:500, 0], started.sound.bright[0])


def test_a_revised_mixture_is_what_mixing_in_one_go_gives() -> None:
    mixer = Mixer(RATE, BLOCK, 6)
    mixer.pump()
    voices = [mixer.start(voice(noise(300, seed=n, level=0.9), id=n)) for n in range(5)]
    out = offline(mixer, 320)
    whole, gain = mix(tuple(voices), 0, 320), 1.0
    assert np.abs(whole).max() > 2.0
    for at in range(0, 320, BLOCK):
        want, gain = limit(whole[:, at : at + BLOCK], gain, RATE)
        np.testing.assert_allclose(out[at : at + BLOCK].T, want, atol=1e-5)


def test_a_choke_group_silences_the_others_without_a_click() -> None:
    mixer = Mixer(RATE, BLOCK, 4)
    ringing = np.full((1, 20000), 0.5, np.float32)
    mixer.start(voice(ringing, id=1, owner="open", group="hats"))
    first = offline(mixer, 640)
    assert np.allclose(first, 0.5)
    mixer.start(voice(np.zeros((1, 10), np.float32), id=2, owner="closed", group="hats"))
    out = offline(mixer, 640)[:, 0]
    assert out[-1] == 0.0 and out[0] > 0.4
    assert np.abs(np.diff(out)).max() < 0.02  # half of full scale falls in 96 frames, not at once
    assert [one.id for one in mixer.voices if one.end > mixer.frame] == []


def test_beyond_its_most_voices_the_oldest_of_an_owner_goes() -> None:
    mixer = Mixer(RATE, BLOCK, 2)
    for number in range(5):
        mixer.start(voice(noise(48000), id=number, owner="pad"), most=2)
    assert [one.id for one in mixer.voices if one.cut_at is None] == [3, 4]
    for number in range(5, 8):
        mixer.start(voice(noise(48000), id=number, owner="other"), most=8)
    assert [one.id for one in mixer.voices if one.cut_at is None] == [3, 4, 5, 6, 7]


def test_a_loop_goes_round_and_ends_when_it_is_let_go() -> None:
    sound = noise(100)
    mixer = Mixer(RATE, BLOCK, 2)
    mixer.start(voice(sound, owner="pad", loop=True, envelope=Envelope(release=640)))
    out = offline(mixer, 1280)[:, 0]
    assert np.array_equal(out, np.resize(sound[0], 1280))
    mixer.release("pad")
    tail = offline(mixer, 1280)[:, 0]
    assert tail[:64].any() and not tail[900:].any()
    assert mixer.voices == () or all(one.end <= mixer.frame for one in mixer.voices)


def test_the_envelope_rises_falls_and_holds() -> None:
    shape = Envelope(attack=100, decay=200, sustain=0.25, release=100)
    one = voice(np.ones((1, 1000), np.float32), envelope=shape).release(600, 1)
    level = mix((one,), 0, 1000)[0]
    assert level[0] == 0.0 and level[50] == pytest.approx(0.5) and level[100] == pytest.approx(1.0)
    assert level[300] == level[599] == pytest.approx(0.25)
    assert 0 < level[650] < 0.25 and not level[700:].any()


def test_a_cut_ends_a_voice_that_falls_already() -> None:
    one = voice(np.ones((1, 9000), np.float32), envelope=Envelope(release=5000)).release(100, 1).cut(500, 240)
    level = mix((one,), 0, 9000)[0]
    assert level[499] > 0.5 and not level[740:].any()
    assert np.abs(np.diff(level)).max() < 0.02


def test_pan_keeps_the_power_and_the_middle_as_it_is() -> None:
    assert gains(0.0, 0.0) == (1.0, 1.0)
    for pan in (-1.0, -0.4, 0.3, 1.0):
        left, right = gains(0.0, pan)
        assert left**2 + right**2 == pytest.approx(2.0)
    assert gains(0.0, -1.0)[1] == pytest.approx(0.0, abs=1e-12)


def test_brightness_is_a_mixture_of_two_sounds() -> None:
    bright, dark = noise(64, seed=1), noise(64, seed=2)
    one = Voice(id=1, sound=Sound(bright, dark), start=0, bright=0.25)
    np.testing.assert_allclose(mix((one,), 0, 64)[0], dark[0] + 0.25 * (bright - dark)[0], atol=1e-7)


@pytest.mark.parametrize("speed", [0.5, 0.7937, 1.4983, 2.0])
def test_another_speed_is_another_pitch(speed: float) -> None:
    time = np.arange(20000) / RATE
    sine = (0.5 * np.sin(2 * np.pi * 1000 * time)).astype(np.float32)[None]
    frames = 8192
    out = mix((voice(sine, speed=speed),), 0, frames)[0]
    want = 0.5 * np.sin(2 * np.pi * 1000 * speed * np.arange(frames) / RATE)
    error = np.abs(out - want)[32 : min(frames, int(20000 / speed)) - 32]
    assert error.max() < 1e-3


@given(
    st.lists(st.floats(0.0, 8.0), min_size=1, max_size=12), st.integers(1, 400), st.integers(0, 2**31),
)  # fmt: skip
def test_nothing_leaves_the_limiter_above_its_ceiling(levels: list[float], frames: int, seed: int) -> None:
    gain = 1.0
    for number, level in enumerate(levels):
        out, gain = limit(noise(frames, 2, seed + number, level or 1e-9), gain, RATE)
        assert np.abs(out).max() <= CEILING * (1 + 1e-5)
        assert 0.0 < gain <= 1.0


def test_below_the_ceiling_the_limiter_changes_no_bit() -> None:
    samples = noise(256, 2, level=0.9)
    out, gain = limit(samples, 1.0, RATE)
    assert np.array_equal(out, samples) and gain == 1.0


def test_the_limiter_comes_back_slowly_and_all_the_way() -> None:
    _, gain = limit(np.full((2, 64), 4.0, np.float32), 1.0, RATE)
    low = gain
    gains_after = []
    for _ in range(round(0.2 * RATE / 64)):
        _, gain = limit(np.full((2, 64), 0.1, np.float32), gain, RATE)
        gains_after.append(gain)
    assert low < 0.3 and gains_after[0] < low + 0.02 and gains_after[-1] == 1.0


def test_what_is_missing_is_silence_and_counted() -> None:
    ring, out = Ring(), np.ones((100, 2), np.float32)
    ring.append(np.full((64, 2), 0.5, np.float32))
    ring.read_into(out)
    assert (out[:64] == 0.5).all() and not out[64:].any()
    assert (ring.underruns, ring.missing, ring.read) == (1, 36, 64)


def test_a_block_that_was_begun_is_not_replaced() -> None:
    ring = Ring()
    for number in range(3):
        ring.append(np.full((8, 2), number, np.float32))
    out = np.zeros((4, 2), np.float32)
    ring.read_into(out)
    assert ring.replace(2, np.full((8, 2), 9, np.float32)) and not ring.replace(3, out)
    rest = np.zeros((20, 2), np.float32)
    ring.read_into(rest)
    assert rest[:, 0].tolist() == [0] * 4 + [9] * 8 + [2] * 8


class Ramp:
    """A source that counts its frames, and ends."""

    def __init__(self, frames: int) -> None:
        self.left, self.at = frames, 0

    def read(self, frames: int) -> np.ndarray:
        count = min(frames, self.left)
        self.left -= count
        self.at += count
        return (np.arange(self.at - count, self.at, dtype=np.float32) / 1e4)[None]


def test_a_source_is_read_once_and_in_order_also_when_blocks_are_revised() -> None:
    mixer = Mixer(RATE, BLOCK, 5)
    mixer.add_source(Ramp(1000))
    mixer.pump()
    mixer.start(voice(np.zeros((1, 400), np.float32)))
    mixer.cut()
    out = offline(mixer, 1280)[:, 1]
    np.testing.assert_allclose(out[:1000], np.arange(1000) / 1e4, atol=1e-7)
    assert not out[1000:].any()


class Broken:
    def read(self, frames: int) -> np.ndarray:
        raise ValueError("broken")


def test_a_source_that_fails_ends_alone() -> None:
    mixer = Mixer(RATE, BLOCK, 2)
    mixer.add_source(Broken())
    mixer.start(voice(noise(64)))
    assert offline(mixer, 128).any()


def test_listeners_hear_what_the_player_took_and_not_what_was_revised() -> None:
    mixer, got = Mixer(RATE, BLOCK, 4), []
    mixer.listen(lambda frame, block: got.append((frame, block.copy())))
    mixer.pump()
    mixer.start(voice(noise(300)))
    heard = offline(mixer, 512)
    mixer.pump()
    assert [frame for frame, _ in got] == list(range(0, 512, BLOCK))
    assert np.array_equal(np.concatenate([block for _, block in got]), heard)


def test_a_player_in_real_time_hears_every_hit_within_a_block() -> None:
    """A click each time; the null player keeps what it read, and the mixer says where each hit was put."""
    mixer = Mixer(RATE, 256, 3)
    player = NullPlayer(RATE, 256, keep=True)
    feeder = Feeder(mixer)
    feeder.start()
    player.start(mixer.ring)
    click = np.full((1, 32), 0.5, np.float32)
    starts, waits = [], []
    try:
        for number in range(20):
            time.sleep(0.011)
            read = mixer.ring.read
            started = mixer.start(voice(click, id=number + 1))
            starts.append(started.start)
            waits.append(started.start - read)
    finally:
        time.sleep(0.05)
        player.stop()
        feeder.stop()
    heard = player.heard[:, 0]
    onsets = np.flatnonzero((heard > 0.25) & (np.concatenate([[0], heard[:-1]]) < 0.25))
    apart = sorted(set(starts))  # on a busy machine two may be put into one block
    assert len(onsets) == len(apart)
    if mixer.ring.underruns == 0:
        assert onsets.tolist() == apart
    assert np.median(waits) <= 256 + round(0.003 * RATE)


def test_hits_from_many_threads_are_all_heard() -> None:
    mixer = Mixer(RATE, BLOCK, 4)
    mixer.pump()

    def hit(number: int) -> None:
        for step in range(5):
            mixer.start(voice(np.full((1, 8), 0.001, np.float32), id=number * 10 + step, owner=str(number)))

    threads = [threading.Thread(target=hit, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert offline(mixer, 64)[0, 0] == pytest.approx(0.040, abs=1e-6)

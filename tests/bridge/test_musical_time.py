"""Tempo out of jitter, places in a song, and launches on the sample."""

from __future__ import annotations

import numpy as np
import pytest

from bridge.audio.frames import FrameClock
from bridge.audio.mixer import Mixer
from bridge.audio.voice import Sound, Voice
from bridge.conductor import Conductor, Following
from bridge.midi.clock_out import Pulse
from bridge.midi.controls import Reader, Timing
from bridge.midi.follower import Follower
from bridge.midi.pulses import PER_BEAT, estimate
from bridge.transport import Transport

RATE, BLOCK = 48000, 256
TEMPI = (90.0, 127.5, 174.0)


def pulses(tempo: float, count: int, jitter: float, seed: int = 1, begin: float = 100.0) -> np.ndarray:
    """When the pulses of a clock arrive whose messages are late or early by chance, in seconds (standard deviation)."""
    noise = np.random.default_rng(seed).normal(0.0, jitter, count)
    return begin + np.arange(count) * 60.0 / tempo / PER_BEAT + noise


@pytest.mark.parametrize("tempo", TEMPI)
def test_a_millisecond_of_jitter_is_less_than_a_tenth_of_a_beat_a_minute(tempo: float) -> None:
    for seed in range(20):
        beat = estimate(list(pulses(tempo, 8 * PER_BEAT, 0.001, seed)))
        assert beat is not None
        assert beat.tempo == pytest.approx(tempo, abs=0.1)


@pytest.mark.parametrize("tempo", TEMPI)
def test_two_milliseconds_of_jitter_are_less_than_a_thousandth(tempo: float) -> None:
    for seed in range(20):
        beat = estimate(list(pulses(tempo, 16 * PER_BEAT, 0.002, seed)))
        assert beat is not None
        assert beat.tempo == pytest.approx(tempo, rel=1e-3)
        assert beat.jitter == pytest.approx(0.002, rel=0.3)


def test_pulses_that_come_far_too_late_change_nothing() -> None:
    times = pulses(120.0, 8 * PER_BEAT, 0.0005)
    times[::17] += 0.012
    beat = estimate(list(times))
    assert beat is not None
    assert beat.tempo == pytest.approx(120.0, abs=0.05)


def test_another_tempo_is_known_after_two_beats() -> None:
    before = pulses(120.0, 16 * PER_BEAT, 0.001)
    after = pulses(140.0, 2 * PER_BEAT, 0.001, 2, before[-1] + 60 / 140 / PER_BEAT)
    beat = estimate([*before, *after])
    assert beat is not None
    assert beat.tempo == pytest.approx(140.0, rel=0.01)


def test_messages_that_come_block_by_block_are_a_steady_clock() -> None:
    block = 256 / 48000
    for tempo in (89.0, 120.0, 140.625):
        beat = estimate(list(np.ceil(pulses(tempo, 16 * PER_BEAT, 0.0) / block) * block))
        assert beat is not None
        assert beat.tempo == pytest.approx(tempo, rel=1e-3)


def test_a_follower_knows_where_the_song_is() -> None:
    follower = Follower()
    assert follower.transport() is None
    for time in pulses(120.0, 30, 0.0):  # a clock that runs while nothing plays
        follower.pulse(float(time))
    stopped = follower.transport()
    assert stopped is not None and (stopped.playing, stopped.position) == (False, 0.0)
    follower.locate(32)
    follower.go_on()
    for number in range(PER_BEAT + 1):
        follower.pulse(100.0 + (30 + number) / 48)
    now = follower.transport()
    assert now is not None and now.playing
    assert now.position == 9.0 and now.position_at(100.0 + (30 + 2 * PER_BEAT) / 48) == pytest.approx(10.0, abs=1e-6)
    follower.stop()
    paused = follower.transport()
    assert paused is not None and (paused.playing, paused.position) == (False, 9.0)
    follower.start()
    first = follower.transport()
    assert first is not None
    assert first.position_at(100.0 + (30 + PER_BEAT + 1) / 48) == pytest.approx(0.0, abs=1e-6)
    assert follower.alive(101.2) and not follower.alive(103.0)


def test_boundaries() -> None:
    song = Transport(tempo=120.0, playing=True, time=10.0, meter=3)
    assert song.next_boundary("1 bar", 10.0) == 10.0
    assert song.next_boundary("1 bar", 10.01) == pytest.approx(11.5)
    assert song.next_boundary("2 bars", 10.01) == pytest.approx(13.0)
    assert song.next_boundary("1/16", 10.2) == pytest.approx(10.25)
    faster = song.with_tempo(240.0, 11.0)
    assert faster.position_at(11.5) == pytest.approx(4.0)
    stopped = faster.stop(11.5)
    assert stopped.position_at(99.0) == pytest.approx(4.0)
    assert stopped.play(20.0, 0.0).position_at(20.5) == pytest.approx(2.0)


class Simulated:
    """A player that takes blocks on time or a little late, by a clock that is moved by hand; its pump notices later."""

    def __init__(self, period: int = 2 * BLOCK, late: float = 0.001) -> None:
        self.now = 50.0
        self.mixer = Mixer(RATE, BLOCK, 6)
        self.out: list[np.ndarray] = []
        self._period, self._late, self._count = period, late, 0
        self._begin = self.now
        self._random = np.random.default_rng(3)
        self.mixer.pump()

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while True:
            due = self._begin + self._count * self._period / RATE + self._random.exponential(self._late)
            if due > end:
                self.now = end
                return
            self.now = max(self.now, due)
            block = np.zeros((self._period, 2), np.float32)
            self.mixer.ring.read_into(block)
            self.out.append(block)
            self._count += 1
            self.now += self._random.uniform(0.0, 0.0012)  # until the mixer's thread looks
            self.mixer.pump()

    @property
    def samples(self) -> np.ndarray:
        return np.concatenate(self.out)[:, 0]


@pytest.mark.parametrize("tempo", TEMPI)
def test_launches_land_on_the_bar_within_a_millisecond(tempo: float) -> None:
    """A clock with 2 ms of jitter, a player with jitter of its own: hits at any time begin on the bar's own sample."""
    player = Simulated()
    conductor = Conductor(player.mixer, now=lambda: player.now)
    times = pulses(tempo, round(tempo / 60 * PER_BEAT * 24), 0.002, 5, player.now + 0.1)
    random, late, click = np.random.default_rng(6), [], Sound(np.ones((1, 8), np.float32) * 0.5)
    conductor.clock("deck", "start", 0, player.now)
    starts, places = [], random.integers(8, 88, 200)
    for number, time in enumerate(np.sort(times)):
        player.run(max(0.0, float(time) - player.now))
        conductor.clock("deck", "clock", 0, float(time))
        if number > 16 * PER_BEAT and number % 96 == places[number // 96]:  # one in each bar, at any place in it
            frame = conductor.frame_of("1 bar")
            assert frame is not None
            voice = player.mixer.start(Voice(id=player.mixer.new_id(), sound=click, start=0), frame)
            assert voice.start == frame
            starts.append(frame)
    bar = 4 * 60 / tempo
    for frame in starts:
        since = (frame - BLOCK) / RATE + 50.0 - (player._period - BLOCK) / RATE - 50.1
        late.append(since - round(since / bar) * bar)
    assert len(late) >= 5
    assert np.ptp(late) < 0.001 and np.abs(late - np.mean(late)).max() < 0.001
    assert abs(np.mean(late)) < 0.001
    player.run(2 * bar)
    heard = np.flatnonzero((player.samples[1:] > 0.1) & (player.samples[:-1] <= 0.1)) + 1
    assert heard.tolist() == starts  # each at its own sample, in what the player took


def test_frames_are_not_told_while_nobody_reads() -> None:
    player = Simulated()
    clock = FrameClock(player.mixer, lambda: player.now)
    assert clock.frame_at(player.now) is None
    player.run(0.5)
    frame = clock.frame_at(player.now + 1.0)
    assert frame is not None and frame >= player.mixer.frame
    player.now += 5.0
    assert clock.frame_at(player.now) is None


def test_who_says_what_the_time_is() -> None:
    player = Simulated()
    conductor = Conductor(player.mixer, now=lambda: player.now)
    conductor.set_tempo(100.0)
    assert conductor.frame_of("1 bar") is None  # nothing plays: at once
    conductor.play(0.0)
    player.run(1.0)
    assert conductor.transport.position == pytest.approx(100 / 60)
    frame = conductor.frame_of("1/4")
    after = conductor.frame_of("1/4", frame)
    assert frame is not None and after == pytest.approx(frame + 0.6 * RATE, abs=1)
    assert conductor.frame_of("off") is None
    for number in range(60):
        player.run(1 / 48)
        conductor.clock("deck", "clock", 0, player.now)
        conductor.clock("other", "start" if number == 3 else "clock", 0, player.now)
    assert (conductor.clock_of, conductor.transport.playing) == ("deck", False)
    assert conductor.transport.tempo == pytest.approx(120.0, rel=1e-3)
    with pytest.raises(Following, match="from deck"):
        conductor.set_tempo(90.0)
    player.run(1.0)  # the clock has gone
    conductor.set_tempo(90.0)
    assert conductor.transport.tempo == 90.0
    conductor.use("internal")
    conductor.clock("deck", "start", 0, player.now)
    assert not conductor.transport.playing
    with pytest.raises(RuntimeError, match="no network"):
        Conductor(player.mixer, _no_link).use("link")


def _no_link(tempo: float) -> None:
    raise RuntimeError("no network")


def test_a_clock_that_is_sent_is_followed_to_the_same_place() -> None:
    """What goes out, read again as bytes by mido and followed: the same tempo and the same position."""
    sent: list[tuple[float, bytes]] = []
    now = 10.0
    song = Transport(tempo=133.0, time=now)
    pulse = Pulse(lambda data: sent.append((now, data)))

    def run(seconds: float) -> None:
        nonlocal now
        end = now + seconds
        while now < end:
            now = max(now + 1e-4, pulse.run(song, now))

    run(1.0)
    assert {data for _, data in sent} == {b"\xf8"}  # a clock that only tells its tempo
    song = song.play(now, 8.1)
    run(4.0)
    reader, follower = Reader(), Follower()
    for time, data in sent:
        for control in reader.read(list(data)):
            assert isinstance(control, Timing)
            match control.kind:
                case "clock":
                    follower.pulse(time)
                case "songpos":
                    follower.locate(control.position)
                case "continue":
                    follower.go_on()
    followed = follower.transport()
    assert followed is not None and followed.playing
    assert followed.tempo == pytest.approx(133.0, abs=0.1)
    assert followed.position_at(now) == pytest.approx(song.position_at(now), abs=0.01)
    song = song.stop(now)
    run(0.1)
    assert sent[-1][1] == b"\xf8" and (b"\xfc" in {data for _, data in sent})

"""Players against what receives them: a JACK server without a sound card, and a decoder of ReaStream packets."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import sounddevice

from benchmarks import reastream
from benchmarks.reastream import Counting, Plugin
from bridge.audio.mixer import Feeder, Mixer
from bridge.audio.players import device
from bridge.audio.players.player import CannotPlay, Pacer
from bridge.audio.players.reastream import ReaStreamPlayer, packet, target
from bridge.audio.voice import Sound, Voice

RATE, BLOCK = 48000, 256


@contextmanager
def playing(mixer: Mixer, player: Any) -> Iterator[None]:
    feeder = Feeder(mixer)
    feeder.start()
    player.start(mixer.ring)
    try:
        yield
    finally:
        player.stop()
        feeder.stop()


# ReaStream


def test_reastream_packets_are_the_samples_that_were_played() -> None:
    """The first second of them, of which all is ready before the first packet is sent: so there can be no gap."""
    plugin, mixer = Plugin("bridge"), Mixer(RATE, BLOCK, RATE // BLOCK + 1)
    mixer.add_source(Counting())
    with playing(mixer, ReaStreamPlayer(RATE, f"bridge@127.0.0.1:{plugin.port}")):
        for _ in range(RATE // 150):
            plugin.receive_one()
    plugin.socket.close()
    assert plugin.rates == {RATE}
    assert {block.shape for block in plugin.blocks} == {(2, 150)}
    left, right = plugin.samples
    assert np.array_equal(left, np.arange(RATE, dtype=np.float32) % 4096 / 8192)
    assert np.array_equal(left, -right)


@pytest.mark.slow
def test_reastream_keeps_the_pace_over_a_minute() -> None:
    heard = reastream.measure(60.0)
    assert (heard.differing, heard.lost) == (0, 0)
    if heard.pauses:
        pytest.skip(f"this machine stopped the sender {heard.pauses} times for more than 50 ms")
    assert heard.pace == pytest.approx(1.0, abs=reastream.PACE_BAR)


class Hours(threading.Event):
    """A clock that is moved by hand, and an event that is waited for by moving it, a little too far."""

    now = 100.0

    def wait(self, timeout: float | None = None) -> bool:
        self.now += (timeout or 0.0) + 0.0007
        return self.is_set()


def test_the_pacer_makes_up_for_late_waits_and_skips_what_is_far_too_late() -> None:
    hours = Hours()
    pacer = Pacer(1000.0, lambda: hours.now)
    for number in range(1000):
        if number == 500:
            hours.now += 0.04
        assert pacer.wait(2, hours)
    assert hours.now == pytest.approx(100.0 + 999 * 0.002, abs=0.001)  # late waits do not add up
    assert pacer.skipped == 0
    hours.now += 0.2
    pacer.wait(2, hours)
    before = hours.now
    pacer.wait(2, hours)
    assert pacer.skipped == 1
    assert hours.now - before == pytest.approx(0.002, abs=0.001)  # what was missed is not sent in a burst
    hours.set()
    assert not pacer.wait(2, hours)


def test_where_reastream_goes() -> None:
    assert target("") == ("default", "127.0.0.1", 58710)
    assert target("drums@10.0.0.255") == ("drums", "10.0.0.255", 58710)
    assert target("drums") == ("drums", "127.0.0.1", 58710)
    with pytest.raises(CannotPlay, match="1 to 65535, got '99999'"):
        target("drums@localhost:99999")
    with pytest.raises(CannotPlay, match="1 to 31 ASCII"):
        target("x" * 32)
    with pytest.raises(ValueError, match="0 to 1200"):
        packet("default", RATE, np.zeros((151, 2), np.float32))


def test_that_no_plugin_listens_is_no_fault(free_port: Callable[[], int]) -> None:
    player = ReaStreamPlayer(RATE, f"@127.0.0.1:{free_port()}")
    for _ in range(20):
        player.send(np.zeros((150, 2), np.float32))
        time.sleep(0.002)
    assert player.faults == 0
    player.stop()


# devices


@pytest.fixture
def portaudio_again() -> Iterator[None]:
    """PortAudio begins anew when the server has ended, so that it does not find it."""
    yield
    sounddevice._initialize()


@pytest.fixture
def jack(portaudio_again: None, jack_dummy: Callable[..., str]) -> Iterator[str]:
    """A JACK server of our own; PortAudio is made to find it."""
    name = jack_dummy(BLOCK)
    device.look_again()
    yield name
    sounddevice._terminate()  # before the server ends: afterwards PortAudio would crash


class Tap:
    """A JACK client that records what a player sends, cycle by cycle."""

    def __init__(self) -> None:
        import jack

        self.client = jack.Client("tap")
        self.input = self.client.inports.register("in")
        self.blocks: list[tuple[int, np.ndarray]] = []
        self.began = 0.0
        self.client.set_process_callback(self._process)
        self.client.activate()

    def _process(self, frames: int) -> None:
        self.began = self.began or time.monotonic()
        self.blocks.append((self.client.last_frame_time, self.input.get_array().copy()))

    def connect(self) -> None:
        end = time.monotonic() + 10
        while time.monotonic() < end:
            ports = [port for port in self.client.get_ports(is_output=True, is_audio=True) if "system" not in port.name]
            if ports:
                self.client.connect(ports[0], self.input)
                return
            time.sleep(0.02)
        raise AssertionError("no player has come")

    @property
    def now(self) -> int:
        """The number of the cycle that comes next. Cycles and not clocks: a server without a device waits when the
        machine is busy, and so do its clients."""
        return len(self.blocks)

    def onsets(self, level: float = 0.1, apart: int = 2) -> list[int]:
        """The numbers of the cycles in which silence ends, so many apart at least."""
        found: list[int] = []
        before = 0.0
        for number, (_, block) in enumerate(self.blocks):
            loud = np.abs(np.concatenate([[before], block])) > level
            if (loud[1:] & ~loud[:-1]).any() and (not found or number - found[-1] >= apart):
                found.append(number)
            before = float(block[-1])
        return found

    @property
    def calm(self) -> bool:
        """True if the server had its cycles at their time: on a machine too busy for that, delays mean nothing."""
        return len(self.blocks) * BLOCK / RATE > 0.97 * (time.monotonic() - self.began)

    def waits(self, hits: list[int], onsets: list[int]) -> list[int]:
        """Cycles from each hit to its sound: 0 is the very next one, so less than a block. No hit may be lost."""
        waits = [min((onset - hit for onset in onsets if onset >= hit), default=10**9) for hit in hits]
        assert max(waits) < 50, f"a hit was lost: {waits}"
        return waits

    def close(self) -> None:
        self.client.deactivate()
        self.client.close()


@pytest.mark.peers
def test_through_a_device_a_hit_sounds_within_a_block_and_3_ms(jack: str) -> None:
    """Of 40 hits at odd moments, as a JACK client that records the player's output finds them."""
    assert any(outlet.device.startswith("JACK") for outlet in device.outlets())
    mixer, click = Mixer(RATE, BLOCK, 3), np.full((1, 400), 0.5, np.float32)
    tap = Tap()
    hits = []
    try:
        with playing(mixer, device.DevicePlayer(0, BLOCK, "JACK")):
            tap.connect()
            time.sleep(0.3)
            for number in range(40):
                time.sleep(0.0531 + number % 7 * 0.001)
                hits.append(tap.now)
                mixer.start(Voice(id=number + 1, sound=Sound(click), start=0))
            time.sleep(0.1)
            calm = tap.calm
    finally:
        tap.close()
    waits = tap.waits(hits, tap.onsets())
    assert not calm or mixer.ring.underruns or np.quantile(waits, 0.8) <= 1, waits  # 3 ms are half a block


@pytest.mark.peers
def test_a_device_plays_what_was_mixed(jack: str) -> None:
    mixer, tap = Mixer(RATE, BLOCK, 6), Tap()
    mixer.add_source(Counting())
    try:
        with playing(mixer, device.DevicePlayer(RATE, BLOCK, "jack")):
            tap.connect()
            time.sleep(0.6)
    finally:
        tap.close()
    heard = np.concatenate([block for _, block in tap.blocks])
    heard = heard[np.flatnonzero(heard)[0] :]
    steps = np.rint(np.diff(heard) * 8192).astype(int) % 4096
    breaks = np.flatnonzero(np.concatenate([[True], steps != 1, [True]]))
    assert np.diff(breaks).max() > 8 * BLOCK, "the samples do not follow each other"


@pytest.mark.peers
def test_a_device_that_is_not_there_is_named_with_those_that_are(jack: str) -> None:
    with pytest.raises(CannotPlay, match=r"'Gramophone' is no device; there are .*JACK"):
        device.DevicePlayer(0, BLOCK, "Gramophone")


@pytest.mark.peers
def test_a_pad_that_is_hit_by_osc_sounds_at_a_device_within_a_block_and_3_ms(jack: str, serve, connect) -> None:
    """Thirty hits over sockets at a real daemon, as a JACK client hears them; none is lost, none is silent."""
    daemon = serve("--player", "device", "--device", "system", "--block", str(BLOCK))  # "JACK" would fit the tap, too
    client, tap = connect(daemon), Tap()
    hits = []
    try:
        client.send("/bridge/hello", "player")
        client.send("/pad/assign", "tick", "A4", "seconds", 0.05, "pool", 4, "release", 0.0, "fade", 0.0)
        while client.until("/pad/filled")[-1][1][1] < 4:
            pass
        player = ""
        while not player:
            client.send("/live/status")
            player, name, rate, block, *_ = client.until("/live/state")[-1][1]
        assert (player, rate, block) == ("device", RATE, BLOCK) and name.startswith("JACK")
        tap.connect()
        time.sleep(0.3)
        for number in range(30):
            time.sleep(0.1031 + number % 7 * 0.0011)
            hits.append(tap.now)
            client.send("/pad/hit", "tick", 1.0)
        time.sleep(0.2)
        client.send("/live/status")
        underruns = client.until("/live/state")[-1][1][5]
        calm = tap.calm
    finally:
        tap.close()
        daemon.stop()
    waits = tap.waits(hits, tap.onsets(0.05, apart=14))
    assert not calm or underruns or np.quantile(waits, 0.8) <= 2, waits  # one for the way through two sockets

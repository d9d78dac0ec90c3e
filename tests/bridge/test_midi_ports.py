"""Controllers against a real daemon: a JACK server without a sound card, and programs of their own with MIDI ports."""

from __future__ import annotations

import io
import queue
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.jack_dummy import environment, jack_dummy
from bridge.midi.jack_ports.pipe import CONTROL, Piece, asked, packed, pieces
from presets import Library
from tests.bridge.conftest import eventually

pytestmark = pytest.mark.peers


@pytest.fixture
def jack(jack_dummy: Callable[..., str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A JACK server that waits for all of its clients, on machines that are busy; and folders of our own for maps."""
    monkeypatch.setenv("BRIDGE_MIDI_MAPS", str(tmp_path / "maps"))
    jack_dummy(1024, "-S", "-t", "5000")


Plug = Callable[[str], Any]


def learned_of(client: Any, seconds: float = 15.0) -> tuple[Any, ...]:
    return client.until("/midi/learned", "/bridge/error", seconds=seconds)[-1][1]


def plugged(client: Any, there: int, seconds: float = 20.0) -> None:
    while client.until("/midi/plugged", seconds=seconds)[-1][1][1] != there:
        pass


@pytest.fixture
def daemon(jack: None, serve: Callable[..., Any], tmp_path: Path) -> Any:
    return serve("--player", "null", "--state", str(tmp_path / "state"))


def ready(client: Any, *pads: str, mode: str = "one-shot") -> None:
    for pad in pads:
        client.send("/pad/assign", pad, "a knock", "seconds", 0.5, "pool", 1, "mode", mode)
        client.until("/pad/filled", id=pad)


def test_notes_hit_pads_and_a_controller_that_is_unplugged_ends_its_notes(
    daemon: Any, plug: Plug, connect: Callable[[Any], Any]
) -> None:  # fmt: skip
    client = connect(daemon)
    client.send("/bridge/hello", "test")
    ready(client, "kick", "drone", mode="loop")
    keys = plug("MPD218")
    plugged(client, 1)
    client.send("/midi/ports")
    ports = {reply[1][0]: reply[1] for reply in client.until("/midi/listed")[:-1] if reply[0] == "/midi/port"}
    assert ports["MPD218:keys"][1:3] == ("akai-mpd", 1)
    assert ports["bridge"][1] == "general"

    keys.send("note_on", note=37, velocity=100, channel=9)
    pad, note, velocity = client.until("/pad/played")[-1][1][:3]
    assert (pad, note) == ("drone", 60) and velocity == pytest.approx(100 / 127, abs=1e-6)
    assert voices(client) == 1
    keys.send("note_off", note=37, channel=9)
    eventually(lambda: voices(client) == 0)

    keys.send("note_on", note=36, velocity=127, channel=9)
    assert client.until("/pad/played")[-1][1][0] == "kick"
    keys.unplug()
    plugged(client, 0)
    eventually(lambda: voices(client) == 0)

    again = plug("MPD218")
    plugged(client, 1)
    again.send("note_on", note=36, velocity=1, channel=9)
    assert client.until("/pad/played")[-1][1][0] == "kick"
    again.unplug()


def test_what_is_learned_is_there_after_a_restart(
    jack: None, serve: Callable[..., Any], plug: Plug, connect: Callable[[Any], Any], tmp_path: Path
) -> None:  # fmt: skip
    state = ("--player", "null", "--state", str(tmp_path / "state"))
    first = serve(*state, "--osc-port", "0")
    client = connect(first)
    client.send("/bridge/hello", "test")
    ready(client, "kick")
    keys = plug("Knobs")
    plugged(client, 1)
    client.send("/midi/learn", "pad/1/gane")
    assert "did you mean gain?" in client.until("/bridge/error")[-1][1][1]
    client.send("/midi/learn", "pad/1/gain")
    client.until("/midi/learning")
    for value in (60, 61, 62, 63, 64, 65):
        keys.send("control_change", control=21, value=value, channel=2)
    assert learned_of(client) == ("pad/1/gain", "Knobs:keys", "cc 21", 3, "absolute")
    client.send("/midi/learn", "transport/tempo")
    client.until("/midi/learning")
    for _ in range(6):
        keys.send("control_change", control=22, value=127)
    assert learned_of(client) == ("transport/tempo", "Knobs:keys", "cc 22", 1, "twos")
    first.stop()

    second = serve(*state)
    client = connect(second)
    client.send("/bridge/hello", "test")
    eventually(lambda: "Knobs:keys" in open_ports(client))
    keys.send("control_change", control=21, value=127, channel=2)
    eventually(lambda: parameter(client, "pad/kick/gain") == "12")
    keys.send("control_change", control=21, value=0, channel=2)
    eventually(lambda: parameter(client, "pad/kick/gain") == "-60")
    keys.send("control_change", control=22, value=1)
    eventually(lambda: float(parameter(client, "transport/tempo")) > 120)
    keys.unplug()


def test_lights_clock_and_programs(daemon: Any, plug: Plug, connect: Callable[[Any], Any]) -> None:
    client = connect(daemon)
    client.send("/bridge/hello", "test")
    pad = plug("Launchpad X")
    plugged(client, 1)
    assert wait_message(pad, lambda m: m.type == "sysex").data == (0, 32, 41, 2, 12, 14, 1)
    ready(client, "kick", mode="loop")
    wait_message(pad, lambda m: m.type == "note_on" and (m.note, m.velocity) == (11, 21))
    pad.send("note_on", note=11, velocity=99)
    wait_message(pad, lambda m: m.type == "note_on" and (m.note, m.velocity) == (11, 3))
    pad.send("note_off", note=11)
    wait_message(pad, lambda m: m.type == "note_on" and (m.note, m.velocity) == (11, 21))

    client.send("/midi/clock", "Launchpad", 1)
    client.until("/midi/port")
    client.send("/transport/tempo", 150.0)
    client.send("/transport/play", 8.0)
    assert wait_message(pad, lambda m: m.type == "songpos").pos == 32
    wait_message(pad, lambda m: m.type == "continue")
    for _ in range(12):
        wait_message(pad, lambda m: m.type == "clock")
    client.send("/transport/stop")
    wait_message(pad, lambda m: m.type == "stop")
    client.send("/midi/map", "Launchpad", "general")
    assert client.until("/midi/port")[-1][1][1] == "general"
    assert wait_message(pad, lambda m: m.type == "sysex").data == (0, 32, 41, 2, 12, 14, 0)
    pad.send("program_change", program=1)
    second = list(Library(Path("nowhere")).packs()[0].presets.values())[1]
    eventually(lambda: sound_of(client, "kick") == second.full_name)
    pad.unplug()


def test_a_midi_clock_is_followed(daemon: Any, plug: Plug, connect: Callable[[Any], Any]) -> None:
    client, keys = connect(daemon), plug("Sequencer")
    client.send("/bridge/hello", "test")
    eventually(lambda: "Sequencer:keys" in open_ports(client))
    keys.send("start")
    begin = time.monotonic()
    for number in range(24 * 4):
        time.sleep(max(0.0, begin + number * 60 / 127.5 / 24 - time.monotonic()))
        keys.send("clock")
    client.send("/transport/status")
    source, tempo, position, playing, quarters = client.until("/transport/state")[-1][1]
    assert (source, playing, quarters) == ("midi", 1, 4)
    assert tempo == pytest.approx(127.5, rel=0.02)  # this machine sends pulses when it has the time to
    assert position == pytest.approx(4.0, abs=0.5)
    client.send("/transport/tempo", 99.0)
    assert "MIDI clock from Sequencer:keys" in client.until("/bridge/error")[-1][1][1]
    keys.unplug()
    eventually(lambda: state(client)[3] == 0)


def test_a_jack_server_that_ends_is_no_end_and_one_that_comes_is_heard(
    peer: Callable[[str], str], serve: Callable[..., Any], plug: Plug, connect: Callable[[Any], Any], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for key, value in environment().items():
        monkeypatch.setenv(key, value)
    monkeypatch.setenv("BRIDGE_MIDI_MAPS", str(tmp_path / "maps"))
    client = connect(serve("--player", "null"))
    client.send("/bridge/hello", "test")
    for number in range(2):
        with jack_dummy(tmp_path / f"jack{number}", peer("jackd"), peer("jack_wait"), 1024, "-S"):
            plug("Keys")
            plugged(client, 1)
        plugged(client, 0, seconds=40.0)
    eventually(lambda: not open_ports(client))
    assert open_ports(client) == set()


def test_pieces_come_out_of_a_pipe_as_they_went_in_and_one_that_is_cut_off_does_not() -> None:
    sent = packed(3, 12.5, b"\x90\x24\x64") + asked(ask="ports") + packed(1, 0.0, b"\xf8")
    found = list(pieces(io.BytesIO(sent[:-1])))
    assert found == [Piece(3, 12.5, b"\x90\x24\x64"), Piece(CONTROL, 0.0, b'{"ask": "ports"}')]
    assert list(pieces(io.BytesIO(sent)))[-1] == Piece(1, 0.0, b"\xf8")


def state(client: Any) -> tuple[Any, ...]:
    client.send("/transport/status")
    return client.until("/transport/state")[-1][1]


def voices(client: Any) -> int:
    client.send("/live/status")
    return int(client.until("/live/state")[-1][1][8])


def sound_of(client: Any, pad: str) -> str:
    client.send("/pad/list")
    replies = client.until("/pad/listed")
    return next(str(reply[1][1]) for reply in replies if reply[0] == "/pad/entry" and reply[1][0] == pad)


def open_ports(client: Any) -> set[str]:
    client.send("/midi/ports")
    return {reply[1][0] for reply in client.until("/midi/listed") if reply[0] == "/midi/port" and reply[1][2]}


def parameter(client: Any, name: str) -> str:
    client.send("/midi/parameters")
    replies = client.until("/midi/listed")
    return next(str(reply[1][5]) for reply in replies if reply[0] == "/midi/parameter" and reply[1][0] == name)


def wait_message(controller: Any, fits: Callable[[Any], bool], seconds: float = 20.0) -> Any:
    end, seen = time.monotonic() + seconds, []
    while True:
        try:
            seen.append(controller.told.get(timeout=max(0.0, end - time.monotonic())))
        except queue.Empty:
            raise AssertionError(f"only {seen} came") from None
        if fits(seen[-1]):
            return seen[-1]

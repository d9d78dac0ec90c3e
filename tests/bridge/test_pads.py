"""Pads over real sockets: a real daemon with the tone model and the null player, and what it records."""

from __future__ import annotations

import asyncio
import csv
import json
import re
import shlex
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
import websockets

ROOT = Path(__file__).parents[2]

QUIET = ("--player", "null")


def until_full(client, pad: str, count: int, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        address, args = client.receive(seconds)
        if address == "/pad/filled" and args[0] == pad and args[1] >= count:
            return
    raise AssertionError(f"{pad} is not full")


def test_a_pad_is_filled_and_every_hit_plays_another_take(serve, connect) -> None:
    daemon = serve(*QUIET)
    client = connect(daemon)
    client.send("/bridge/hello", "pads")
    client.send("/pad/assign", "kick", "A4", "seconds", 0.2, "pool", 3)
    assert client.until("/pad/entry")[-1][1] == ("kick", "A4", 0, 3, "one-shot", "")
    until_full(client, "kick", 3)
    seeds = set()
    for _ in range(3):
        client.send("/pad/hit", "kick", 0.8, 64)
        pad, note, velocity, take, seed = client.until("/pad/played")[-1][1]
        assert (pad, note, velocity) == ("kick", 64, pytest.approx(0.8))
        assert take == ""  # a daemon that takes any port keeps nothing
        seeds.add(seed)
    assert len(seeds) == 3
    until_full(client, "kick", 3)  # what was played has been rendered anew
    client.send("/pad/list")
    assert client.until("/pad/listed")[-2:] == [
        ("/pad/entry", ("kick", "A4", 3, 3, "one-shot", "")), ("/pad/listed", (1,)),
    ]  # fmt: skip


def test_bad_hits_are_named(serve, connect) -> None:
    client = connect(serve(*QUIET))
    for sent, code, text in [
        (("/pad/hit", "nobody"), "unknown-pad", "there is no pad 'nobody'; pads are none"),
        (("/pad/assign", "a", "A4", "mode", "loud"), "bad-value", "mode must be one-shot | gate | loop | toggle"),
        (("/pad/assign", "a", "A4", "seconds", 0.0), "bad-value", "seconds must be 0.05 to 60 s"),
        (("/pad/assign", "a", "A4", "pol", 3), "unknown-key", "did you mean pool?"),
        (("/pad/assign", "", "A4"), "bad-value", "pad must be 1 to 60 characters"),
        (("/player/use", "gramophone"), "player", "player must be auto, device, reastream, null, got 'gramophone'"),
        (("/player/use", "reastream", "x@192.0.2.1"), "player", "sound may go to 192.0.2.1 only if the settings"),
        (("/record/stop",), "bad-value", "nothing is being recorded"),
        (("/record/start", "relative.wav"), "bad-file", "path must be absolute"),
    ]:
        client.send(*sent)
        address, args = client.receive()
        assert (address, args[0]) == ("/bridge/error", code)
        assert text in args[1]
    client.send("/pad/assign", "slow", "A4", "seconds", 0.2, "steps", 200)
    client.send("/pad/hit", "slow", 1.5)
    client.send("/pad/hit", "slow", 1.0, 128)
    errors = [args[1] for address, args in client.until("/bridge/error") + client.until("/bridge/error")
              if address == "/bridge/error"]  # fmt: skip
    assert errors == ["velocity must be 0 to 1, got 1.5", "note must be 0 to 127, got 128"]


def test_a_recording_has_every_hit_at_its_cue(serve, connect, tmp_path: Path) -> None:
    """Hits over OSC while the null player goes on in real time; the recording is what it read."""
    daemon = serve(*QUIET)
    client = connect(daemon)
    client.send("/bridge/hello", "recording")
    client.send("/pad/assign", "tick", "A4", "seconds", 0.05, "pool", 2, "velocity", 1.0, "release", 0.0)
    until_full(client, "tick", 2)
    path = tmp_path / "session.wav"
    client.send("/record/start", str(path))
    assert client.until("/record/started")[-1][1] == (str(path),)
    time.sleep(0.2)
    for number in range(8):
        client.send("/pad/hit", "tick", 1.0 if number % 2 == 0 else 0.5)
        time.sleep(0.15)
    client.send("/record/stop")
    replies = client.until("/record/stopped")
    _, seconds, cues, sheet = replies[-1][1]
    assert cues == 8
    sound, rate = soundfile.read(path, dtype="float32")
    assert len(sound) / rate == pytest.approx(seconds, abs=1e-4)
    with Path(sheet).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["what"] for row in rows] == ["tick"] * 8
    for row in rows:
        frame = int(row["frame"])
        assert np.abs(sound[frame : frame + 480]).max() > 0.05
        assert not sound[frame - 2000 : frame].any()  # nothing before its cue
    loud, soft = (np.abs(sound[int(row["frame"]) :][:2000]).max() for row in rows[:2])
    assert soft / loud == pytest.approx(0.25, rel=0.15)


def test_modes_and_choke_groups_by_what_is_recorded(serve, connect, tmp_path: Path) -> None:
    client = connect(serve(*QUIET))
    client.send("/bridge/hello", "modes")
    for pad, *more in (("gate", "mode", "gate"), ("toggle", "mode", "toggle", "choke", "one"),
                       ("shot", "choke", "one")):  # fmt: skip
        client.send("/pad/assign", pad, "A4", "seconds", 2.0, "pool", 1, "release", 0.01, *more)
        until_full(client, pad, 1)

    def voices() -> int:
        time.sleep(0.1)
        client.send("/live/status")
        return client.until("/live/state")[-1][1][8]

    counts = []
    for sent in ("hit gate", "release gate", "hit toggle", "release toggle", "hit toggle", "hit toggle", "hit shot",
                 "remove shot"):  # fmt: skip
        what, pad = sent.split()
        client.send(f"/pad/{what}", pad)
        counts.append(voices())
    assert counts == [1, 0, 1, 1, 0, 1, 1, 1]


def test_a_set_opens_ready(serve, connect, tmp_path: Path, free_port) -> None:
    """Pads and takes are there again at once, also after a kill, and before the engine is ready."""
    options = (*QUIET, "--state", str(tmp_path / "state"))
    daemon = serve(*options)
    client = connect(daemon)
    client.send("/bridge/hello", "set")
    client.send("/pad/assign", "snare", "A4", "seconds", 0.2, "pool", 2, "gain", -3.0, "choke", "x")
    until_full(client, "snare", 2)
    client.send("/pad/hit", "snare")
    path = Path(client.until("/pad/played")[-1][1][3])
    assert path.is_file() and path.parent == tmp_path / "state" / "pads-0"
    until_full(client, "snare", 2)
    time.sleep(0.3)
    assert not path.exists()  # another take has its place
    daemon.stop(signal.SIGKILL)
    again = connect(serve(*options, "--option", "step_seconds=0.5", wait=False))
    again.send("/bridge/hello", "set")
    until_full(again, "snare", 2)
    again.send("/pad/list")
    assert ("/pad/entry", ("snare", "A4", 2, 2, "one-shot", "x")) in again.until("/pad/listed")
    again.send("/pad/hit", "snare")
    assert Path(again.until("/pad/played")[-1][1][3]).is_file()


def test_a_lost_engine_costs_no_pad(serve, connect) -> None:
    daemon = serve(*QUIET, "--option", "step_seconds=0.1")
    client = connect(daemon)
    client.send("/bridge/hello", "lost")
    client.send("/pad/assign", "kick", "A4", "seconds", 0.1, "pool", 2)
    client.until("/pad/entry")
    time.sleep(0.3)
    daemon.engine().kill()
    until_full(client, "kick", 2, seconds=40)
    client.send("/pad/list")
    assert client.until("/pad/listed")[0][1][:4] == ("kick", "A4", 2, 2)


def test_what_cannot_be_rendered_is_said_once_and_ends_nothing(serve, connect) -> None:
    client = connect(serve(*QUIET))
    client.send("/bridge/hello", "failing")
    client.send("/pad/assign", "bad", "A4", "task", "restyle")
    assert client.until("/bridge/error")[-1][1][0] == "unknown-key"
    client.send("/pad/assign", "bad", "A4", "model", "no such model")
    replies = client.until("/bridge/error", "/pad/failed")
    assert "no such model" in str(replies[-1][1])
    client.send("/pad/assign", "bad", "A4", "seconds", 0.1)
    until_full(client, "bad", 1)


def test_what_is_heard_can_be_listened_to_over_a_websocket(serve, connect) -> None:
    daemon = serve(*QUIET)
    client = connect(daemon)
    client.send("/bridge/hello", "listener")
    client.send("/pad/assign", "tone", "A4", "seconds", 0.5, "pool", 1)
    until_full(client, "tone", 1)

    async def listen(form: str) -> tuple[dict, np.ndarray]:
        address = daemon.http.replace("http", "ws") + f"/sound?format={form}"
        async with websockets.connect(address) as socket:
            about = json.loads(await socket.recv())
            client.send("/pad/hit", "tone", 1.0)
            data = b"".join([await socket.recv() for _ in range(30)])
        return about, np.frombuffer(data, "<f4" if form == "float32" else "<i2").reshape(-1, 2)

    about, sound = asyncio.run(listen("float32"))
    assert about == {"rate": 48000, "channels": 2, "format": "float32"}
    assert 0.3 < np.abs(sound).max() <= 1.0 and np.array_equal(sound[:, 0], sound[:, 1])
    about, sound = asyncio.run(listen("int16"))
    assert about["format"] == "int16" and np.abs(sound.astype(int)).max() > 10000


@pytest.mark.parametrize("sound_system", ["missing", "broken"])
def test_without_a_device_it_is_said_and_everything_goes_on(
    serve, connect, monkeypatch: pytest.MonkeyPatch, sound_system: str
) -> None:
    """Also where the sound system ends every program that asks it for devices, as ALSA does without its settings."""
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "nobody")
    if sound_system == "broken":
        monkeypatch.setenv("ALSA_CONFIG_PATH", "/dev/null")
    client = connect(serve())
    client.send("/live/status")
    assert client.until("/live/state")[-1][1][0] == ""  # nothing has asked for sound yet
    client.send("/bridge/hello", "deaf")
    client.send("/pad/assign", "kick", "A4", "seconds", 0.1, "pool", 1)
    until_full(client, "kick", 1)
    client.send("/player/list")
    listed = [args[0] for address, args in client.until("/player/listed") if address == "/player/entry"]
    if "device" in listed:
        pytest.skip("this machine has a sound card")
    assert listed == ["reastream", "null"]
    client.send("/pad/hit", "kick")
    client.until("/pad/played")
    client.send("/live/status")
    player, *_, why = client.until("/live/state")[-1][1]
    assert player == "null" and why.startswith("nothing is heard: ")


def test_the_page_about_pads_says_what_there_is() -> None:
    """Addresses, keys of playing and settings on it exist, and every key of playing is on it."""
    from bridge.commands import COMMANDS, REPLIES
    from bridge.settings import ROWS
    from presets import PLAYING

    text = (ROOT / "docs" / "pads.md").read_text(encoding="utf-8")
    known = {row.address for row in (*COMMANDS, *REPLIES)}
    used = set(re.findall(r"(?<![\w./~])/(?:pad|player|record|live|render)/[a-z_]+", text))
    assert used and used <= known, used - known
    assert [name for name in PLAYING if f"`{name}`" not in text] == []
    assert set(re.findall(r"`(--[a-z-]+)", text)) <= {row.flag for row in ROWS}
    for line in re.findall(r"^oscsend .*$", text, re.MULTILINE):
        _, _, _, address, *rest = shlex.split(line)
        assert address in known
        assert not rest or len(rest[0]) == len(rest) - 1


def test_a_preset_brings_how_it_is_played_and_its_variables_are_keys(serve, connect) -> None:
    from presets import Library

    preset = next(one for one in Library().presets() if one.variables and one.playing.choke)
    variable, (_, choice, *_) = next(item for item in preset.variables.items() if len(item[1]) > 1)
    client = connect(serve(*QUIET))
    client.send("/bridge/hello", "preset")
    client.send("/pad/assign", "hat", preset.full_name, variable, choice, "pool", 1, "seconds", 0.1, "gain", -6.0)
    _, sound, _, pool, mode, choke = client.until("/pad/entry")[-1][1]
    assert (sound, pool, mode, choke) == (preset.full_name, 1, preset.playing.mode, preset.playing.choke)
    client.send("/pad/assign", "hat", preset.full_name, variable, "no such thing")
    assert "no such thing" in client.until("/bridge/error")[-1][1][1]

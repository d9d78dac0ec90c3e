"""Pads over real sockets: a real daemon with the tone model and the null player, and what it records."""

from __future__ import annotations

import csv
import json
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

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
        assert Path(take).is_relative_to(daemon.log.parent / "state") or take == ""
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
        (("/pad/assign", "a", "A4", "pol", 3), "unknown-key", "pool"),
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

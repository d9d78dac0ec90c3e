"""Notes of a real MIDI client, heard in what the bridge plays over JACK; and how the benchmark judges what it heard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from benchmarks.jack_peer import until
from benchmarks.notes import (
    FIRST_NOTE,
    PADS,
    Bars,
    Session,
    hertz,
    judged,
    onsets,
    pad_of,
    play_notes,
    report,
    report_bars,
    session,
)

RATE, BLOCK = 48000, 2048


def sound(pad: int, seconds: float = 0.05) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * hertz(pad) / RATE * np.arange(round(seconds * RATE)))).astype(np.float32)


def test_the_benchmark_finds_what_is_late_lost_and_wrong() -> None:
    samples, played = np.zeros(RATE, np.float32), []
    for number, (pad, other, delay) in enumerate([(3, 3, 100), (15, 15, 240), (7, 8, 50), (0, None, 0), (4, 4, 500)]):
        played.append((1000 + number * 6000, bytes((0x99, FIRST_NOTE + pad, 100))))
        if other is not None:
            begin = played[-1][0] + delay
            samples[begin : begin + 2400] = sound(other)
    notes = judged(played, samples, RATE)
    assert notes.heard == [3, 15, 8, None, 4] and (notes.silent, notes.wrong) == (1, 1)
    assert np.array(notes.delays) * RATE == pytest.approx([100, 240, 50, 500], abs=4)
    assert report(notes, 256, RATE)[-1].endswith("1 of 4 above a block and 3 ms, 8.33 ms: MISSED")
    assert [pad_of(sound(pad, 0.04), RATE) for pad in range(PADS)] == list(range(PADS))
    assert pad_of(sound(9)[::4], RATE) == -1
    assert onsets(samples[:1000], RATE).size == 0


@pytest.mark.parametrize(
    ("error", "off", "missing", "met"), [(9e-4, 9e-4, 0, 1), (2e-3, 0, 0, 0), (0, -2e-3, 0, 0), (0, 0, 1, 0)]
)
def test_a_clock_that_is_off_is_said(error: float, off: float, missing: int, met: int) -> None:
    (line,) = report_bars([Bars(90.0, [error], [off], missing, 0.0)])[2:]
    assert ("| met |" in line) == bool(met)


@pytest.fixture
def played(jack_dummy: Callable[..., str]) -> Iterator[Session]:
    jack_dummy(BLOCK, "-S", "-t", "5000")
    with session(BLOCK, 120.0) as one:
        yield one


@pytest.mark.peers
def test_no_note_is_lost_or_silent_and_each_sounds_as_its_pad_in_order(played: Session) -> None:
    notes = play_notes(played, 40, slower=2.0)  # far apart: a busy machine may be late, but loses none
    print("\n".join(report(notes, BLOCK, RATE)))  # noqa: T201  # how late, says something about this machine, too
    begins = onsets(played.peer.samples, RATE)
    heard = [pad_of(played.peer.samples[begin : begin + 1900], RATE) for begin in begins]
    assert heard == notes.played and len(heard) == 40


@pytest.mark.peers
def test_a_note_that_is_held_ends_when_its_controller_is_unplugged_and_it_plays_on_when_it_is_back(
    played: Session, plug: Callable[[str], Any]
) -> None:  # fmt: skip
    played.assign("pad00", hertz(0), mode="loop")
    played.plug_in()
    for _ in range(2):
        keys = plug("Keys")
        played.until_heard("Keys:keys")
        keys.send("note_on", note=FIRST_NOTE, velocity=100)
        until(lambda: loud(played), "the note does not sound")
        keys.unplug()
        until(lambda: not loud(played), "the note does not end")
        assert not loud(played)


def loud(session: Session) -> bool:
    """Whether there is any sound in the last four cycles."""
    return bool(np.abs(session.peer.samples[-4 * BLOCK :]).max() > 0.02)

"""A little chaos, and a little of the soak; the full sizes are `python -m benchmarks.chaos` and `benchmarks.soak`."""

from __future__ import annotations

import pytest

from benchmarks import chaos, soak
from benchmarks.accounting import Account, Plan
from bridge.jobs import State
from bridge.journal import Entry


@pytest.mark.slow
def test_eight_clients_account_for_their_ids_while_engines_and_daemons_die() -> None:
    report = chaos.run(
        jobs=40, engine_kills=4, daemon_kills=1, options=("--model", "tone", "--option", "step_seconds=0.01"),
        patience=150,
    )  # fmt: skip
    assert not report.faults, "\n".join(report.faults)
    assert report.ends.total() == 40
    assert report.ends["done"] > 20
    assert (report.kills["engine"], report.kills["daemon"]) == (4, 1)


@pytest.mark.slow
def test_memory_stays_as_it_is() -> None:
    """A tenth of the soak: the caches of the first jobs count more, so the bound is wider."""
    report = soak.run(jobs=60, settled=20, options=("--model", "tone"))
    assert report.done == 60
    for name, growth in report.growth().items():
        assert growth < 0.10, f"the {name} grew by {growth:.0%}: {report.memory}"


def entry(id: str, state: str) -> Entry:
    return Entry(id, "client", State(state), {}, 0.0, 0.0, "", "")


@pytest.mark.parametrize(
    ("ends", "journal", "complaint"),
    [
        (set(), "done", "ended 0 times"),
        ({("/job/done", (1,)), ("/job/failed", ("engine-lost",))}, "done", "ended 2 times"),
        ({("/job/failed", ("engine-lost",))}, "done", "was told failed"),
        ({("/job/done", (1,))}, "done", "is done with the takes []"),
        ({("/job/cancelled", ())}, "cancelled", "cancelled by nobody"),
        ({("/job/failed", ("bad-value",))}, "failed", "ended with /job/failed"),
    ],
)
def test_the_judge_sees_what_is_wrong(ends: set, journal: str, complaint: str) -> None:
    account = Account(Plan("one", "/render/generate", ("A4",)), ends=ends)
    (fault,) = chaos.faults(account, [entry("one", journal)])
    assert complaint in fault


def test_the_judge_sees_a_take_that_is_not_whole(tmp_path) -> None:
    chaos.write_source(whole := tmp_path / "whole.wav")
    assert not list(chaos.half_written(whole, 48000, 48000))
    assert list(chaos.half_written(whole, 48001, 48000))
    (half := tmp_path / "half.wav").write_bytes(whole.read_bytes()[:-1000])
    assert list(chaos.half_written(half, 48000, 48000))
    assert list(chaos.half_written(tmp_path / "nothing.wav", 48000, 48000))


@pytest.mark.parametrize(("engines", "daemons"), [(20, 5), (4, 1), (3, 0), (0, 2)])
def test_every_kill_has_its_turn(engines: int, daemons: int) -> None:
    order = chaos.order(engines, daemons)
    assert (order.count("engine"), order.count("daemon")) == (engines, daemons)
    if daemons and engines >= 2 * daemons:
        assert order[0] == order[-1] == "engine"

"""The policy alone: priority, equal shares, and a bound on waiting, for any mixture of jobs."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.pace import HURRY, Pace
from engine.params import PRIORITIES
from engine.scheduler import EVERY, LINGER, PATIENCE, Scheduler


class Device:
    """Serves whoever is first, one turn after the other. jobs: id to (client, priority, seconds of a turn)."""

    def __init__(self, jobs: dict[str, tuple[str, str, float]]) -> None:
        self.jobs, self.now, self.scheduler = jobs, 0.0, Scheduler()
        self.log: list[tuple[str, float]] = []
        for id, (client, priority, _) in jobs.items():
            self.scheduler.join(id, client, priority, self.now)

    def turn(self) -> str:
        id = self.scheduler.order(self.jobs, self.now)[0]
        self.log.append((id, self.now))
        self.now += self.jobs[id][2]
        self.scheduler.served({id: self.jobs[id][2]}, id, self.now)
        return id

    def end(self, id: str) -> None:
        del self.jobs[id]
        self.scheduler.leave(id, self.now)


def test_the_most_urgent_class_comes_first() -> None:
    device = Device({"b": ("x", "batch", 0.1), "i": ("x", "interactive", 0.1), "l": ("x", "live", 0.1)})
    order = []
    for _ in range(3):
        order.append(device.turn())
        device.end(order[-1])
    assert order == ["l", "i", "b"]


def test_a_clients_jobs_come_in_their_order() -> None:
    device = Device(dict.fromkeys("abc", ("x", "interactive", 0.01)))
    assert [device.turn() for _ in range(5)] == ["a"] * 5
    assert device.scheduler.order("cba", device.now) == ["a", "b", "c"]


def test_a_client_that_comes_later_gets_its_share_and_no_more() -> None:
    device = Device({"a": ("x", "interactive", 0.1)})
    for _ in range(50):
        device.turn()
    device.jobs["b"] = ("y", "interactive", 0.1)
    device.scheduler.join("b", "y", "interactive", device.now)
    counts = Counter(device.turn() for _ in range(40))
    assert abs(counts["a"] - counts["b"]) <= 2


def test_a_job_joins_once_and_leaves_no_trace() -> None:
    scheduler = Scheduler()
    scheduler.join("a", "x", "live", 0.0)
    with pytest.raises(ValueError, match="'a' is known already"):
        scheduler.join("a", "x", "live", 0.0)
    scheduler.leave("a", 1.0)
    assert len(scheduler) == 0
    scheduler.served({"a": 1.0}, "a", 2.0)  # it ended in its turn
    scheduler.join("a", "x", "batch", 3.0)
    assert scheduler.priority("a") == "batch"


def test_live_work_is_expected_for_a_while_after_the_last() -> None:
    scheduler = Scheduler()
    assert not scheduler.lively(0.0)
    scheduler.join("a", "x", "live", 0.0)
    assert scheduler.lively(100.0)
    scheduler.leave("a", 100.0)
    assert scheduler.lively(100.0 + 0.9 * LINGER)
    assert not scheduler.lively(100.0 + 1.1 * LINGER)


def test_turns_that_take_longer_than_patience_starve_nobody() -> None:
    """Live jobs take turns of seconds, so each of them is overdue whenever it comes: still others get their part."""
    device = Device({id: (id, "live", PATIENCE["live"] + 1.0) for id in "ab"} | {"c": ("c", "batch", 1.0)})
    served = Counter(device.turn() for _ in range(10 * EVERY))
    assert served["c"] >= 9
    assert served["a"] + served["b"] >= (1 - 1 / EVERY) * 10 * EVERY


def test_overdue_jobs_that_end_in_their_turn_leave_live_ones_theirs() -> None:
    overdue = {f"b{number}": (f"b{number}", "batch", 0.1) for number in range(20)}
    device = Device(overdue | {"live": ("x", "live", 0.1)})
    device.now = 2 * PATIENCE["batch"]
    device.scheduler.served({"live": 0.1}, "live", device.now)
    turns = []
    for _ in range(2 * EVERY):
        turns.append(device.scheduler.order(device.jobs, device.now)[0])
        if turns[-1] != "live":
            device.end(turns[-1])  # before it is told what the turn took, as whoever works does it
        device.now += 0.1
        device.scheduler.served({turns[-1]: 0.1}, turns[-1], device.now)
    assert turns.count("live") >= (1 - 1 / EVERY) * len(turns) - 1


def test_clients_that_come_and_go_are_forgotten_while_others_stay() -> None:
    device = Device({"long": ("studio", "batch", 0.1)})
    for number in range(1000):
        device.jobs[f"{number}"] = (f"http {number}", "batch", 0.1)
        device.scheduler.join(f"{number}", f"http {number}", "batch", device.now)
        while f"{number}" in device.jobs:
            if (id := device.turn()) != "long":
                device.end(id)
    assert device.scheduler.remembered <= 3


MIXTURES = st.lists(
    st.tuples(st.sampled_from("vwxyz"), st.sampled_from(PRIORITIES), st.floats(0.01, 0.5)), min_size=1, max_size=12
)


@settings(deadline=None)
@given(MIXTURES)
def test_nothing_starves(mixture: list[tuple[str, str, float]]) -> None:
    """The stated bound: a first job waits its class's patience, and so many turns for each that has waited longer."""
    device = Device({str(number): one for number, one in enumerate(mixture)})
    for _ in range(1500):
        device.turn()
    heads: dict[tuple[str, str], str] = {}
    for id, (client, priority, _) in device.jobs.items():
        heads.setdefault((priority, client), id)
    longest = max(seconds for _, _, seconds in mixture)
    for (priority, _), id in heads.items():
        times = [0.0, *(at for served, at in device.log if served == id), device.now]
        gaps = [after - before for before, after in itertools.pairwise(times)]
        assert max(gaps) <= PATIENCE[priority] + EVERY * (len(heads) + 1) * longest


@settings(deadline=None)
@given(st.lists(st.floats(0.01, 0.2), min_size=2, max_size=6), st.sampled_from(PRIORITIES))
def test_clients_get_equal_shares_whatever_their_turns_cost(costs: list[float], priority: str) -> None:
    device = Device({str(n): (f"client {n}", priority, seconds) for n, seconds in enumerate(costs)})
    while device.now < 60:
        device.turn()
    shares = Counter[str]()
    for id, _ in device.log:
        shares[id] += device.jobs[id][2]
    # Apart by a turn of either; an overdue turn now and then is paid back.
    assert max(shares.values()) - min(shares.values()) <= 4 * max(costs)


@settings(deadline=None)
@given(MIXTURES, st.integers(0, 60))
def test_live_work_has_most_turns_and_the_next_one_but_a_few(
    mixture: list[tuple[str, str, float]], before: int
) -> None:
    device = Device({str(number): one for number, one in enumerate(mixture)})
    for _ in range(before):
        device.turn()
    device.jobs["live"] = ("new", "live", 0.05)
    device.scheduler.join("live", "new", "live", device.now)
    others = sum(priority == "live" for _, priority, _ in mixture)
    turns = [device.turn() for _ in range(4 * EVERY)]
    urgent = [id for id in turns if device.jobs[id][1] == "live"]
    assert len(urgent) >= (1 - 1 / EVERY) * len(turns) - 1
    assert others or urgent.count("live") == len(urgent)
    assert "live" in turns[:2] or others


def test_a_batch_keeps_within_its_budget_and_grows_step_by_step() -> None:
    pace = Pace(0.1)
    assert pace.room("key", False) == 0.0
    pace.learn("key", 10.0, 0.01)
    assert pace.room("key", False) == 20.0  # a guess beyond that would be one
    pace.learn("key", 20.0, 0.02)
    assert pace.room("key", False) == 40.0
    for _ in range(50):
        pace.learn("key", 40.0, 0.16)
    assert pace.room("key", False) == pytest.approx(25.0, rel=0.01)
    assert pace.room("key", True) == pytest.approx(25.0 / HURRY, rel=0.01)


def test_a_step_that_was_too_large_says_nothing_of_how_long_steps_take() -> None:
    pace = Pace(0.1)
    pace.too_large("key", 80.0)
    pace.learn("key", 10.0, 0.1)
    assert pace.room("key", False) == pytest.approx(10.0)


def test_what_memory_did_not_hold_is_not_tried_again() -> None:
    pace = Pace(0.1)
    pace.too_large("key", 8.0)
    assert pace.fits("key", 4.0) and not pace.fits("key", 5.0)
    pace.learn("key", 4.0, 0.001)
    assert pace.room("key", False) == 4.0
    with pytest.raises(ValueError, match="more than 0"):
        Pace(0.0)

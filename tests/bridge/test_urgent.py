"""Threads between the mixer and what is heard go before others, where that is allowed, and nowhere else."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from bridge.audio.urgent import hurry

linux = pytest.mark.skipif(not hasattr(os, "sched_setscheduler"), reason="this system has no such priorities")


def in_a_thread(found: dict[str, object], work) -> None:
    def run() -> None:
        found["hurried"] = hurry()
        found["own"] = os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK
        work()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


@linux
def test_only_the_thread_itself_is_urgent() -> None:
    found: dict[str, object] = {}

    def start_another() -> None:
        other = threading.Thread(target=lambda: found.update(other=os.sched_getscheduler(0)))
        other.start()
        other.join()

    in_a_thread(found, start_another)
    assert found["own"] == (os.SCHED_RR if found["hurried"] else os.SCHED_OTHER)
    assert found["other"] == os.SCHED_OTHER == os.sched_getscheduler(0)


@linux
def test_where_it_is_not_allowed_all_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    assert hurry() is False
    assert os.sched_getscheduler(0) == os.SCHED_OTHER


def test_where_there_is_no_such_thing_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_setscheduler", raising=sys.platform == "linux")
    assert hurry() is False

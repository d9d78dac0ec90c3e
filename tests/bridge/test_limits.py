"""Buckets: how much one client may ask for, that others are not slowed by it, and that nothing grows."""

from __future__ import annotations

import pytest

from bridge.limits import BURST_SECONDS, MAX_BUCKETS, PORTS_OF_A_HOST, Gate, Limiter
from bridge.osc import Message
from bridge.tcp import StreamPort
from bridge.token import Keys

HERE = ("127.0.0.1", 5000)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_bucket_holds_two_seconds_and_fills_at_its_rate(clock: Clock) -> None:
    limiter = Limiter(100, clock)
    limiter.charge(HERE, 100 * BURST_SECONDS)
    assert limiter.wait(HERE) == 0
    limiter.charge(HERE, 50)
    assert limiter.wait(HERE) == pytest.approx(0.5)
    clock.now += 0.5
    assert limiter.wait(HERE) == 0
    clock.now += 3600
    limiter.charge(HERE, 100 * BURST_SECONDS + 1)  # no more than that was saved up
    assert limiter.wait(HERE) == pytest.approx(0.01)


def test_one_client_does_not_slow_another(clock: Clock) -> None:
    limiter = Limiter(100, clock)
    limiter.charge(("127.0.0.1", 5000, "tcp-1"), 1e6)
    limiter.charge(HERE, 300)
    assert limiter.wait(("127.0.0.1", 5001)) == 0
    assert limiter.wait(("127.0.0.1", 5000, "tcp-2")) == 0
    assert limiter.wait(("127.0.0.1", 5000, "ws-1")) == 0


def test_a_new_port_for_every_message_is_no_way_around(clock: Clock) -> None:
    limiter = Limiter(100, clock)
    for port in range(1, 2 * MAX_BUCKETS):
        limiter.charge(("127.0.0.1", port), 1)
    assert limiter.wait(("127.0.0.1", 9999)) > 0
    assert 2 * MAX_BUCKETS > 100 * BURST_SECONDS * PORTS_OF_A_HOST
    assert len(limiter._buckets) <= MAX_BUCKETS


def test_http_requests_of_one_machine_are_one_client(clock: Clock) -> None:
    limiter = Limiter(100, clock)
    for number in range(201):
        limiter.charge(("127.0.0.1", number, f"http-{number}"), 1)
    assert limiter.wait(("127.0.0.1", 1, "http-999")) > 0
    assert limiter.wait(("127.0.0.2", 1, "http-999")) == 0


def test_guessing_slows_down(clock: Clock) -> None:
    limiter, guesses = Limiter(1000, clock), 0
    while clock.now < 60:
        clock.now += max(0.001, limiter.wait(("192.0.2.9", 1, "http-1")))
        limiter.wrong_token(("192.0.2.9", 1, "http-1"))
        guesses += 1
    assert guesses < 60 * 10 + 30  # of 2 ** 192


def test_who_guesses_over_tcp_is_not_let_in_for_a_while(clock: Clock) -> None:
    limiter = Limiter(1000, clock)
    port = StreamPort(Gate(limiter, lambda *_: None, lambda *_: None), lambda _: None, Keys({}))
    for _ in range(21):  # each costs a tenth of a second, and a bucket holds two
        assert not port.refuses("192.0.2.9")
        limiter.wrong_token(("192.0.2.9", 0, "http"))
    assert port.refuses("192.0.2.9")
    assert not port.refuses("192.0.2.10") and not port.refuses("127.0.0.1")
    clock.now += 0.2
    assert not port.refuses("192.0.2.9")


def test_no_rate_is_no_bound(clock: Clock) -> None:
    limiter = Limiter(0, clock)
    limiter.charge(HERE, 1e9)
    assert limiter.wait(HERE) == 0


def test_what_is_answered_counts_and_what_is_too_much_is_refused_a_few_times() -> None:
    said: list[str] = []

    def receive(elements: list, sender: tuple) -> None:
        said.append("answered")
        gate.told(1000)

    gate = Gate(Limiter(10), receive, lambda elements, sender: said.append("refused"))
    for _ in range(1000):
        gate.take([Message("/job/list")], HERE)
    assert said.count("answered") == 1  # its thousand replies cost fifty messages
    assert 100 <= said.count("refused") <= 200

"""Who is answered where."""

from __future__ import annotations

from bridge.clients import MAX_CLIENTS, Clients

HOST = "127.0.0.1"


def test_a_stranger_is_answered_where_it_sends_from() -> None:
    assert Clients().answer_to((HOST, 5000)) == ((HOST, 5000),)


def test_hello_without_a_port_keeps_the_senders() -> None:
    clients = Clients()
    clients.hello((HOST, 5000), "a", None)
    clients.hello((HOST, 5001), "b", 9700)
    assert clients.answer_to((HOST, 5000)) == ((HOST, 5000),)
    assert clients.answer_to((HOST, 5001)) == ((HOST, 9700),)


def test_a_sender_with_a_new_port_every_time_is_found_at_the_latest_hello_that_named_one() -> None:
    clients = Clients()
    clients.hello((HOST, 5000), "oscsend", 9700)
    clients.hello((HOST, 5001), "oscsend", 9800)
    clients.hello((HOST, 5002), "other", None)
    assert clients.answer_to((HOST, 6000)) == ((HOST, 6000), (HOST, 9800))
    assert clients.answer_to(("127.0.0.2", 6000)) == (("127.0.0.2", 6000),)


def test_a_requests_own_reply_port_comes_first() -> None:
    clients = Clients()
    clients.hello((HOST, 5000), "a", 9700)
    assert clients.answer_to((HOST, 5000), 9800) == ((HOST, 9800),)


def test_a_new_hello_replaces_the_old() -> None:
    clients = Clients()
    clients.hello((HOST, 5000), "a", 9700)
    clients.hello((HOST, 5000), "a", None)
    assert clients.answer_to((HOST, 5000)) == ((HOST, 5000),)
    assert clients.all() == ((HOST, 5000),)


def test_hellos_are_bounded() -> None:
    clients = Clients()
    for port in range(1, 2 * MAX_CLIENTS):
        clients.hello((HOST, port), "a", None)
    assert len(clients.all()) == MAX_CLIENTS


def test_whose_share_of_the_engine_a_job_has() -> None:
    clients = Clients()
    clients.hello(("127.0.0.1", 5000), "reaper", None)
    clients.hello(("127.0.0.1", 5001), "reaper", None)
    assert {clients.share(("127.0.0.1", port)) for port in (5000, 5001)} == {"client reaper"}
    assert {clients.share(("127.0.0.1", port)) for port in (6000, 6001)} == {"machine 127.0.0.1"}
    assert clients.share(("127.0.0.1", 6002, "http-1")) == "machine 127.0.0.1"
    assert clients.share(("127.0.0.1", 6003, "tcp-1")) != clients.share(("127.0.0.1", 6004, "ws-2"))

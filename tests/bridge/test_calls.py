"""JSON to messages and back, without a daemon: whatever arrives is a message or is refused."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import inbox
from bridge.commands import BY_ADDRESS, BY_TASK, REPLIES
from bridge.http.calls import as_json, message, parse
from bridge.http.guard import Guard
from bridge.inbox import Refused
from bridge.limits import Limiter
from bridge.osc import encode
from bridge.token import Keys
from engine import PARAMS

WORDS = st.one_of(st.text(max_size=20), st.sampled_from(["id", "prompt", "seconds", "path", "start", *PARAMS]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(WORDS, below, max_size=6),
    max_leaves=20,
)


@given(st.one_of(st.sampled_from(sorted(BY_ADDRESS)), st.text(max_size=20)), JSON)
def test_any_json_is_a_message_or_refused(address: str, body: Any) -> None:
    try:
        call = inbox.read(message(address, body))
        assert call.command is BY_ADDRESS[address]
        if call.command.task:
            inbox.request(call, "tone")
    except Refused:
        pass


@given(st.binary(max_size=200))
def test_any_bytes_are_json_or_refused(data: bytes) -> None:
    with contextlib.suppress(Refused):
        found = parse(data)
        assert parse(json.dumps(found, allow_nan=False).encode()) == found


@pytest.mark.parametrize("text", [r'"\ud800"', r'{"\udfff": 1}', "NaN", "1e", "1e999", "9" * 5000, "[" * 10000, ""])
def test_what_is_no_json_or_no_text_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="this is no JSON") as refused:
        parse(text)
    assert refused.value.code == "bad-packet"


def refused(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether the guard refuses a request of this machine with these headers."""
    scope = {"type": "http", "headers": headers, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 9631)}
    return Guard(lambda *_: None, Keys(), Limiter(0)).why_not(scope) is not None  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize("host", ["evil@127.0.0.1", "127.0.0.1/", "127.0.0.1\\", "[::1", "127.0.0.1 "])
def test_a_host_that_no_browser_sends_is_refused(host: str) -> None:
    assert refused([(b"host", host.encode())])


@pytest.mark.parametrize("task", sorted(BY_TASK))
def test_every_task_takes_its_arguments_by_name(task: str) -> None:
    """The same message as over OSC, with the arguments' own names and nothing but what has no default."""
    given_ones = {"id": "1", "path": "/a.wav", "prompt": "rain", "prompts": "rain | wind", "regions": "1-2",
                  "text": "Mind the gap."}
    command = BY_TASK[task]
    body = {arg.name: given_ones[arg.name] for arg in command.args if arg.name in given_ones}
    if task == "inpaint":
        body["regions"] = given_ones["regions"]
    request = inbox.request(inbox.read(message(command.address, body)), "tone")
    assert request.task == task
    if task == "inpaint":
        assert request.regions == "1-2"


def test_replies_have_the_names_of_the_table() -> None:
    for reply in REPLIES:
        values = tuple({"i": 1, "f": 0.5, "s": "text", "b": b"1234"}[arg.tag] for arg in reply.args)
        named = as_json(reply.address, values)["args"]
        assert list(named) == [arg.name for arg in reply.args]
        assert encode(reply.address, *values)
    assert as_json("/bridge/ready", ("1", "tone", 48000, "a", "b"))["args"]["capability"] == ["a", "b"]
    assert as_json("/bridge/error", ("code", "text"))["args"] == {"code": "code", "text": "text"}
    assert as_json("/job/take", ("1", 0, "/p", 1, 1, 1, float("nan")))["args"]["score"] is None


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_the_guard_reads_any_header(host: bytes, origin: bytes) -> None:
    assert refused([(b"host", b"127.0.0.1:9631"), (b"origin", origin)])
    allowed = host.lower().partition(b":")[0] in (b"127.0.0.1", b"localhost", b"[")
    assert allowed or refused([(b"host", host)])

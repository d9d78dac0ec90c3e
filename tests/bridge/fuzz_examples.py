"""What `test_fuzz.py` sends: packets, streams and JSON, about right and spoilt. The same ones every time; with
FUZZ_EXAMPLES=5000 that many new ones for each way in."""

from __future__ import annotations

import os
import struct

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from bridge.commands import BY_ADDRESS, COMMANDS, REPLIES, parameter_names
from bridge.framing import Framing, frame
from bridge.osc import encode

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
fuzzing = settings(
    max_examples=EXAMPLES or 100, derandomize=not EXAMPLES, database=None, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip

LEFT_OUT = {"/bridge/model"}  # a good name would load another model, which is slow and no surprise
ADDRESSES = sorted(({*BY_ADDRESS, *(reply.address for reply in REPLIES)} - LEFT_OUT) | {"/", "", "/nothing", "/*"})
KEYS = sorted({*parameter_names(), "reply_port", "priority", "nothing"} - {"takes", "seconds", "rate", "candidates"})

numbers = st.one_of(
    st.integers(-(2**31), 2**31 - 1), st.floats(width=32), st.sampled_from([0, 1, -1, 0.05, 1e9, 2**31 - 1])
)
words = st.one_of(st.text(max_size=30), st.sampled_from(["", "A4", "seed", "\0", "/", "x" * 1500, "\U0001f525" * 40]))
arguments = st.lists(st.one_of(numbers, words, st.binary(max_size=20), st.sampled_from(KEYS)), max_size=8)
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, st.integers(), words),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(words, inner, max_size=4)),
    max_leaves=8,
)


@st.composite
def spoilt(draw: st.DrawFn, whole: st.SearchStrategy[bytes]) -> bytes:
    """What another strategy makes, with bytes changed, left out or put in at up to four places; often none."""
    found = bytearray(draw(whole))
    for _ in range(draw(st.sampled_from([0, 0, 1, 2, 4]))):
        at = draw(st.integers(0, len(found)))
        found[at : at + draw(st.integers(0, 4))] = draw(st.binary(max_size=4))
    return bytes(found)


@st.composite
def calls(draw: st.DrawFn) -> bytes:
    """A command of the table with about the right arguments."""
    command = draw(st.sampled_from([one for one in COMMANDS if one.address not in LEFT_OUT]))
    fitting = {"s": words, "i": numbers, "f": numbers, "b": st.binary(max_size=20)}
    args = [draw(fitting[arg.tag]) for arg in command.args]
    pairs = draw(st.lists(st.tuples(st.sampled_from(KEYS), st.one_of(numbers, words)), max_size=3))
    # a render that is taken has to be short
    short = ("seconds", 0.05) if command.settings and "seconds" in parameter_names(command.task) else ()
    return encode(command.address, *args, *short, *(part for pair in pairs for part in pair))


anything = st.builds(lambda address, args: encode(address, *args), st.sampled_from(ADDRESSES), arguments)
messages = st.one_of(calls(), anything)
bundles = st.lists(messages, max_size=4).map(
    lambda inner: b"#bundle\0" + bytes(8) + b"".join(struct.pack(">i", len(one)) + one for one in inner)
)
packets = spoilt(st.one_of(messages, bundles, st.binary(max_size=200)))
framed = st.builds(
    lambda framing, inside: b"".join(frame(packet, framing) for packet in inside),
    st.sampled_from(Framing),
    st.lists(packets, max_size=5),
)
streams = spoilt(framed)

_lines = st.builds(
    lambda method, path, version: f"{method} {path} {version}".encode("utf-8", "surrogatepass"),
    st.sampled_from(["GET", "POST", "DELETE", "OPTIONS", "get", "", "\x7f"]),
    st.one_of(st.sampled_from([*ADDRESSES, "/jobs/..%2f..%2fetc", "/clips?name=../x", "*"]), st.text(max_size=40)),
    st.sampled_from(["HTTP/1.1", "HTTP/1.0", "HTTP/9", ""]),
)
_headers = st.lists(
    st.one_of(
        st.sampled_from([
            b"Host: 127.0.0.1", b"Host: evil.example", b"Content-Length: 5", b"Content-Length: -1",
            b"Content-Length: 99999999999999", b"Transfer-Encoding: chunked", b"Upgrade: websocket",
            b"Connection: Upgrade", b"Sec-WebSocket-Key: AAAA", b"Sec-WebSocket-Version: 13", b"Range: bytes=9-1",
        ]),
        st.binary(max_size=40),
    ), max_size=6,
)  # fmt: skip
requests = spoilt(
    st.builds(
        lambda line, heads, body: b"\r\n".join([line, *heads, b"", body]), _lines, _headers, st.binary(max_size=80)
    )
)

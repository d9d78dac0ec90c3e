"""Every value that arrives is either clean or refused with its name, its value and the range."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import PARAMS, BadRequest, EngineError, Param, UnknownKey, check

NUMBERS = [param for param in PARAMS.values() if param.tag in "fi"]
TEXTS = [param for param in PARAMS.values() if param.tag == "s"]


@pytest.mark.parametrize("param", PARAMS.values(), ids=PARAMS)
def test_every_row_is_sound(param: Param) -> None:
    assert param.tag in "fis"
    assert param.low <= param.high
    assert param.help
    assert check(param.name, param.default) == param.default
    assert all(check(param.name, choice) == choice for choice in param.choices)


@pytest.mark.parametrize("param", NUMBERS, ids=lambda param: param.name)
def test_bounds_are_included_and_what_is_beyond_is_refused(param: Param) -> None:
    assert check(param.name, param.low) == param.low
    assert check(param.name, param.high) == param.high
    for value in (param.low - 1, param.high + 1, math.nan, math.inf, -math.inf):
        complaint = f"{param.name} must be .*{param.range.split()[-1]}.*got {value}"
        with pytest.raises(BadRequest, match=complaint) as caught:
            check(param.name, value)
        assert caught.value.name == param.name
        assert caught.value.code == "bad-value"


@pytest.mark.parametrize("param", NUMBERS, ids=lambda param: param.name)
@pytest.mark.parametrize("value", [True, False, "1", b"1", [1], {}, 1j, object()])
def test_what_is_not_a_number_is_refused(param: Param, value: Any) -> None:
    with pytest.raises(BadRequest, match=param.name):
        check(param.name, value)


@pytest.mark.parametrize("param", TEXTS, ids=lambda param: param.name)
@pytest.mark.parametrize("value", [1, 1.5, True, b"peak", ["peak"]])
def test_what_is_not_text_is_refused(param: Param, value: Any) -> None:
    with pytest.raises(BadRequest, match=f"{param.name} must be text"):
        check(param.name, value)


def test_whole_numbers_may_come_as_floats_and_as_numpy_scalars() -> None:
    for value in (3, 3.0, np.float32(3), np.int64(3)):
        clean = check("takes", value)
        assert clean == 3
        assert type(clean) is int
    assert type(check("seconds", 4)) is float
    with pytest.raises(BadRequest, match=r"takes must be a whole number, 1 to 16, got 2\.5"):
        check("takes", 2.5)


def test_the_error_reads_well() -> None:
    with pytest.raises(BadRequest) as caught:
        check("seconds", -1)
    assert caught.value.text == "seconds must be 0.05 to 60 s, got -1"
    with pytest.raises(BadRequest, match=r"level must be peak \| loudness \| none \| ahead, got 'loud'"):
        check("level", "loud")
    with pytest.raises(BadRequest, match="seed must be 0 to 2147483647, got 2147483648"):
        check("seed", 2**31)


def test_an_unknown_key_names_the_nearest() -> None:
    with pytest.raises(UnknownKey, match=r"unknown key 'secs': did you mean seconds\?") as caught:
        check("secs", 1)
    assert caught.value.code == "unknown-key"
    with pytest.raises(UnknownKey, match="unknown key 'zzz': known are prompt, "):
        check("zzz", 1)


@pytest.mark.parametrize("text", ["a\x00b", "bell\x07", "esc\x1b[2J", "half \ud800 pair"])
def test_text_that_no_file_or_terminal_should_see_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="control characters"):
        check("prompt", text)


def test_text_is_trimmed_before_its_length_is_checked() -> None:
    assert check("prompt", "  rain \n") == "rain"
    assert check("prompt", " " * 2000 + "x" * 1000) == "x" * 1000
    with pytest.raises(BadRequest, match="prompt must be 0 to 1000 characters long, got 1001"):
        check("prompt", "x" * 1001)


def test_an_error_about_a_huge_value_is_short() -> None:
    with pytest.raises(BadRequest) as caught:
        check("takes", "x" * 100_000)
    assert len(caught.value.text) < 200


ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.lists(st.integers())
)  # fmt: skip


@settings(deadline=None)
@given(st.sampled_from([*PARAMS, "what"]), ANYTHING)
def test_nothing_else_ever_comes_out(name: str, value: Any) -> None:
    try:
        clean = check(name, value)
    except EngineError:
        return
    assert check(name, clean) == clean


@pytest.mark.parametrize("value", [10**400, -(10**400), 10**5000], ids=["1e400", "-1e400", "1e5000"])
def test_a_number_that_no_float_holds_is_refused_like_any_other(value: int) -> None:
    for name in ("seed", "seconds"):
        with pytest.raises(BadRequest, match=f"{name} must be .* got a number of [0-9]+ bits"):
            check(name, value)

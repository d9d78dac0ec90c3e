"""What a stream may be asked for: checks of settings and prompts, and weights that become a mixture."""

from __future__ import annotations

import pytest

import engine
from bridge.live.wish import Wish, written
from tests.bridge.live_simulation import RATE, wish


def test_wishes_are_checked() -> None:
    for given, text in [
        ({"guidance": 21.0}, "guidance must be 0 to 20, got 21.0"),
        ({"seed": -1}, "seed must be a whole number, 0 to 2147483647, got -1"),
        ({"window": 0.5}, "window must be 1 to 8 s, got 0.5"),
        ({"weight9": 1.0}, "unknown key 'weight9': did you mean weight"),
        ({"weight1": float("nan")}, "weight1 must be 0 to 1"),
        ({"quality": "good"}, "quality must be draft | normal | best"),
    ]:
        with pytest.raises(engine.BadRequest) as caught:
            Wish().with_settings(given)
        assert text in str(caught.value)
    with pytest.raises(engine.BadRequest, match=r"without \|"):
        Wish().with_prompt(1, "rain | thunder")
    assert written(Wish().with_prompt(8, " a: 3 ", 0.5).mixture) == "a: 3 : 1"
    mixture = wish("a", "b", "c", weight1=0.1, weight2=0.0001, weight3=0.3).mixture
    assert written(mixture) == "c : 0.75 | a : 0.25"
    asked = wish("a: 3", "b").request(wish("a: 3", "b").mixture, 1, 4.0, RATE, "tone", None)
    assert asked.weighted_prompts == (("a: 3", 0.5), ("b", 0.5))

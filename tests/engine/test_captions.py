"""Sentences made of the words that a rendering recorded."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.training.corpus.captions import PREPOSITIONS, caption, phrase, two_events

WORDS = {
    "distance": "distant", "intensity": "loud", "size": "big", "speed": "fast", "pitch": "low",
    "surface": "on gravel", "space": "in a large hall",
}  # fmt: skip


def test_adjectives_stand_before_the_noun_and_places_after_it() -> None:
    assert phrase("dog bark", {"pitch": "low"}) == "low dog bark"
    assert phrase("footsteps", {"space": "in a tunnel", "surface": "on snow"}) == "footsteps on snow in a tunnel"
    assert phrase("whale song", {"space": "underwater", "pitch": "high"}) == "high whale song underwater"
    assert phrase("rain", {}) == "rain"


def test_the_order_is_that_of_speech_whatever_was_drawn_first() -> None:
    expected = "distant loud big fast low footsteps on gravel in a large hall"
    assert phrase("footsteps", WORDS) == phrase("footsteps", dict(reversed(WORDS.items()))) == expected


def test_a_word_of_an_unknown_attribute_is_said_too() -> None:
    assert phrase("piano", {"mood": "sad"}) == "sad piano"


@given(
    seed=st.integers(0, 10_000),
    noun=st.sampled_from(["rain", "owl", "footsteps", "door slam", "knocking"]),
    words=st.dictionaries(st.sampled_from(sorted(WORDS)), st.sampled_from(["low", "loud", "on wood", "in a tunnel"])),
)
def test_every_caption_names_its_sound_and_says_nothing_that_was_not_drawn(
    seed: int, noun: str, words: dict[str, str]
) -> None:
    text = caption(np.random.default_rng(seed), (noun,), words)
    assert noun in text
    rest = text.replace(noun, " ")
    for word in sorted(words.values(), key=len, reverse=True):
        rest = rest.replace(word, " ")
    assert set(rest.split()) <= {"the", "sound", "effect", "of", "a", "an", "recording"}
    assert text == " ".join(text.split()) == text.lower()


@pytest.mark.parametrize(
    ("noun", "wrong"), [("owl", "a owl"), ("rain", "an rain"), ("footsteps", "a footsteps"), ("knocking", "a knocking")]
)
def test_articles_fit_their_nouns(noun: str, wrong: str) -> None:
    texts = [caption(np.random.default_rng(seed), (noun,), {}) for seed in range(60)]
    assert not any(f" {wrong}" in f" {text}" for text in texts)
    assert len(set(texts)) > 2


def test_words_are_left_out_now_and_then_as_people_do() -> None:
    texts = [caption(np.random.default_rng(seed), ("dog bark",), {"pitch": "low"}) for seed in range(300)]
    assert 0.75 < np.mean(["low" in text for text in texts]) < 0.95


def test_two_events_are_said_in_their_order() -> None:
    rng = np.random.default_rng(0)
    one_after = {two_events(rng, "gunshot", "dog bark", together=False) for _ in range(50)}
    both = {two_events(rng, "gunshot", "rain", together=True) for _ in range(50)}
    assert len(one_after) == len(both) == 3
    assert all(text.index("gunshot") < text.index("dog bark") for text in one_after)
    assert all("followed by" in text or "then" in text for text in one_after)
    assert not any("then" in text or "followed" in text for text in both)


def test_prepositions_are_single_lower_case_words() -> None:
    assert all(word.isalpha() and word.islower() for word in PREPOSITIONS)

"""Reading a prompt: what it excludes, whether it names two sounds, which attributes it gives. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Attributes", "Parts", "parts", "without_negated"]

NEGATORS = frozenset({"without", "no", "not", "minus", "excluding", "except", "never"})
FILLERS = frozenset({"any", "a", "an", "the", "too", "very", "so", "much", "being", "of"})
TURNS = frozenset({"but", "just", "only", "and", "then", "with"})
ONE_AFTER_ANOTHER = (("followed", "by"), ("and", "then"), ("then",), ("before",))
TOGETHER = (("over",), ("while",), ("and",), ("with",), ("plus",))


def without_negated(words: Sequence[str]) -> list[str]:
    """The words less what a negator takes out: one word, or two that end the clause; all of them if nothing remains.

    "rain without thunder" → rain; "not too loud dog barking" → dog barking; "no music just waves" → just waves.
    """
    kept, place = [], 0
    while place < len(words):
        if words[place] not in NEGATORS:
            kept.append(words[place])
            place += 1
            continue
        place += 1
        while place < len(words) and words[place] in FILLERS:
            place += 1
        stop = place
        while stop < len(words) and words[stop] not in TURNS:
            stop += 1
        place = stop if stop - place <= 2 else place + 1
    return kept or list(words)


@dataclass(frozen=True)
class Parts:
    """A prompt that may name two sounds: the words of each, and whether one follows the other or both sound at once."""

    first: tuple[str, ...]
    second: tuple[str, ...]
    together: bool


def parts(words: Sequence[str]) -> list[Parts]:
    """Every way to read the words as two sounds, the more telling connectives first; [] for a single sound."""
    found = []
    for connectives, together in ((ONE_AFTER_ANOTHER, False), (TOGETHER, True)):
        for connective in connectives:
            size = len(connective)
            for at in range(1, len(words) - size):
                if tuple(words[at : at + size]) == connective:
                    first, second = tuple(words[:at]), tuple(words[at + size :])
                    found.append(Parts(first, _foreground(second), together))
    return found


def _foreground(words: tuple[str, ...]) -> tuple[str, ...]:
    """"rain in the background" as the second sound is rain."""
    return words[:-3] if len(words) > 3 and words[-3:] == ("in", "the", "background") else words


class Attributes:
    """Finds attribute words in a prompt.

    meanings: a wording of one to five words → the attributes it may stand for ("cathedral" → in a large hall).
    places: attributes of where a sound is heard; their wordings are no part of what the sound is.
    """

    def __init__(self, meanings: Mapping[str, Sequence[str]], places: Sequence[str]) -> None:
        self._meanings = {tuple(wording.split()): tuple(names) for wording, names in meanings.items()}
        self._places = frozenset(places)
        self._longest = max((len(wording) for wording in self._meanings), default=0)

    def read(self, words: Sequence[str]) -> tuple[list[tuple[str, ...]], list[str]]:
        """(the attributes each wording found may stand for, the words less those that name a place); longest first."""
        found: list[tuple[str, ...]] = []
        rest: list[str] = []
        place = 0
        while place < len(words):
            for size in range(min(self._longest, len(words) - place), 0, -1):
                wording = tuple(words[place : place + size])
                if wording in self._meanings:
                    break
            else:
                size, wording = 1, ()
            if wording:
                found.append(self._meanings[wording])
            if not (wording and self._places.issuperset(self._meanings[wording])):
                rest += words[place : place + size]
            place += size
        return found, rest or list(words)

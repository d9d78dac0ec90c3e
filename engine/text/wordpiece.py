"""Word pieces: lower-case text to vocabulary numbers, by greedy longest match as in BERT (Devlin et al. 2019).

The vocabulary holds the Latin letters, digits and their pieces ("##s" continues a word); anything else separates words.
A word that the vocabulary would break up is first looked up among known words at edit distance one, so that a typing
error does not turn into noise.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

__all__ = ["WordPieces"]

WORD = re.compile(r"[a-z0-9]+")
LETTERS = "abcdefghijklmnopqrstuvwxyz"
LONGEST_WORD = 40
SHORTEST_CORRECTED = 4


class WordPieces:
    """A vocabulary and the words whose misspellings are repaired.

    pieces: every piece once, its place is its number; holds each letter and digit alone and continuing.
    known: whole words that typing errors are corrected to.
    """

    def __init__(self, pieces: Sequence[str], known: Iterable[str] = ()) -> None:
        self.pieces = tuple(pieces)
        self._numbers = {piece: number for number, piece in enumerate(self.pieces)}
        self._known = frozenset(word for word in known if len(word) >= SHORTEST_CORRECTED)

    def words(self, text: str) -> list[str]:
        """Lower-case words without accents and punctuation: "Don't  STOP, café" → don, t, stop, cafe."""
        plain = unicodedata.normalize("NFKD", text.lower())
        return WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))

    def encode(self, text: str, limit: int = 64) -> list[int]:
        """Numbers of the text's pieces, at most `limit`; empty for a text without any letter or digit."""
        numbers: list[int] = []
        for word in self.words(text):
            numbers += self._split(self.corrected(word[:LONGEST_WORD]))
            if len(numbers) >= limit:
                break
        return numbers[:limit]

    def corrected(self, word: str) -> str:
        """The word, or the known word one edit away if the vocabulary does not hold it whole and there is one."""
        if word in self._numbers or word in self._known or len(word) < SHORTEST_CORRECTED or not word.isalpha():
            return word
        return min((c for c in _edits(word) if c in self._known), default=word)

    def _split(self, word: str) -> list[int]:
        numbers, start = [], 0
        while start < len(word):
            prefix = "##" if start else ""
            for stop in range(len(word), start, -1):
                number = self._numbers.get(prefix + word[start:stop])
                if number is not None:
                    numbers.append(number)
                    break
            else:
                stop = start + 1
            start = stop
        return numbers


def _edits(word: str) -> Iterable[str]:
    """Words one swap, deletion, replacement or insertion away (Damerau 1964)."""
    for i in range(len(word) + 1):
        head, tail = word[:i], word[i:]
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
        if tail:
            yield head + tail[1:]
            yield from (head + letter + tail[1:] for letter in LETTERS)
        yield from (head + letter + tail for letter in LETTERS)

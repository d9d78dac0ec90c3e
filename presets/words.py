"""Small helpers for words that people wrote: variables in prompts, and which known word an unknown one may mean."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

_GAP = re.compile(r"\{([^{}]*)\}")


def nearest(word: object, known: Iterable[str]) -> str:
    """What an error says after an unknown word: the nearest known one, or all of them if none is near."""
    known = sorted(known)
    close = difflib.get_close_matches(str(word)[:200], known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(known)}"


def gaps(text: str) -> tuple[str, ...]:
    """The variables of a text, in order: "a {size} dog" → size."""
    return tuple(match[1].strip() for match in _GAP.finditer(text))


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its variables filled in, and with one space where an empty one leaves two."""
    return re.sub(r"\s+", " ", _GAP.sub(lambda match: values[match[1].strip()], text)).strip() if gaps(text) else text

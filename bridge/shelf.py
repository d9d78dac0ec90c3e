"""The presets as the daemon and the command line use them: found by name or by likeness, and made into requests."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from bridge.folders import default_presets
from engine import PARAMS, BadRequest, Request, meaning_vectors, sound_vectors, unknown_key
from presets import Library, PackError, Preset
from presets.search import word_score

AT_ONCE = 32
"""Presets whose vectors are made while a client waits, which takes a tenth of a second; more are left to a thread."""
FOUND = 12
"""How many a search gives unless told otherwise."""
MOST_FOUND = 100
_LIKENESS = 0.6
"""What likeness of sound, and of meaning, count beside words: enough to find what no word names, and never more."""
_LEAST = 0.4
"""Of a score; what is below fits by accident."""


class Shelf:
    """All presets of the user.

    A search goes by words and by likeness. The vectors that likeness needs are made once: aside by `prepare`, or by the
    search itself where they are few or `wait` says so; before that it goes by words alone.
    """

    def __init__(self, library: Library | None = None) -> None:
        self.library = library or Library(default_presets())
        self._known: dict[tuple[str, str], Any] = {}
        self._making = threading.Lock()

    def warm(self) -> None:
        """Make the vectors of all presets. Takes half a second; to be called in a thread of its own."""
        with self._making:
            self._vectors(list(self.library.presets()))

    def prepare(self) -> None:
        """Have the vectors made aside, unless they are there or being made."""
        if any(_texts(preset) not in self._known for preset in self.library.presets()) and not self._making.locked():
            threading.Thread(target=self.warm, name="presets", daemon=True).start()

    def search(self, query: str, count: int = FOUND, wait: bool = False) -> list[tuple[Preset, float]]:
        """Presets that fit a query, the best first, with their scores. `wait`: make all vectors now."""
        presets = list(self.library.presets())
        scores = [word_score(preset, query) for preset in presets]
        new = sum(_texts(preset) not in self._known for preset in presets)
        if wait or new <= AT_ONCE:
            sounds, meanings = self._vectors(presets)
            likeness = sounds @ sound_vectors([query])[0] + meanings @ meaning_vectors([query])[0]
            scores = [score + _LIKENESS * float(like) for score, like in zip(scores, likeness, strict=True)]
        else:
            self.prepare()
        ranked = sorted(zip(presets, scores, strict=True), key=lambda found: -found[1])
        return [(preset, score) for preset, score in ranked[:count] if score >= _LEAST]

    def _vectors(self, presets: list[Preset]) -> tuple[Any, Any]:
        """(N, 256) of how they sound and (N, 128) of what is said of them."""
        import numpy as np  # here, as the command line has no use for it until somebody searches

        for preset in presets:
            texts = _texts(preset)
            if texts not in self._known:
                self._known[texts] = (sound_vectors([texts[0]])[0], meaning_vectors([texts[1]])[0])
        rows = [self._known[_texts(preset)] for preset in presets]
        return np.array([sound for sound, _ in rows]), np.array([meaning for _, meaning in rows])


def _texts(preset: Preset) -> tuple[str, str]:
    prompt = preset.prompt.partition("|")[0]
    return prompt, " ".join([prompt, preset.name.replace("-", " "), *preset.tags])


def request_of(preset: Preset, given: Mapping[str, Any], model: str | None = None) -> Request:
    """The request of a preset. given: values of its variables, and settings that go before its own; checked already.

    model: the one that will render it. Raises BadRequest, for a preset that is not for it, too.
    """
    known = (*(name for name in PARAMS if name != "task"), *preset.variables)
    for key in given:
        if key not in known:
            raise unknown_key(key, known)
    try:
        asked = preset.asked(given)
    except PackError as error:
        raise BadRequest(preset.name, str(error)) from None
    if model and not preset.suits(str(asked.get("model") or model)):
        text = f"{preset.full_name} is for {' or '.join(preset.models)}, and not for {model}: change the model first"
        raise BadRequest("model", text)
    if model:
        asked.setdefault("model", model)
    return Request.from_dict(asked)


def check_preset(preset: Preset) -> None:
    """Raise PackError for a preset whose request is out of range, with any choice of its variables."""
    try:
        request_of(preset, {})
        for variable, choices in preset.variables.items():
            for choice in choices:
                request_of(preset, {variable: choice})
    except BadRequest as error:
        raise PackError(str(error)) from error

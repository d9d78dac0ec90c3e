"""Words to phonemes, and phonemes to the numbers that AudioLDM 2's speech models were trained on.

The words are read by espeak-ng, through phonemizer, as the authors did it: American English in IPA, with stress and
punctuation kept. phonemizer is imported where it is needed.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from engine.errors import BadRequest, ModelError
from engine.params import shown

LANGUAGE = "en-us"
"""What the published speech models speak, as espeak-ng calls it."""
LENGTH = 310
"""Symbols that the models take at once, the end included."""
PAD, END = "_", "⚠"
"""What fills up what is shorter, and what follows the last phoneme."""

_PUNCTUATION = ';:,.!?¡¿—…"«»“” '
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_IPA = (
    "ɑɐɒæɓʙβɔɕçɗɖðʤəɘɚɛɜɝɞɟʄɡɠɢʛɦɧħɥʜɨɪʝɭɬɫɮʟɱɯɰŋɳɲɴøɵɸθœɶʘɹɺɾɻʀʁɽʂʃʈʧʉʊʋⱱʌɣɤʍχʎʏʑʐʒʔʡʕʢǀǁǂǃ"
    "ˈˌːˑʼʴʰʱʲʷˠˤ˞↓↑→↗↘'\u0329'ᵻ"
)
_SPECIAL = "♪☎☒☝" + END
VOCABULARY: Mapping[str, int] = MappingProxyType(
    {symbol: number for number, symbol in enumerate(PAD + _PUNCTUATION + _LETTERS + _IPA + _SPECIAL)}
)
"""Numbers of the symbols, 0 to 182, as in the authors' code (audioldm2/latent_diffusion/util.py). The apostrophe is
listed there twice, and means its later place."""

INSTALL = (
    "apt install espeak-ng on Debian and Ubuntu, brew install espeak-ng on macOS, winget install espeak-ng on Windows"
)


def phonemes_of(words: str, language: str = LANGUAGE) -> str:
    """The words in IPA, on one line, as espeak-ng reads them.

    Raises `ModelError`, which says what to install, if espeak-ng is not there, and `BadRequest` for words of which
    nothing can be said.
    """
    line = " ".join(words.split())
    # An empty line is read as no line at all.
    phonemes = re.sub(r"\s+", " ", "".join(_espeak(language).phonemize([line], strip=True))).strip()
    if not any(symbol.isalpha() for symbol in phonemes):
        raise BadRequest("transcript", f"transcript must hold words that can be said, got {shown(words)}")
    return phonemes


@functools.cache
def _espeak(language: str) -> Any:
    from phonemizer.backend import EspeakBackend

    try:
        return EspeakBackend(
            language, preserve_punctuation=True, with_stress=True, language_switch="remove-flags", logger=_quiet()
        )
    except RuntimeError as error:
        text = f"words cannot be read, as espeak-ng is not installed: {INSTALL}"
        raise ModelError(f"{text}; or give phonemes in IPA, with spelling phonemes") from error


def _quiet() -> Any:
    """A logger that keeps phonemizer's remarks about words in other languages to itself."""
    import logging

    logger = logging.getLogger("engine.phonemes")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return logger


@dataclass(frozen=True, slots=True)
class Symbols:
    """What a model's text encoder knows. numbers: of each symbol. length: of what it takes at once, end included."""

    numbers: Mapping[str, int] = field(default_factory=lambda: VOCABULARY)
    length: int = LENGTH

    def ids(self, phonemes: str) -> list[int]:
        """Numbers of the phonemes and the end. Marks that the model does not know are left out.

        Raises `BadRequest` for what is longer than the model takes, and for phonemes of which it knows none.
        """
        known = [symbol for symbol in phonemes if symbol in self.numbers and symbol not in (PAD, END)]
        if not any(symbol.isalpha() for symbol in known):
            text = f"transcript must hold phonemes in IPA, such as 'həlˈoʊ wˈɜːld', got {shown(phonemes)}"
            raise BadRequest("transcript", text)
        if len(known) >= self.length:
            text = f"transcript must be 1 to {self.length - 1} phonemes with this model, got {len(known)}"
            raise BadRequest("transcript", f"{text}: say it in several requests, a sentence each")
        return [*(self.numbers[symbol] for symbol in known), self.numbers[END]]


def read_symbols(folder: Path, vocabulary: int, length: int = LENGTH) -> Symbols:
    """The symbols in the folder of a VitsTokenizer, `vocab.json` and `tokenizer_config.json`.

    vocabulary: how many the encoder has embeddings for; length: of what its positions hold. Raises `ModelError` if the
    files are missing, damaged, or more than that.
    """
    try:
        found = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
        config = folder / "tokenizer_config.json"
        own = json.loads(config.read_text(encoding="utf-8")) if config.is_file() else {}
        numbers = {str(symbol): int(number) for symbol, number in found.items()}
        most = min(length, int(min(own.get("model_max_length", length), 1e9)))
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ModelError(f"the phonemes in {folder} cannot be read: {error}") from error
    numbers.setdefault(END, VOCABULARY[END])
    if max(numbers.values(), default=0) >= vocabulary or min(numbers.values(), default=0) < 0:
        text = f"the phonemes in {folder} must be 0 to {vocabulary - 1}, as the text encoder knows them"
        raise ModelError(f"{text}, found {max(numbers.values())}")
    return Symbols(MappingProxyType(numbers), most)

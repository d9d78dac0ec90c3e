"""Words become phonemes as the speech models were trained with them, and phonemes the numbers that they know."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import BadRequest, ModelError
from engine.phonemes import END, LENGTH, VOCABULARY, Symbols, phonemes_of, read_symbols


@pytest.fixture
def reader(peer) -> str:
    return peer("espeak-ng")


@pytest.mark.peers
def test_words_are_read_with_stress_and_punctuation(reader: str) -> None:
    assert phonemes_of("Hello, world!") == "həlˈoʊ, wˈɜːld!"


@pytest.mark.peers
def test_phonemes_are_those_that_espeak_itself_says(reader: str) -> None:
    """Word for word, without punctuation, at which the library cuts."""
    said = subprocess.run(
        [reader, "-q", "--ipa", "-v", "en-us", "the quick brown fox"], capture_output=True, text=True, check=True
    )
    assert phonemes_of("the quick brown fox") == said.stdout.strip()


@pytest.mark.peers
def test_lines_tags_and_other_alphabets_become_one_line_that_the_model_knows(reader: str) -> None:
    phonemes = phonemes_of("Naïve  café —\n\t(two) “words” <b>5</b> and Вода.")
    assert "\n" not in phonemes and "  " not in phonemes
    ids = Symbols().ids(phonemes)
    assert ids[-1] == VOCABULARY[END] and all(0 < number < 183 for number in ids)


@pytest.mark.peers
@pytest.mark.parametrize("words", ["", " ", "...", "?!", "—"])
def test_what_cannot_be_said_is_named(reader: str, words: str) -> None:
    with pytest.raises(BadRequest, match="transcript must hold words that can be said"):
        phonemes_of(words)


def test_a_missing_reader_says_what_to_install() -> None:
    """In a process of its own, whose environment hides the library."""
    code = (
        "from engine.phonemes import phonemes_of\n"
        "from phonemizer.backend.espeak.wrapper import EspeakWrapper\n"
        "from phonemizer.backend import EspeakBackend\n"
        "EspeakBackend.is_available = classmethod(lambda own: False)\n"
        "try: phonemes_of('hello')\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("ModelError words cannot be read, as espeak-ng is not installed: apt install")
    assert "spelling phonemes" in done.stdout


def test_the_numbers_are_the_authors() -> None:
    assert len(VOCABULARY) == 182, "183 places, one of which the apostrophe has given up"
    assert [VOCABULARY[one] for one in ("_", ";", " ", "A", "a", "ɑ", "ˈ", "'", "ᵻ", END)] == [
        0, 1, 16, 17, 43, 69, 156, 176, 177, 182,
    ]  # fmt: skip


def test_marks_that_the_model_does_not_know_are_left_out() -> None:
    symbols = Symbols()
    assert symbols.ids("(a)") == symbols.ids("a") == [VOCABULARY["a"], VOCABULARY[END]]
    assert symbols.ids("a_⚠") == symbols.ids("a"), "what ends and fills up is not the sender's to say"


def test_phonemes_beyond_the_models_length_are_said_and_not_cut() -> None:
    symbols = Symbols()
    assert len(symbols.ids("a" * (LENGTH - 1))) == LENGTH
    with pytest.raises(BadRequest, match="1 to 309 phonemes with this model, got 310: say it in several requests"):
        symbols.ids("a" * LENGTH)
    with pytest.raises(BadRequest, match="phonemes in IPA"):
        symbols.ids("你好!")


def test_a_tokenizers_folder_gives_its_own_numbers(tmp_path: Path) -> None:
    numbers = {"_": 0, "a": 1, "b": 2}
    (tmp_path / "vocab.json").write_text(json.dumps(numbers))
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"model_max_length": 7}))
    symbols = read_symbols(tmp_path, 183, 310)
    assert symbols.length == 7
    assert symbols.ids("abba") == [1, 2, 2, 1, 182]
    assert read_symbols(tmp_path, 183, 5).length == 5, "never more than the positions that the model has"
    with pytest.raises(ModelError, match="must be 0 to 9, as the text encoder knows them, found 182"):
        read_symbols(tmp_path, 10)
    (tmp_path / "vocab.json").write_text("[1, 2")
    with pytest.raises(ModelError, match="cannot be read"):
        read_symbols(tmp_path, 183)
    shutil.rmtree(tmp_path)
    with pytest.raises(ModelError, match="cannot be read"):
        read_symbols(tmp_path, 183)

"""Packs of presets: what ships is sound, and a slip in one is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import presets
from engine import PARAMS, Request

ROOT = Path(__file__).parents[1]


def test_a_preset_may_say_everything_that_a_request_can() -> None:
    assert sorted(presets.REQUEST_KEYS) == sorted(PARAMS)


@pytest.mark.parametrize("pack", presets.packs())
def test_every_preset_that_ships_makes_a_request(pack: str) -> None:
    loaded = presets.load(pack)
    assert loaded
    for name, preset in loaded.items():
        assert preset.name == name
        assert preset.tags
        assert "{" not in preset.prompt
        request = Request.from_dict(preset.asked())
        assert request.prompts == preset.prompt if request.task == "morph" else request.prompt == preset.prompt
        for variable, choices in preset.variables.items():
            for choice in choices:
                assert choice in Request.from_dict(preset.asked({variable: choice})).prompt


def test_enough_presets_ship_and_their_names_are_their_own() -> None:
    every = list(presets.Library().presets())
    assert sum(preset.suits("pocket") for preset in every) >= 150
    assert len({preset.name for preset in every}) == len(every)
    assert len({preset.why for preset in every}) == len(every)
    assert all(preset.models for preset in every if not preset.suits("pocket"))


def test_the_default_pack_holds_the_readmes_first_sound() -> None:
    first = presets.load()["deep-kick"]
    assert first.request == {"prompt": "a deep kick drum in a large hall", "seconds": 1.5}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[a]\nwhy = "x"\nprompt = "p"\nsecond = 2', r"\[a\]: unknown key 'second'; did you mean 'seconds'\?"),
        ('[a]\nprompt = "p"', r"`why` must be a sentence, got None"),
        ('[a]\nwhy = "x"', r"`prompt` must be text, got None"),
        ('[a]\nwhy = "x"\nprompt = "p"\ntags = "rain"', r"`tags` must be a list of words, got 'rain'"),
        ('why = "x"', r"\[why\]: a preset is a table, got 'x'"),
        ("[a\n", r"my\.toml: Expected"),
    ],
)
def test_a_slip_in_a_pack_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "my.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(presets.PackError, match=complaint):
        presets.load(path)


def test_an_unknown_pack_names_the_known_ones() -> None:
    with pytest.raises(
        presets.PackError, match="no pack 'second_sounds'; the built-in ones are: ambiences, drums, first_sounds"
    ):
        presets.load("second_sounds")


def test_a_preset_cannot_be_changed() -> None:
    preset = presets.load()["deep-kick"]
    with pytest.raises(TypeError):
        preset.request["seconds"] = 3  # type: ignore[index]


def test_the_document_of_presets_is_that_of_what_was_heard() -> None:
    """A preset that was changed and not heard again, or a row that nobody measured, is found here."""
    from engine.evaluation import packs, packs_table

    file = ROOT / "docs" / "presets.json"
    weights = json.loads(file.read_text(encoding="utf-8"))["weights"]
    results = packs.read(file, weights)
    library = presets.Library().packs()
    known = {preset.full_name: packs_table.digest(preset) for preset in packs.chosen(presets.Library().presets())}
    assert {name: heard.digest for name, heard in results.items()} == known, "run python -m engine.evaluation presets"
    assert (ROOT / "docs" / "presets.md").read_text(encoding="utf-8") == packs_table.document(library, results, weights)


def test_most_presets_sound_like_their_names() -> None:
    from engine.evaluation import packs

    file = ROOT / "docs" / "presets.json"
    results = packs.read(file, json.loads(file.read_text(encoding="utf-8"))["weights"])
    assert sum(heard.recognised for heard in results.values()) >= 150

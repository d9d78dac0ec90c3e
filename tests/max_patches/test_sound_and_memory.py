"""How the patches keep things, take texts and play loops, read from their boxes and cords."""

from __future__ import annotations

import pytest

from max_patches.building import knobs
from max_patches.building.lint import is_parameter
from tests.max_patches.shipped import DEVICES, boxes, patch


@pytest.mark.parametrize("name", DEVICES[:2])
def test_what_a_device_remembers_is_a_parameter_of_the_set(name: str) -> None:
    """Of pattr, which has no box of its own, Max reads that from the object's attributes: devices in the wild have it
    there."""
    kept = next(box for box in boxes(name) if box.get("varname") == "kept")
    assert kept["text"] == "pattr kept" and kept["saved_object_attributes"]["parameter_enable"] == 1
    assert "parameter_enable" not in kept
    valueof = kept["saved_attribute_attributes"]["valueof"]
    assert (valueof["parameter_type"], valueof["parameter_invisible"]) == (knobs.BLOB, knobs.STORED_ONLY)
    assert kept["id"] in patch(name)["patcher"]["parameters"]
    drop = next(box for box in boxes(name) if box["maxclass"] == "live.drop")["saved_attribute_attributes"]["valueof"]
    assert (drop["parameter_type"], drop["parameter_invisible"]) == (knobs.FILE, knobs.STORED_ONLY)


def test_what_the_plain_patch_remembers_is_saved_with_it() -> None:
    """A pattr that is no parameter keeps its value when the patch is saved (autorestore)."""
    kept = next(box for box in boxes("Bridge.maxpat") if box.get("varname") == "kept")
    assert kept["text"] == "pattr kept" and not is_parameter(kept)


@pytest.mark.parametrize("name", DEVICES)
def test_texts_come_as_one_word_and_are_shown_without_quotes(name: str) -> None:
    typed = [box for box in boxes(name) if box["maxclass"] == "textedit"]
    assert [box["varname"] for box in typed] == ["prompt", "negative"]
    for box in typed:
        assert (box["keymode"], box["outputmode"], box["nosymquotes"]) == (1, 1, 1)


@pytest.mark.parametrize("name", DEVICES)
def test_a_loop_is_heard_from_the_first_beat_and_silent_while_the_song_stands(name: str) -> None:
    """Its level follows the phase in the patch itself: a message from Live comes too late for the first beat."""
    texts = {box["id"]: box.get("text", box["maxclass"]) for box in boxes(name)}
    lines = [one["patchline"] for one in patch(name)["patcher"]["lines"]]
    cords = [(texts[line["source"][0]], *line["destination"]) for line in lines]

    def follow(text: str) -> list[tuple[str, int]]:
        return [(sink, inlet) for source, sink, inlet in cords if source == text]

    at = "phasor~ 1n @lock 1"
    for then in ("delta~", "!=~ 0.", "rampsmooth~ 32 256"):
        assert (then, 0) in [(texts[sink], inlet) for sink, inlet in follow(at)]
        at = then
    (level, _), (_, ramped) = follow(at)[0], follow("line~")[0]
    assert (texts[level], ramped) == ("*~", 1) and (level, 1) in follow("line~")
    loop = [sink for sink, inlet in follow("wave~ #0-take 0. 0. 2") + follow("wave~ ---take 0. 0. 2") if inlet == 0]
    led = [line["destination"] for line in lines if line["source"] == [level, 0]]
    assert sorted(led) == sorted([gate, 1] for gate in loop) and len(loop) == 2

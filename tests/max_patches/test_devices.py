"""The devices for Live and the patch for Max, without either: what is shipped is what the tables make, Max would load
it, and its JavaScript does in an imitation of Live, with a real bridge, what it should."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from py2max import maxref

import max_patches
from bridge.commands import COMMANDS, REPLIES
from bridge.hosts import live
from bridge.hosts import max as max_host
from bridge.hosts.live import tables as source
from engine import PARAMS
from max_patches.building import amxd, device, knobs
from max_patches.building.lint import faults, is_parameter
from max_patches.building.objects import ports
from max_patches.building.parts import ROUTES
from max_patches.building.patcher import Patcher
from max_patches.building.tables import MENU

LIVE = max_patches.LIVE
PATCHES = sorted(path.name for path in LIVE.glob("*.maxpat"))
DEVICES = ("Bridge Effect.maxpat", "Bridge Instrument.maxpat", "Bridge.maxpat")
SCRIPTS = tuple(sorted(path.name for path in LIVE.glob("*.js") if path.name != "bridge_tables.js"))
JS = Path(__file__).parent / "js"


def patch(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((LIVE / name).read_text(encoding="utf-8"))
    return found


def boxes(name: str) -> list[dict[str, Any]]:
    return [one["box"] for one in patch(name)["patcher"]["boxes"]]


def code(name: str) -> str:
    """A script without its comments and the texts in it."""
    text = re.sub(r"//[^\n]*", "", (LIVE / name).read_text(encoding="utf-8").replace("file://", ""))
    return re.sub(r'"[^"\n]*"', '""', text)


def test_what_is_shipped_is_what_the_tables_make() -> None:
    """Byte by byte, so that devices are the same wherever they are built."""
    for name, content in device.files(source.tables()).items():
        assert (LIVE / name).read_bytes() == content, f"{name}: run `make patches`"
    for name, content in source.pictures().items():
        assert (source.PICTURES / name).read_bytes() == content, f"{name}: run `make patches`"


@pytest.mark.parametrize(("name", "kind", "tag"), [
    ("Bridge Effect", "effect", b"aaaa"), ("Bridge Instrument", "instrument", b"iiii"),
])  # fmt: skip
def test_a_device_is_its_patch_in_lives_container(name: str, kind: str, tag: bytes) -> None:
    content = (LIVE / f"{name}.amxd").read_bytes()
    text = (LIVE / f"{name}.maxpat").read_bytes()
    assert content[:12] == b"ampf\x04\0\0\0" + tag
    assert content[12:24] == b"meta\x04\0\0\0\0\0\0\0"
    assert content[24:32] == b"ptch" + (len(text) + 1).to_bytes(4, "little")
    assert content[32:] == text + b"\0"
    assert amxd.decode(content) == (text.decode(), kind)


@pytest.mark.parametrize("broken", [
    b"", b"RIFF" * 20, amxd.encode("{}", "effect")[:-1], amxd.encode("{}", "effect") + b"\0",
    amxd.encode("{}", "effect").replace(b"aaaa", b"xxxx"),
])  # fmt: skip
def test_what_is_no_device_is_refused(broken: bytes) -> None:
    with pytest.raises(amxd.BadDevice):
        amxd.decode(broken)


@pytest.mark.parametrize("name", PATCHES)
def test_max_would_load_the_patch(name: str) -> None:
    assert faults(patch(name)) == []


@pytest.mark.parametrize("name", PATCHES)
def test_py2max_finds_nothing_either(name: str) -> None:
    py2max = str(Path(sys.executable).with_name("py2max"))
    said = subprocess.run([py2max, "validate", str(LIVE / name)], capture_output=True, text=True, timeout=60)
    assert said.returncode == 0 and "WARNING" not in said.stdout + said.stderr, said.stdout + said.stderr
    assert "clean" in said.stdout + said.stderr


def spoil(what: str) -> dict[str, Any]:
    """A device with one fault."""
    found = patch("Bridge Effect.maxpat")
    patcher = found["patcher"]
    dial = next(one["box"] for one in patcher["boxes"] if one["box"]["maxclass"] == "live.dial")
    gate = next(one["box"] for one in patcher["boxes"] if one["box"].get("text") == "pack 0 8")
    wave = next(one["box"] for one in patcher["boxes"] if one["box"].get("text", "").startswith("wave~"))
    match what:
        case "id":
            dial["id"] = gate["id"]
        case "name":
            dial["varname"] = "prompt"
        case "object":
            gate["text"] = "pakc 0 8"
        case "ports":
            gate["numinlets"] = 3
        case "cord":
            patcher["lines"].append({"patchline": {"source": [dial["id"], 2], "destination": [gate["id"], 0]}})
        case "signal":
            patcher["lines"].append({"patchline": {"source": [wave["id"], 0], "destination": [gate["id"], 0]}})
        case "twice":
            patcher["lines"].append(patcher["lines"][0])
        case "range":
            dial["saved_attribute_attributes"]["valueof"]["parameter_initial"] = [99]
        case "listed":
            del patcher["parameters"][dial["id"]]
        case "outside":
            dial["presentation_rect"][1] = 130
        case "over":
            dial["presentation_rect"] = [12, 30, 46, 48]
        case "kept":
            kept = next(one["box"] for one in patcher["boxes"] if one["box"].get("varname") == "kept")
            kept |= kept.pop("saved_object_attributes")
    return found


@pytest.mark.parametrize(("what", "words"), [
    ("id", "the id .* is there twice"), ("name", "scripting name prompt is there twice"),
    ("object", "no object 'pakc 0 8'"), ("ports", "has 2 inlets and 1 outlets"), ("cord", "no cord goes from outlet 2"),
    ("signal", "a signal goes from 'wave~"), ("twice", "the cord .* is there twice"), ("range", "begins at 99"),
    ("listed", "lists the parameters"), ("outside", "not all within the device"), ("over", "lie over each other"),
    ("kept", "lists the parameters"),
])  # fmt: skip
def test_the_lint_finds_what_is_wrong(what: str, words: str) -> None:
    assert any(re.search(words, one) for one in faults(spoil(what))), faults(spoil(what))


def test_the_writer_refuses_what_max_would() -> None:
    writer = Patcher(100)
    wave, pack = writer.add("phasor~ 1n", (0, 0)), writer.add("pack 0 8", (0, 0), name="pack")
    with pytest.raises(ValueError, match="a signal from"):
        writer.cord(wave, 0, pack, 0)
    with pytest.raises(ValueError, match="no cord from outlet 1"):
        writer.cord(wave, 1, pack, 0)
    with pytest.raises(ValueError, match="no object 'frob'"):
        writer.add("frob", (0, 0))
    with pytest.raises(ValueError, match="two objects are called 'pack'"):
        writer.add("pack 0 0", (0, 0), name="pack")


@pytest.mark.parametrize("name", DEVICES)
def test_knobs_have_the_ranges_of_the_table(name: str) -> None:
    own = {box["varname"]: box["saved_attribute_attributes"]["valueof"] for box in boxes(name) if is_parameter(box)}
    for knob in knobs.DIALS:
        row, valueof = PARAMS[knob.param], own[knob.param]
        assert (valueof["parameter_mmin"], valueof["parameter_mmax"]) == (row.low, row.high)
        if knob.begins is None:
            assert valueof["parameter_initial"] == [row.default]
        assert valueof.get("parameter_invisible", 0) == 0  # automation reaches it
    assert own["quality"]["parameter_enum"] == list(PARAMS["quality"].choices)
    assert own["task"]["parameter_enum"] == list(MENU)


@pytest.mark.parametrize("name", DEVICES)
def test_everything_with_a_name_is_this_devices_own(name: str) -> None:
    """Live replaces --- by something else in each device, Max #0: no two play each other's buffer."""
    own = "#0-" if name == "Bridge.maxpat" else "---"
    texts = [box.get("text", "") for box in boxes(name)]
    players = (["buffer~"], ["wave~"], ["play~"])
    named = [text.split()[1] for text in texts if text.split()[:1] in players]
    assert named == [f"{own}take"] * 3
    assert all(box["buffername"] == f"{own}take" for box in boxes(name) if box["maxclass"] == "waveform~")
    assert f"js bridge_device.js {'max' if own == '#0-' else 'live'} {own}take" in texts


def test_every_address_is_in_the_tables() -> None:
    used = {
        address
        for name in SCRIPTS
        for address in re.findall(r'"(/[a-z]+/[a-z_]*)"', (LIVE / name).read_text(encoding="utf-8"))
    }
    rendering = {f"/render/{task}" for task in MENU}
    known = {row.address for row in (*COMMANDS, *REPLIES)}
    assert {"/bridge/hello", "/render/", "/job/cancel", "/job/take"} <= used
    assert (used - {"/render/"}) | rendering <= known


@pytest.mark.parametrize("name", DEVICES)
def test_patch_and_script_understand_each_other(name: str) -> None:
    """Every message to the js object is a function there, every word out of it has a cord that leads somewhere."""
    text, all_boxes = code("bridge_device.js"), {box["id"]: box for box in boxes(name)}
    functions = set(re.findall(r"^function (\w+)\(", text, re.MULTILINE))
    lines = [one["patchline"] for one in patch(name)["patcher"]["lines"]]
    js = next(id for id, box in all_boxes.items() if box.get("text", "").startswith("js "))
    told = [all_boxes[one["source"][0]] for one in lines if one["destination"][0] == js]
    for box in told:
        words = box["text"].removeprefix("prepend ").split()
        assert words[0] in functions or words[0] in ("t", "udpreceive"), words
    scripts = "".join((LIVE / one).read_text(encoding="utf-8") for one in SCRIPTS)
    said = set(re.findall(r'(?:outlet\(0, \[?|this\.say\(\[)"(\w+)"', scripts))
    assert said == set(ROUTES)
    route = next(id for id, box in all_boxes.items() if box.get("text", "").startswith("route osc"))
    leading = {one["source"][1] for one in lines if one["source"][0] == route}
    silent = {ROUTES[n] for n in range(len(ROUTES)) if n not in leading}
    assert silent == (set() if "Instrument" in name else {"voice"})


@pytest.mark.parametrize("host", [live, max_host])
def test_what_a_device_loads_is_installed_beside_it(host: ModuleType) -> None:
    """Max finds what it loads in the folder of the device: every script, and what the instrument's voices are."""
    installed = {Path(place).name: content.decode("utf-8", "replace") for place, content in host.files().items()}
    loaded = {"bridge_device.js"} | ({"bridge_voice.maxpat"} if host is live else set())
    for name, text in installed.items():
        if name.endswith(".js"):
            loaded |= {f"{one}.js" for one in re.findall(r'require\("(\w+)"\)', text)}
    assert loaded <= set(installed)
    assert len(loaded) > 10


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_scripts_are_of_the_language_that_max_8_reads(name: str) -> None:
    newer = re.findall(r"\b(?:let|const|class|async|await|yield|import)\b|=>|`|\.\.\.", code(name))
    assert newer == []


def test_the_table_of_objects_agrees_with_maxs_reference() -> None:
    """As far as py2max's copy of the reference knows an object, and its ports do not depend on its arguments."""
    varying = {"route", "sel", "t", "pack", "unpack", "js", "wave~", "play~", "groove~", "poly~", "expr"}
    texts = {box["text"] if box["maxclass"] == "newobj" else box["maxclass"] for name in PATCHES for box in boxes(name)}
    compared = 0
    for text in sorted(texts):
        object = text.split()[0]
        counts = (maxref.get_inlet_count(object), maxref.get_outlet_count(object))
        if object in varying or not all(counts):
            continue
        there = ports(text)
        assert counts == (there.inlets, len(there.outlets)), text
        compared += 1
    assert compared > 20


def reference(object: str) -> dict[str, Any]:
    """Max's page about an object, as py2max carries it."""
    found = maxref.get_object_info(object)
    assert found is not None, object
    return found


def object_of(box: dict[str, Any]) -> str:
    return str(box["text"].split()[0] if box["maxclass"] == "newobj" else box["maxclass"])


BOXES = frozenset(
    ("annotation", "background", "fontsize", "hint", "id", "ignoreclick", "maxclass", "numinlets", "numoutlets",
     "outlettype", "parameter_enable", "patching_rect", "presentation", "presentation_rect",
     "saved_attribute_attributes", "saved_object_attributes", "text", "textcolor", "textjustification", "varname")
)  # fmt: skip
"""What every box can have, by Max's page "Common Box Attributes" and its file format."""

UNLISTED = {"live.tab": {"num_lines_patching", "num_lines_presentation"}}
"""What Max writes of an object though its reference does not name it."""


def attributes(box: dict[str, Any]) -> set[str]:
    """The attributes that a box sets, in its file and in its text."""
    in_text = re.findall(r"@(\w+)", box["text"]) if box["maxclass"] == "newobj" else []
    colours = {re.sub(r"^(bgfillcolor)_(type|color)$", r"\1", name) for name in box}
    return {*colours, *in_text} - BOXES - UNLISTED.get(box["maxclass"], set())


@pytest.mark.parametrize("name", PATCHES)
def test_max_knows_every_attribute(name: str) -> None:
    for box in boxes(name):
        assert attributes(box) <= set(reference(object_of(box))["attributes"]), object_of(box)


@pytest.mark.parametrize("name", DEVICES)
def test_max_knows_every_message_that_the_script_sends(name: str) -> None:
    """As far as they begin with a word: what stands behind a route's word, and where its cord leads."""
    scripts = "".join((LIVE / one).read_text(encoding="utf-8") for one in SCRIPTS)
    sent = set(re.findall(r'(?:outlet\(0, \[?|say\(\[)"(\w+)", "(\w+)"', scripts))
    assert {("buffer", "importreplace"), ("bar", "quantize"), ("port", "port"), ("status", "set")} <= sent
    all_boxes = {box["id"]: box for box in boxes(name)}
    lines = [one["patchline"] for one in patch(name)["patcher"]["lines"]]
    route = next(id for id, box in all_boxes.items() if box.get("text", "").startswith("route osc"))
    for word, message in sorted(sent):
        sinks = [one["destination"][0] for one in lines if one["source"] == [route, ROUTES.index(word)]]
        for object in (object_of(all_boxes[sink]) for sink in sinks):
            known = {*reference(object)["methods"], *reference(object)["attributes"], *BOXES}
            own = {"root", "buffer", "mono"} if object == "poly~" else set()  # words of bridge_voice's
            assert message in known | own, f"{object} does not know {message}"


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


@pytest.mark.peers
def test_a_device_does_what_it_should_in_an_imitation_of_live(peer: Callable[[str], str]) -> None:
    command = [peer("node"), "--test", str(JS / "device_test.js")]
    said = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert said.returncode == 0, said.stdout

"""The devices for Live and the patch for Max, without either: what is shipped is what the tables make, Max would load
it, and its JavaScript does in an imitation of Live, with a real bridge, what it should."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bridge.commands import COMMANDS, REPLIES
from bridge.hosts import live
from bridge.hosts import max as max_host
from bridge.hosts.live import tables as source
from engine import PARAMS
from max_patches.building import amxd, device, knobs
from max_patches.building.lint import faults, is_parameter
from max_patches.building.parts import ROUTES
from max_patches.building.patcher import Patcher
from max_patches.building.tables import MENU
from tests.max_patches.shipped import DEVICES, LIVE, PATCHES, SCRIPTS, boxes, code, patch

JS = Path(__file__).parent / "js"


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


@pytest.mark.peers
def test_a_device_does_what_it_should_in_an_imitation_of_live(peer: Callable[[str], str]) -> None:
    command = [peer("node"), "--test", *map(str, sorted(JS.glob("*_test.js")))]
    said = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert said.returncode == 0, said.stdout

"""What controllers say, what maps make of it, what is learned: without ports."""

from __future__ import annotations

import tomllib
from pathlib import Path

import mido
import pytest

from bridge.midi.controls import Hit, Move, Program, Reader, Release, Timing, bend, guess_encoding, steps
from bridge.midi.learning import Learner
from bridge.midi.lights import ring
from bridge.midi.maps import Binding, MapError, map_of, read_map
from bridge.midi.parameters import PLAYING_RANGES, REQUEST_RANGES
from bridge.midi.plugged import partner
from bridge.midi.scaling import Range
from bridge.midi.shelf import SHIPPED, MapShelf


def read(reader: Reader, kind: str, **values: int) -> list[object]:
    """What is read of a message that mido made."""
    return list(reader.read(mido.Message(kind, **values).bytes()))


def changes(reader: Reader, *pairs: tuple[int, int]) -> list[Move]:
    """The last thing that each control change was read as."""
    return [read(reader, "control_change", control=c, value=v, channel=2)[-1] for c, v in pairs]  # type: ignore[misc]


def test_notes_programs_and_the_clock() -> None:
    reader = Reader()
    assert read(reader, "note_on", note=36, velocity=127, channel=9) == [Hit(10, 36, 1.0)]
    assert read(reader, "note_on", note=36, velocity=0, channel=9) == [Release(10, 36)]
    assert read(reader, "note_off", note=36, channel=9) == [Release(10, 36)]
    changes(reader, (0, 1), (32, 5))
    assert read(reader, "program_change", program=7, channel=2) == [Program(3, 133, 7)]
    assert read(reader, "program_change", program=7, channel=0) == [Program(1, 0, 7)]
    assert read(reader, "songpos", pos=300) == [Timing("songpos", 300)]
    assert [read(reader, kind) for kind in ("clock", "start", "continue", "stop")] == [
        [Timing("clock")], [Timing("start")], [Timing("continue")], [Timing("stop")]
    ]  # fmt: skip
    assert reader.read([0xF0, 1, 2, 0xF7]) == [] and reader.read([0x90]) == [] and reader.read([]) == []
    assert reader.read([1, 2, 3]) == []


def test_bend_and_aftertouch() -> None:
    reader = Reader()
    for pitch, value in ((-8192, 0.0), (0, 0.5), (8191, 1.0)):
        assert read(reader, "pitchwheel", pitch=pitch) == [Move(1, "bend", value, pitch + 8192)]
    assert bend(8193) > 0.5 > bend(8191)
    assert read(reader, "aftertouch", value=127) == [Move(1, "pressure", 1.0, 127)]
    assert read(reader, "polytouch", note=40, value=0) == [Move(1, "poly 40", 0.0, 0)]


def test_controllers_of_fourteen_bits_work_with_their_coarse_half_alone() -> None:
    reader = Reader()
    assert changes(reader, (1, 127)) == [Move(3, "cc14 1", 1.0, 127 << 7)]
    coarse, fine = changes(reader, (1, 64), (33, 1))
    assert coarse.value == 64 / 127
    assert fine == Move(3, "cc14 1", (64 * 128 + 1) / 16383, 64 * 128 + 1)
    assert changes(reader, (1, 127), (33, 127))[-1].value == 1.0
    assert [move.control for move in read(reader, "control_change", control=80, value=1)] == ["cc 80"]  # type: ignore[attr-defined]


def test_numbered_parameters() -> None:
    reader = Reader()
    selected = changes(reader, (99, 2), (98, 44), (6, 64))
    assert selected[-1] == Move(3, "nrpn 300", 64 / 127, 64 << 7)
    assert changes(reader, (38, 5))[-1] == Move(3, "nrpn 300", (64 * 128 + 5) / 16383, 64 * 128 + 5)
    assert changes(reader, (96, 0))[-1].step == 1 and changes(reader, (97, 0))[-1].step == -1
    assert changes(reader, (101, 0), (100, 2), (6, 1))[-1].control == "rpn 2"
    changes(reader, (101, 127), (100, 127))
    assert changes(reader, (6, 3))[-1].control == "cc14 6"  # nothing is selected: an ordinary controller


def test_endless_encoders() -> None:
    assert [steps("twos", raw) for raw in (1, 3, 127, 125)] == [1, 3, -1, -3]
    assert [steps("offset", raw) for raw in (65, 63, 64)] == [1, -1, 0]
    assert [steps("sign", raw) for raw in (1, 65, 67)] == [1, -1, -3]
    assert guess_encoding([1, 1, 1, 2, 1]) == "twos" and guess_encoding([127, 127, 1, 127]) == "twos"
    assert guess_encoding([65, 65, 65]) == "offset" and guess_encoding([63, 63, 62, 63]) == "offset"
    assert guess_encoding([1, 1, 65, 65]) == "sign"
    assert guess_encoding([60, 61, 62, 63]) == "absolute" and guess_encoding([1, 2, 3, 4]) == "absolute"
    assert guess_encoding([5]) == "absolute"


def test_ranges_go_to_their_ends_and_back() -> None:
    for range in (*PLAYING_RANGES.values(), *REQUEST_RANGES.values()):
        if range.choices:
            assert [range.value(range.position(word)) for word in range.choices] == list(range.choices)
            continue
        assert (range.value(0.0), range.value(1.0)) == (range.low, range.high)
        assert range.value(-1.0) == range.low and range.value(9.0) == range.high
        for position in (0.1, 0.5, 0.9):
            near = 0.51 / (range.high - range.low) if range.whole else 1e-6
            assert range.position(range.value(position)) == pytest.approx(position, abs=near)
    log = Range(20.0, 20000.0, "log")
    assert log.value(1 / 3) == pytest.approx(200.0)
    assert PLAYING_RANGES["attack"].value(0.5) == pytest.approx(0.31, abs=0.02)  # from 0, as if three decades


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.toml")), ids=lambda path: path.stem)
def test_every_map_that_ships_can_be_used(path: Path) -> None:
    found = read_map(path)
    assert found.name != path.stem and found.about
    assert found.ports or path.stem == "general"
    for binding in found.controls:
        if binding.parameter.startswith("pad/"):
            assert binding.parameter.rpartition("/")[2] in (*PLAYING_RANGES, *REQUEST_RANGES, "hit")
        else:
            assert binding.parameter.startswith(("transport/", "/record/"))
    ons = [(binding.on, binding.channel) for binding in found.controls]
    assert len(set(ons)) == len(ons)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('nmae = "x"', "did you mean name"),
        ('[[pads]]\nnotes = "36-51"\nchanel = 2', r"\[\[pads\]\] 1: unknown key 'chanel': did you mean channel"),
        ('[[pads]]\nnotes = "51-36"', "0 to 127, got '51-36'"),
        ('[[pads]]\nnotes = "120-128"', "0 to 127"),
        ('[[pads]]\nnotes = [1, 1]', "each once"),
        ('[[pads]]\nnotes = "36-37"\npads = ["kick"]', "as many as notes, 2"),
        ('[[pads]]\nnotes = "36"\nlights = { redy = 3 }', "did you mean ready"),
        ('[[controls]]\non = "cc 128"\nparameter = "pad/1/gain"', "cc 0 to 127"),
        ('[[controls]]\non = "knob 1"\nparameter = "pad/1/gain"', "on must be bend"),
        ('[[controls]]\non = "cc 1"', "parameter must be text"),
        ('[[controls]]\non = "bend"\nparameter = "pad/1/gain"\nencoding = "twos"', "on a cc"),
        ('[[controls]]\non = "cc 1"\nparameter = "pad/1/gain"\nchannel = 17', "0 to 16, got 17"),
        ('begin = ["F0 00"]', "whole messages"),
        ('pads = 3', r"under \[\[pads\]\]"),
    ],
)
def test_what_is_wrong_in_a_map_is_named(text: str, complaint: str) -> None:
    with pytest.raises(MapError, match=complaint):
        map_of("mine", tomllib.loads(text))


def test_a_port_has_the_map_that_fits_best(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('name = "mine"\nports = ["MPD218"]\n', encoding="utf-8")
    (tmp_path / "broken.toml").write_text("name = 3\n", encoding="utf-8")
    shelf = MapShelf(tmp_path)
    assert shelf.name_of("MPD218:MPD218 MIDI 1") == "mine"
    assert shelf.name_of("Launchpad X:LPX MIDI") == "novation-launchpad-x"
    assert shelf.name_of("Launchpad S") == "novation-launchpad"
    assert shelf.name_of("something else") == "general"
    assert len(shelf.problems) == 1 and "broken.toml" in shelf.problems[0]
    with pytest.raises(MapError, match="did you mean gm-drums"):
        shelf.choose("pads", "gm-drum")
    shelf.choose("pads", "gm-drums")
    shelf.choose("other", "none")
    again = MapShelf(tmp_path)
    assert again.name_of("pads") == "gm-drums" and again.of("other") == ()


def test_what_is_learned_is_kept_and_comes_first(tmp_path: Path) -> None:
    shelf = MapShelf(tmp_path)
    port = 'Keys "A" \\ ü'
    shelf.learn(port, Binding("cc 21", "pad/a\"b/gain", 3, "twos", low=-12.0, high=0.0, echo=True))
    shelf.learn(port, Binding("cc 22", "pad/1/pan", 3))
    shelf.learn(port, Binding("cc 21", "transport/tempo", 3))  # the control does something else from now on
    shelf.learn("Keys A u", Binding("cc 21", "pad/1/pan", 0))  # another port, whose file's name would be the same
    for one in (shelf, MapShelf(tmp_path)):
        assert [binding.parameter for binding in one.of(port)[0].controls] == ["pad/1/pan", "transport/tempo"]
        assert [binding.parameter for binding in one.of("Keys A u")[0].controls] == ["pad/1/pan"]
        assert [map.key for map in one.of(port)][1:] == ["general"]
        assert one.of("Keys")[0].key == "general"
    assert shelf.forget("pad/1/pan") == 2
    assert [binding.parameter for binding in MapShelf(tmp_path).of(port)[0].controls] == ["transport/tempo"]


def learned(button: bool, *messages: tuple[str, dict[str, int]]) -> Binding:
    learner, reader = Learner("pad/1/gain", button), Reader()
    for kind, values in messages:
        for control in reader.read(mido.Message(kind, **values).bytes()):
            learner.take_in("port", control)
    found = learner.found() or learner.guess()
    assert found is not None and found[0] == "port"
    return found[1]


def cc(control: int, *values: int) -> list[tuple[str, dict[str, int]]]:
    return [("control_change", {"control": control, "value": value}) for value in values]


def test_what_was_moved_is_recognised() -> None:
    assert learned(False, *cc(21, 60, 61, 62, 63, 64)) == Binding("cc 21", "pad/1/gain", 1)
    assert learned(False, *cc(80, 127, 127, 127, 127, 126)).encoding == "twos"
    fine = [pair for value in range(5) for pair in (*cc(1, 64), *cc(33, value * 20))]
    assert learned(False, *fine).on == "cc14 1"
    numbered = [pair for value in range(5) for pair in (*cc(99, 2), *cc(98, 44), *cc(6, value))]
    assert learned(False, *numbered).on == "nrpn 300"
    assert learned(True, *cc(41, 127)) == Binding("cc 41", "pad/1/gain", 1)
    assert learned(False, ("note_on", {"note": 40, "velocity": 3, "channel": 4})) == Binding("note 40", "pad/1/gain", 5)
    bends = [("pitchwheel", {"pitch": value}) for value in (0, 100, 200, 300, 400)]
    assert learned(False, *bends).on == "bend"


def test_inputs_and_outputs_belong_together() -> None:
    assert partner("MPD218:MPD218 MIDI 1 24:0", ["Other:Other 20:0", "MPD218:MPD218 MIDI 1 24:0"]).startswith("MPD218")
    assert partner("MPD218 0", ["Microsoft GS Wavetable Synth 0", "MPD218 1"]) == "MPD218 1"
    assert partner("keys:out", ["keys-01:in"]) == "keys-01:in"
    assert partner("keys:out", ["drums:in"]) == ""


def test_rings_are_told_where_a_parameter_is() -> None:
    assert ring(Binding("cc 21", "pad/1/gain", 3, echo=True), 1.0) == bytes((0xB2, 21, 127))
    assert ring(Binding("bend", "pad/1/gain", echo=True), 0.5) == bytes((0xE0, 0, 64))
    assert ring(Binding("cc 21", "pad/1/gain"), 1.0) is None
    assert mido.Message.from_bytes(ring(Binding("note 5", "x", 1, echo=True), 0.25) or b"").velocity == 32

"""Cue sheets: what they say, what is wrong with them, and the takes, projects and tables that come of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bridge.cues import projects, sheet, words
from bridge.cues.clock import Clock
from bridge.cues.ledger import Kept, Ledger
from bridge.cues.render import Placed
from engine import BadRequest

SHEET = """time,length,prompt,takes,name,track,seed
0,0.5,A4,2,tone one,music,7
0:01.25,0.25,C5,1,,,
00:00:02:12,0.25,A3,1,late,music,9
"""


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("12.5", 12.5), (".5", 0.5), ("1:02.5", 62.5), ("1:00:02.5", 3602.5), ("01:00:02:12", 3602.48), (" 3 ", 3.0),
        ("500 ms", 0.5), ("1.5s", 1.5), ("2 bars", 3.0), ("1 bar", 1.5), ("3 beats", 1.5), ("5|1", 6.0), ("5|3", 7.0),
        ("5.3.2", 7.125), ("5|3|4", 7.375), ("5.3.50", 7.25), ("1.1.00", 0.0),
    ],
)  # fmt: skip
def test_a_time_is_read(text: str, seconds: float) -> None:
    assert Clock(25, bpm=120, beats=3).seconds(text, "time") == pytest.approx(seconds, abs=1e-12)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "must be a time"), ("-1", "must be a time"), ("soon", "must be a time"), ("1:2:3:4:5", "must be a time"),
        ("1e3", "must be a time"), ("nan", "must be a time"),
        ("00:00:01:25", "frame 25, at 25 a second the last is 24"),
        ("5.1.1", "is in bars, and no tempo is given"), ("2 bars", r"no tempo is given \(--bpm\): '2 bars'"),
        ("0.1.1", "must be bar 1 or later"), ("1.5.1", "beat 1 to 4"), ("1.1.5", "sixteenth 1 to 4"),
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused(text: str, why: str) -> None:
    with pytest.raises(BadRequest, match="time .*" + why):
        Clock(25).seconds(text, "time")


def test_a_sheet_becomes_cues() -> None:
    first, second, third = sheet.cues(SHEET)
    assert (first.row, first.time, first.name, first.track) == (2, 0.0, "tone one", "music")
    assert first.settings == {"seconds": 0.5, "prompt": "A4", "takes": 2, "seed": 7, "task": "generate"}
    assert (second.time, second.name, second.track) == (1.25, "C5", "bridge")
    assert third.time == pytest.approx(2.48)
    semicolons = sheet.cues('time;length;prompt\n1,5;0,25;"rain, heavy"\n\n# a remark;;\n2;;wind\n')
    assert [(cue.time, cue.settings.get("seconds"), cue.name, cue.row) for cue in semicolons] == [
        (1.5, 0.25, "rain, heavy", 2), (2.0, None, "wind", 5),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "time,length,prompt\n1,0.5,rain\n",
        "time,length,prompt\r\n1,0.5,rain\r\n",
        "Time (s);Length (s);Prompt\n1;0,5;rain\n",
        "sep=;\ntime;length;prompt\n1;0,5;rain\n",
        "time\tlength\tprompt\n1\t0,5\train\n",
        "\n# a scene, of rain; alone\n\ntime,length,prompt\n1,0.5,rain",
        "IN,OUT,Description,#scene\n0:01,0:01.5,rain,12\n",
        "start,duration,title,prompt\n1s,500 ms,,rain\n",
        'time,length,prompt\n1,0.5,"rain"\n',
        "time,length,prompt\n2|1,1 beat,rain\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_sheet_of_any_spreadsheet_is_read(text: str, encoding: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    (cue,) = sheet.read_sheet(tmp_path / "a.csv", Clock(25, bpm=120, beats=2))
    assert (cue.time, cue.name) == (1.0, "rain")
    assert cue.settings == {"seconds": 0.5, "prompt": "rain", "task": "generate"}


def test_rows_are_counted_as_spreadsheets_do() -> None:
    with pytest.raises(sheet.SheetError, match=r"row 6, column end: seconds must be 0\.05 to 60 s, got -1"):
        sheet.cues('\n# a remark\ntime,end,prompt\n0,1,"rain,\nheavy"\n#1,0,door\n2,1,door\n')


def test_what_is_wrong_names_row_and_column() -> None:
    text = "time,length,prompt,takes,task,source\nsoon,1,rain,1,,\n1,-1,rain,99,,\n2,1,,1,,\n3,1,rain,1,restyle,\n"
    with pytest.raises(sheet.SheetError) as caught:
        sheet.cues(text)
    assert str(caught.value).splitlines() == [
        "row 2, column time: time must be a time, seconds, m:s, h:m:s, h:m:s:frames, or bars, got 'soon'",
        "row 3, column length: seconds must be a time, seconds, m:s, h:m:s, h:m:s:frames, or bars, got '-1'",
        "row 3, column takes: takes must be 1 to 16, got 99.0",
        "row 4, column prompt: " + str(caught.value).splitlines()[3].partition(": ")[2],
        "row 5, column source: restyle needs a source: the file that it begins with",
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "row 1 must name the columns"),
        ("time,promt\n0,rain\n", r"row 1, column 2: unknown key 'promt': did you mean prompt\?"),
        ("time,prompt,prompt\n", "row 1, column 3: prompt is there twice"),
        ("prompt\nrain\n", "row 1: there is no column time"),
        ("time,length\n0,1\n", "row 1: there is no column prompt"),
        ("time,prompt\n", "the sheet has no cue"),
        ("time,scene,prompt\n", "row 1, column 2: unknown key 'scene': .*; a column that is not for the bridge"),
        ("\ntime,length,end,prompt\n", "row 2: there are columns for length and for end"),
        ("time,prompt\n0,rain,more\n", "row 2, column 3: has a value"),
        ("time,prompt\n90000,rain\n", "row 2, column time: time must be 0 to 86400 s, got 90000"),
    ],
)
def test_a_sheet_that_is_none_is_refused(text: str, why: str) -> None:
    with pytest.raises(sheet.SheetError, match=why):
        sheet.cues(text)


def test_other_bytes_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"time,prompt\n0,\xff\n")
    with pytest.raises(sheet.SheetError, match="no text in UTF-8: byte 14 is 0xff; save it as UTF-8"):
        sheet.read_sheet(tmp_path / "a.csv")


def placed(time: float, frames: int, name: str = "rain", track: str = "bridge", takes: int = 1) -> Placed:
    kept = tuple(Kept(f"{name}_take{n + 1}.wav", frames, 48000, n, 0.5) for n in range(takes))
    return Placed(sheet.Cue(2, time, name, track), kept)


def blocks(text: str) -> list:
    """A Reaper project as nested lists, read as its grammar says: `<NAME …`, lines, `>`."""
    stack: list = [[]]
    for line in text.splitlines():
        plain = line.strip()
        if plain.startswith("<"):
            stack.append([plain[1:]])
        elif plain == ">":
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(plain)
    assert len(stack) == 1
    return stack[0]


def test_a_reaper_project_places_takes_at_their_sample() -> None:
    third = 1 / 3
    project = blocks(projects.reaper([placed(third, 48000, 'a "loud" bang', takes=2), placed(1.0, 24000)], 48000))[0]
    tracks = [block for block in project if isinstance(block, list)]
    assert [track[1] for track in tracks] == ['NAME "bridge"', 'NAME "bridge 2"']  # they overlap
    assert all("MAINSEND 1 0" in track for track in tracks), "they are heard"
    item = next(line for line in tracks[0] if isinstance(line, list))
    position = float(next(line for line in item if str(line).startswith("POSITION")).split()[1])
    assert position * 48000 == pytest.approx(16000, abs=1e-6)
    assert "LENGTH 1" in item and "TAKE" in item
    assert [line[1] for line in item if isinstance(line, list)] == [
        """FILE 'a "loud" bang_take1.wav'""", """FILE 'a "loud" bang_take2.wav'""",
    ]  # fmt: skip
    assert "MARKER 1 0.333333333333333 'a \"loud\" bang' 0" in project
    assert "TEMPO 120 4 4" in project
    assert "TEMPO 98.5 3 4" in projects.reaper([placed(0, 100)], 48000, Clock(bpm=98.5, beats=3))
    assert "TEMPO 123.456789 4 4" in projects.reaper([placed(0, 100)], 48000, Clock(bpm=123.456789))  # or bars drift


def test_an_edl_has_frames_and_files() -> None:
    text = projects.edl([placed(3602.48, 24000), placed(0.0, 48000, "wind")], "scene", 25)
    assert text.splitlines()[:2] == ["TITLE: scene", "FCM: NON-DROP FRAME"]
    events = [line for line in text.splitlines() if re.match(r"\d{3} ", line)]
    assert events == [
        "001  AX       A     C        00:00:00:00 00:00:01:00 00:00:00:00 00:00:01:00",
        "002  AX       A     C        00:00:00:00 00:00:00:12 01:00:02:12 01:00:02:24",
    ]


def test_a_ledger_that_cannot_be_read_is_begun_anew(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    job = ledger.job("a")
    assert Ledger(tmp_path).job("a") == job
    (tmp_path / ".bridge-takes.json").write_text("[1]")
    assert Ledger(tmp_path).job("a") != job


def test_the_sheet_in_the_document_is_one() -> None:
    text = (Path(__file__).parents[2] / "docs" / "cue_sheets.md").read_text(encoding="utf-8")
    found = sheet.cues(re.findall(r"```csv\n(.*?)```", text, re.DOTALL)[0])
    assert [cue.time for cue in found] == [0, 2.5, pytest.approx(4.48)]
    named = set(re.findall(r"`(\w+)`", text.partition("| column |")[2].partition("\n\n")[0]))
    assert named - {"restyle", "vary"} <= {*sheet.OWN, *sheet.OTHER_NAMES, *words.NAMES, *words.OTHERS, *words.ALIASES}
    with pytest.raises(sheet.SheetError) as caught:
        sheet.cues("time,prompt,takes\n0,a,1\n0,a,99\n")
    assert f"    {caught.value}\n" in text

"""Cue sheets: what they say, what is wrong with them, and the takes, projects and tables that come of them."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bridge.cues import projects, sheet, words
from bridge.cues.ledger import Kept, Ledger
from bridge.cues.render import Placed
from engine import BadRequest, read_request

SHEET = """time,length,prompt,takes,name,track,seed
0,0.5,A4,2,tone one,music,7
0:01.25,0.25,C5,1,,,
00:00:02:12,0.25,A3,1,late,music,9
"""


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("12.5", 12.5), (".5", 0.5), ("1:02.5", 62.5), ("1:00:02.5", 3602.5), ("01:00:02:12", 3602.48), (" 3 ", 3.0)],
)
def test_a_time_is_read(text: str, seconds: float) -> None:
    assert words.seconds(text, "time", 25) == pytest.approx(seconds, abs=1e-12)


@pytest.mark.parametrize("text", ["", "-1", "soon", "1:2:3:4:5", "1e3", "nan", "00:00:01:25"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="time "):
        words.seconds(text, "time", 25)


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


def test_what_is_wrong_names_row_and_column() -> None:
    text = "time,length,prompt,takes,task,source\nsoon,1,rain,1,,\n1,-1,rain,99,,\n2,1,,1,,\n3,1,rain,1,restyle,\n"
    with pytest.raises(sheet.SheetError) as caught:
        sheet.cues(text)
    assert str(caught.value).splitlines() == [
        "row 2, column time: time must be a time, seconds, m:s, h:m:s or h:m:s:frames, got 'soon'",
        "row 3, column length: seconds must be a time, seconds, m:s, h:m:s or h:m:s:frames, got '-1'",
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
        ("time,prompt\n0,rain,more\n", "row 2, column 3: has a value"),
        ("time,prompt\n90000,rain\n", "row 2, column time: time must be 0 to 86400 s, got 90000"),
    ],
)
def test_a_sheet_that_is_none_is_refused(text: str, why: str) -> None:
    with pytest.raises(sheet.SheetError, match=why):
        sheet.cues(text)


def test_other_bytes_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"time,prompt\n0,\xff\n")
    with pytest.raises(sheet.SheetError, match="no text in UTF-8: byte 14 is 0xff"):
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
    item = tracks[0][2]
    position = float(next(line for line in item if str(line).startswith("POSITION")).split()[1])
    assert position * 48000 == pytest.approx(16000, abs=1e-6)
    assert "LENGTH 1" in item and "TAKE" in item
    assert [line[1] for line in item if isinstance(line, list)] == [
        """FILE 'a "loud" bang_take1.wav'""", """FILE 'a "loud" bang_take2.wav'""",
    ]  # fmt: skip
    assert "MARKER 1 0.333333333333333 'a \"loud\" bang' 0" in project


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


def test_a_sheet_is_rendered_placed_and_gone_on_with(run_bridge, daemon, tmp_path: Path) -> None:
    """Every file has its exact length; what is there is not rendered again; a row that is new is."""
    cues, port = tmp_path / "Scene 1.csv", str(daemon.http_port)
    cues.write_text(SHEET)
    done = run_bridge("cue", str(cues), "--port", port)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "Scene 1"
    assert done.stdout.split("\n")[:3] == [str(folder / f"scene-1{end}") for end in (".rpp", ".edl", "_placed.csv")]
    rows = list(csv.DictReader((folder / "scene-1_placed.csv").open()))
    assert [(row["frame"], row["frames"], row["file"]) for row in rows] == [
        ("0", "24000", "tone-one_take1.wav"), ("0", "24000", "tone-one_take2.wav"),
        ("60000", "12000", "c5_take1.wav"), ("119040", "12000", "late_take1.wav"),
    ]  # fmt: skip
    for row in rows:
        assert soundfile.info(folder / row["file"]).frames == int(row["frames"])
    assert read_request(folder / "late_take1.wav").seed == 9
    project = (folder / "scene-1.rpp").read_text()
    assert re.findall(r"POSITION (\S+)", project) == ["0", "2.48", "1.25"]
    assert all((folder / name).is_file() for name in re.findall(r'FILE "([^"]+)"', project))

    before = {path: path.stat().st_mtime_ns for path in folder.glob("*.wav")}
    cues.write_text(SHEET + "3,0.1,D4,1,,,\n")
    assert run_bridge("cue", str(cues), "--port", port).returncode == 0
    after = {path: path.stat().st_mtime_ns for path in folder.glob("*.wav")}
    assert before.items() <= after.items() and len(after) == len(before) + 1
    (folder / "c5_take1.wav").unlink()
    assert run_bridge("cue", str(cues), "--port", port).returncode == 0
    assert (folder / "c5_take1.wav").is_file()


def test_jobs_of_a_run_that_was_killed_are_asked_for_again(run_bridge, daemon, tmp_path: Path) -> None:
    """The id is written down before the job is sent, so the same job answers; one that is gone is made anew."""
    from bridge import Client

    cues, folder = tmp_path / "s.csv", tmp_path / "s"
    cues.write_text("time,prompt,length\n0,A4,0.1\n")
    folder.mkdir()
    (cue,) = sheet.read_sheet(cues)
    from bridge.cues.ledger import key_of

    ledger = Ledger(folder)
    id = ledger.job(key_of({"rate": 48000, **cue.settings}))
    with Client(daemon.http) as bridge:
        take = bridge.generate("A4", seconds=0.1, rate=48000, priority="batch", id=id).result()
    assert run_bridge("cue", str(cues), "--port", str(daemon.http_port)).returncode == 0
    samples = soundfile.read(folder / "a4_take1.wav")[0]
    assert np.array_equal(samples.astype(np.float32), take.samples[0])  # its seed was drawn by chance
    assert json.loads((folder / ".bridge-takes.json").read_text())["jobs"] == {}


def test_failures_name_rows_and_cost_no_other(run_bridge, daemon, free_port, tmp_path: Path) -> None:
    cues = tmp_path / "s.csv"
    cues.write_text("time,prompt,length,source,task,preset\n0,A4,0.1,,,\n1,,,none.wav,vary,\n2,,,,,no-such-preset\n")
    done = run_bridge("cue", str(cues), "--port", str(daemon.http_port))
    assert done.returncode == 1
    assert "2 of 3 cues failed" in done.stderr
    assert re.search(r"row 3: there is no file .*none\.wav", done.stderr)
    assert re.search(r"row 4: .*no-such-preset", done.stderr)
    assert (tmp_path / "s" / "a4_take1.wav").is_file()
    nobody = run_bridge("cue", str(cues), "--port", str(free_port()))
    assert nobody.returncode == 1 and "bridge serve starts one" in nobody.stderr
    cues.write_text("time,prompt\n0,\n")
    wrong = run_bridge("cue", str(cues))
    assert wrong.returncode == 1 and "row 2, column prompt" in wrong.stderr


def test_the_sheet_in_the_document_is_one() -> None:
    text = (Path(__file__).parents[2] / "docs" / "cue_sheets.md").read_text(encoding="utf-8")
    found = sheet.cues(re.findall(r"```csv\n(.*?)```", text, re.DOTALL)[0])
    assert [cue.time for cue in found] == [0, 2.5, pytest.approx(4.48)]
    named = set(re.findall(r"`(\w+)`", text.partition("| column |")[2].partition("\n\n")[0]))
    assert named - {"restyle", "vary"} <= {*sheet.OWN, *words.NAMES, *words.OTHERS, *words.ALIASES}
    with pytest.raises(sheet.SheetError) as caught:
        sheet.cues("time,prompt,takes\n0,a,1\n0,a,99\n")
    assert f"    {caught.value}\n" in text

"""Cue sheets through a bridge: what appears beside them, what goes on the next time, and what goes wrong."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bridge.cues import sheet
from bridge.cues.ledger import Ledger
from engine import __version__, read_request
from tests.bridge.troubles import full_disk, no_room

SHEET = """time,length,prompt,takes,name,track,seed
0,0.5,A4,2,tone one,music,7
0:01.25,0.25,C5,1,,,
00:00:02:12,0.25,A3,1,late,music,9
"""


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


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux changes another process's limits")
@pytest.mark.parametrize("whose", ["bridge", "own"])
def test_a_full_disk_is_said_and_the_same_line_goes_on(run_bridge, daemon, tmp_path: Path, whose: str) -> None:
    """The bridge's disk costs the rows that found no room; where the sheet's own is full, nothing can go on."""
    cues, command = tmp_path / "s.csv", ("cue", str(tmp_path / "s.csv"), "--port", str(daemon.http_port))
    cues.write_text("time,prompt,length\n0,A4,5\n9,C5,0.1\n")
    if whose == "bridge":
        with full_disk(daemon):
            done = run_bridge(*command)
        assert "1 of 2 cues failed" in done.stderr
        assert f"row 2: the take could not be written to {daemon.takes}" in done.stderr
        assert (tmp_path / "s" / "c5_take1.wav").is_file()
    else:
        done = run_bridge(*command, preexec_fn=no_room)
        assert f"{tmp_path / 's'} cannot be written: File too large; make room, or choose another folder" in done.stderr
        assert "and then the same line goes on" in done.stderr
    assert done.returncode == 1
    assert run_bridge(*command).returncode == 0
    assert {path.name for path in (tmp_path / "s").glob("*.wav")} == {"a4_take1.wav", "c5_take1.wav"}


def test_a_sheets_sound_may_lie_where_the_bridge_may_not_read(run_bridge, serve, tmp_path: Path) -> None:
    takes = tmp_path / "takes"
    takes.mkdir()
    daemon = serve("--takes", str(takes), "--root", str(takes))
    soundfile.write(tmp_path / "far.wav", np.zeros(4800), 48000)
    (tmp_path / "s.csv").write_text("time,task,source\n0,vary,far.wav\n")
    done = run_bridge("cue", str(tmp_path / "s.csv"), "--port", str(daemon.http_port))
    assert done.returncode == 0, done.stderr  # it is sent
    assert (tmp_path / "s" / "far_take1.wav").is_file()


def test_a_bridge_of_another_version_is_said(daemon, tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("time,prompt,length\n0,A4,0.1\n")
    for command in (["cue", str(tmp_path / "s.csv")], ["watch", str(tmp_path / "drop"), "--once"]):
        code = "import engine; engine.__version__ = '9.9.0'; from bridge.cli import main; main()"
        line = [sys.executable, "-c", code, *command, "--port", str(daemon.http_port)]
        done = subprocess.run(line, capture_output=True, text=True, timeout=60, cwd=Path(__file__).parents[2])
        assert done.returncode == 0, done.stderr
        assert f"the bridge that answers is version {__version__}, this program 9.9.0" in done.stderr

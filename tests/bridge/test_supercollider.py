"""The Quark in a real sclang, with a real scsynth and a real daemon: promises, buffers and patterns."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

import max_patches
from bridge.commands import BY_TASK
from engine import read_request
from max_patches import VERSION, sc_picture
from tests.bridge.troubles import full_disk, other_version

QUARK = Path(max_patches.__file__).parent / "sc" / "audioldm-bridge"
ROOT = Path(__file__).parents[2]
FAILURES = re.compile(r"^(?:ERROR|FAILURE)|DoesNotUnderstand|not understood", re.MULTILINE)

BOOT = """
o = ServerOptions.new;
o.numInputBusChannels = 0; o.memSize = 8192; o.maxLogins = 1; o.zeroConf = false;
s = Server(\\test, NetAddr("127.0.0.1", %d), o);
Server.default = s;
s.waitForBoot({
"""
END = """
}, onFailure: { "no server".error; 1.exit });
SystemClock.sched(60, { "too late".error; 1.exit });
"""

Sclang = Callable[..., str]


@pytest.fixture
def sclang(peer, tmp_path: Path) -> Sclang:
    """``sclang(code)`` runs it with the Quark and returns what was posted after the start."""
    program = peer("sclang")
    (tmp_path / "conf.yaml").write_text(f"includePaths:\n    - {QUARK}\nexcludePaths:\n    []\n")

    def run(code: str, seconds: float = 90.0) -> str:
        script = tmp_path / "script.scd"
        script.write_text(code)
        environment = os.environ | {
            "HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen", "QTWEBENGINE_DISABLE_SANDBOX": "1",
            "XDG_RUNTIME_DIR": str(tmp_path), "PATH": os.environ["PATH"],
        }  # fmt: skip
        command = [program, "-l", str(tmp_path / "conf.yaml"), str(script)]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=seconds, env=environment, stdin=subprocess.DEVNULL
        )
        text = done.stdout.partition("*** Welcome")[2] or done.stdout
        assert "compile done" in done.stdout, done.stdout
        return text

    return run


@pytest.fixture
def jack(jack_dummy) -> None:
    """A JACK of our own, which scsynth plays to."""
    jack_dummy(1024)


def test_every_task_has_a_method_with_its_arguments() -> None:
    text = (QUARK / "Classes" / "Bridge.sc").read_text()
    found = dict(re.findall(r"this\.render\(\\(\w+), \[([^\]]*)\]", text))
    found.pop("preset")
    assert set(found) == set(BY_TASK)
    for task, arguments in found.items():
        assert len(arguments.split(",")) == len(BY_TASK[task].args) - 1, task  # all but the id


@pytest.mark.peers
def test_classes_and_help_are_read_without_a_complaint(sclang: Sclang) -> None:
    text = sclang(f"""
        [Bridge, BridgeJob, BridgeTake].postln;
        PathName("{QUARK}/HelpSource/Classes").files.do {{ |path|
            ("help" + path.fileName + SCDoc.parseFileFull(path.fullPath).notNil).postln
        }};
        ("quark" + "{QUARK}/audioldm-bridge.quark".load[\\name]).postln;
        0.exit;
    """)
    assert not FAILURES.search(text), text
    assert re.search(r"\[ (class )?Bridge, (class )?BridgeJob, (class )?BridgeTake \]", text)
    assert text.count("schelp true") == 3
    assert "quark audioldm-bridge" in text


@pytest.mark.peers
def test_words_become_buffers(daemon, sclang: Sclang, jack, free_port, tmp_path: Path) -> None:
    """A job is waited for in a Routine, its takes are loaded by scsynth, and what that holds is the take."""
    code = BOOT % free_port() + f"""
    b = Bridge("127.0.0.1", {daemon.port}, {{ |bridge| ("ready" + bridge.model + bridge.rate).postln }});
    fork {{
        var job, buffers, edited, said = false;
        job = b.generate("A4", (seconds: 0.5, takes: 2, seed: 7, rate: 48000));
        job.onStep = {{ |now| if(said.not) {{ said = true; ("step of" + now.steps).postln }} }};
        buffers = job.buffers(s);
        ("takes" + buffers.size + buffers[0].numFrames + job.part).postln;
        buffers[0].write("{tmp_path}/heard.wav", "wav", "float");
        s.sync;
        ("path" + job.takes[0].path).postln;
        edited = b.inpaint(buffers[0], 0.1, 0.2, "C5").take;
        ("inpainted" + edited.path).postln;
        b.generate("A4", (seconds: 99)).then({{ }}, {{ |code, text| ("failed" + code.asString + text).postln }});
        try {{ b.restyle("/no/such.wav", "rain", 0.5).wait }} {{ |error| error.errorString.postln }};
        job.then {{ |takes| ("then" + takes.size).postln }};
        b.free;
        s.quit;
        0.5.wait;
        0.exit;
    }};""" + END
    text = sclang(code)
    assert "ready tone 48000" in text, text
    assert "takes 2 24000 1" in text and "step of 8" in text and "then 2" in text
    path = Path(re.search(r"^path (.+\.wav)", text, re.MULTILINE)[1])  # type: ignore[index]
    assert read_request(path).seed == 7
    assert np.allclose(soundfile.read(tmp_path / "heard.wav")[0], soundfile.read(path)[0], atol=1e-6)
    edited = read_request(Path(re.search(r"^inpainted (.+\.wav)", text, re.MULTILINE)[1]))  # type: ignore[index]
    assert (edited.task, edited.prompt) == ("inpaint", "C5")
    assert "failed bad-value seconds must be 0.05 to 60 s, got 99" in text
    assert re.search(r"ERROR: bridge: sc-\S+ bad-file: there is no file /no/such\.wav", text), text


@pytest.mark.peers
def test_a_job_is_cancelled_and_there_is_one_bridge_at_an_address(serve, sclang: Sclang) -> None:
    """Evaluating a line again makes no second Bridge, which would warn of what is in the first one's hands."""
    daemon = serve("--option", "step_seconds=0.05")
    text = sclang(f"""
        b = Bridge("127.0.0.1", {daemon.port});
        c = Bridge("localhost", {daemon.port});
        ("same" + (b === c)).postln;
        fork {{
            [b.generate("A4", (steps: 200)).cancel, c.generate("A4", (seconds: 99))].do {{ |job|
                try {{ job.wait; "done".postln }} {{ job.code.postln }};
            }};
            b.free;
            ("other" + (b === Bridge("127.0.0.1", {daemon.port})).not).postln;
            0.exit;
        }};
        SystemClock.sched(60, {{ "too late".error; 1.exit }});
    """)
    assert "same true" in text and "other true" in text, text
    assert re.search(r"^cancelled\nbad-value$", text, re.MULTILINE), text


@pytest.mark.peers
def test_what_the_picture_shows_is_what_is_posted(daemon, sclang: Sclang, jack, free_port) -> None:
    assert (ROOT / "docs" / "hosts" / "sc.svg").read_text() == sc_picture.svg(), "run python -m max_patches.sc_picture"
    code = sc_picture.CODE.replace("Bridge.new", f'Bridge("127.0.0.1", {daemon.port})')
    code = code.replace("buffer(s).play;", "buffer(s).play;\n    0.5.wait; s.quit; 0.5.wait; 0.exit;")
    text = sclang(BOOT % free_port() + code + END)
    assert not FAILURES.search(text), text
    assert re.findall(r"^take .*$", text, re.MULTILINE) == list(sc_picture.POSTED)


@pytest.mark.peers
def test_a_pattern_plays_pads_and_presets(daemon, sclang: Sclang) -> None:
    code = f"""
    var played = List.new, until = {{ |what| while {{ played.includesEqual(what).not }} {{ 0.05.wait }} }};
    (type: \\bridge, pad: \\tone).play;
    b = Bridge("127.0.0.1", {daemon.port});
    p = OSCFunc({{ |msg| played.add("% %".format(msg[1], msg[3].round(0.01)).postln) }}, '/pad/played');
    fork {{
        b.pad(\\tone, "A4", (seconds: 0.1, pool: 2));
        b.play((preset: "drums/hall-kick", settings: (pool: 1)));
        while {{ b.pads['tone'] < 2 or: {{ b.pads['drums/hall-kick'] < 1 }} }} {{ 0.05.wait }};
        Pbind(\\type, \\bridge, \\preset, "drums/hall-kick", \\velocity, Pseq([0.75]), \\dur, 0.1).play;
        Pbind(\\type, \\bridge, \\pad, \\tone, \\velocity, Pseq([0.5]), \\dur, 0.1).play;
        until.("drums/hall-kick 0.75");
        until.("tone 0.5");
        (type: \\bridge, pad: \\tone).play;
        until.("tone 1.0");  // and not the velocity of MIDI, 64, that every event inherits
        (type: \\bridge, velocity: 1).play;
        0.exit;
    }};
    SystemClock.sched(60, {{ "too late".error; 1.exit }});
    """
    text = sclang(code)
    assert not FAILURES.search(text), text
    assert "too late" not in text, text
    assert text.count("an event needs a bridge: Bridge.new") == text.count("an event needs a pad or a preset") == 1


@pytest.mark.peers
def test_what_goes_wrong_is_said_in_words(serve, sclang: Sclang, tmp_path: Path) -> None:
    """A model that is missing, a clip that may not be read, a full disk: code and words come to the promise."""
    closed = tmp_path / "closed"
    closed.mkdir()
    soundfile.write(closed / "clip.wav", np.zeros(4800), 48000)
    daemon = serve("--root", str(tmp_path / "open"))
    ask = "{ }, { |code, text| (code.asString + text).postln; done = done + 1; if(done == 3) { 0.exit } }"
    with full_disk(daemon):
        text = sclang(f"""
            var done = 0;
            b = Bridge("127.0.0.1", {daemon.port});
            b.generate("rain", (model: "nothing")).then({ask});
            b.restyle("{closed}/clip.wav", "rain", 0.5).then({ask});
            b.generate("A4", (seconds: 10)).then({ask});
            SystemClock.sched(60, {{ "too late".error; 1.exit }});
        """)
    assert re.search(r"^model .*nothing", text, re.MULTILINE), text
    assert re.search(r"^bad-file .*clip\.wav is outside the folders of the setting roots", text, re.MULTILINE), text
    assert re.search(r"^disk ", text, re.MULTILINE), text


@pytest.mark.peers
def test_a_bridge_that_is_not_there_is_said_so(sclang: Sclang, free_port) -> None:
    port = free_port()
    text = sclang(f"""
        Bridge.silence = 0.5;
        b = Bridge("127.0.0.1", {port});
        b.pad(\\rain, "rain");
        b.generate("rain").then({{ }}, {{ |code, text| (code.asString + text).postln }});
        fork {{
            while {{ b.pads.notEmpty }} {{ 0.05.wait }};  // given anew by the next event
            b.generate("rain");
            while {{ b.jobs.notEmpty }} {{ 0.05.wait }};
            0.exit
        }};
    """)
    words = f"nobody answers at 127.0.0.1:{port}: bridge serve starts the bridge"
    assert f"no-answer {words}" in text
    assert f"WARNING: bridge: {words}" in text  # without a job
    assert re.search(rf"WARNING: bridge: sc-\S+ no-answer: {words}", text)  # nobody asked what becomes of that job


@pytest.mark.peers
def test_a_server_that_does_not_run_is_said_so(daemon, sclang: Sclang) -> None:
    text = sclang(f"""
        b = Bridge("127.0.0.1", {daemon.port});
        fork {{
            try {{ b.generate("A4", (seconds: 0.1)).buffer(s) }} {{ |error| error.errorString.postln }};
            0.exit
        }};
        SystemClock.sched(60, {{ "too late".error; 1.exit }});
    """)
    assert "ERROR: bridge: the server localhost does not run: boot it" in text


@pytest.mark.peers
def test_a_bridge_of_another_version_is_said(sclang: Sclang) -> None:
    with other_version() as port:
        text = sclang(f'b = Bridge("127.0.0.1", {port}, {{ "ready".postln; 0.exit }});')
    assert re.search(rf"it is version 99\.0\.0, and this Quark is version {VERSION}: bridge install sc", text), text
    assert "ready" in text


def test_the_quark_is_of_the_version_that_it_says() -> None:
    versions = {re.search(r'^\s*(?:classvar )?version(?: =|:) "(.+?)"', path.read_text(), re.MULTILINE)[1]
                for path in (QUARK / "Classes" / "Bridge.sc", QUARK / "audioldm-bridge.quark")}  # fmt: skip
    assert versions == {VERSION}


@pytest.mark.peers
def test_what_the_document_shows_is_understood(sclang: Sclang, tmp_path: Path) -> None:
    """Each block is one that sclang compiles."""
    blocks = re.findall(r"```supercollider\n(.*?)```", (ROOT / "docs" / "hosts" / "sc.md").read_text(), re.DOTALL)
    assert len(blocks) == 4
    code = ""
    for number, block in enumerate(blocks):
        (tmp_path / f"{number}.scd").write_text(block)
        read = f'File.readAllString("{tmp_path}/{number}.scd")'
        code += f'("understood" + thisProcess.interpreter.compile({read}).notNil).postln;\n'
    text = sclang(code + "0.exit;")
    assert text.count("understood true") == len(blocks), text

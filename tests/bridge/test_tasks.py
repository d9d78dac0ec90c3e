"""Every task over OSC and on the command line: which arguments become which parameters, and what is refused early."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from bridge import inbox
from bridge.client import asking
from bridge.commands import BY_TASK, TASKS, meant_for, parameter_names
from bridge.http.calls import message as as_message
from bridge.inbox import Refused
from bridge.osc import Message
from bridge.sources import BadSource, check_source
from bridge.takes import label
from engine import PARAMS, Request
from tests.bridge.conftest import ENDS

ALL = [task.name for task in TASKS]
RATE, SECONDS = 22050, 1.5


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stereo recording of 1.5 s at 22050 Hz, of different sounds left and right."""
    path = tmp_path_factory.mktemp("clips") / "Door slam.wav"
    times = np.arange(round(RATE * SECONDS)) / RATE
    noise = np.random.default_rng(1).normal(size=times.size) * np.exp(-4 * times)
    soundfile.write(path, 0.3 * np.stack([noise, np.sin(2000 * times)], axis=1), RATE, subtype="PCM_16")
    return path


def request(task: str, *args: Any) -> Request:
    return inbox.request(inbox.read(Message(f"/render/{task}", ("job-1", *args))), "tone")


MEANINGS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("generate", ("rain", "seconds", 2.0), {"prompt": "rain", "seconds": 2.0}),
    ("restyle", ("/a.wav", "rain", 0.25), {"source": "/a.wav", "prompt": "rain", "strength": 0.25}),
    ("inpaint", ("/a.wav", 1.5, 2.25, "hush"), {"source": "/a.wav", "regions": "1.5-2.25", "prompt": "hush"}),
    ("inpaint", ("/a.wav", 1, 2, "hush", "regions", "4-4.5"), {"regions": "1-2, 4-4.5"}),
    ("inpaint", ("/a.wav", 0, 0, "hush", "regions", "4-4.5"), {"regions": "4-4.5"}),
    ("extend", ("/a.wav", 4, "waves", "side", "both"), {"source": "/a.wav", "seconds": 4.0, "side": "both"}),
    ("upsample", ("/a.wav", "rate", 96000), {"source": "/a.wav", "rate": 96000}),
    ("vary", ("/a.wav", "prompt", "a dog", "audio_weight", 0.75), {"prompt": "a dog", "audio_weight": 0.75}),
    ("morph", ("rain : 0.7 | wind", "motion", "moving"), {"prompts": "rain : 0.7 | wind", "motion": "moving"}),
    ("loop", ("a beat", 4, 127, "beats", 3), {"prompt": "a beat", "bars": 4.0, "bpm": 127.0, "beats": 3}),
    ("takes", ("a door", 3), {"prompt": "a door", "takes": 3}),
    ("speak", ("Good night.", "a child"), {"transcript": "Good night.", "prompt": "a child"}),
    ("speak", ("ɡʊd nˈaɪt", "a child", "spelling", "phonemes"), {"transcript": "ɡʊd nˈaɪt", "spelling": "phonemes"}),
]


@pytest.mark.parametrize(("task", "args", "meaning"), MEANINGS)
def test_arguments_become_parameters(task: str, args: tuple[Any, ...], meaning: dict[str, Any]) -> None:
    asked = request(task, *args)
    assert asked.task == task
    assert {name: getattr(asked, name) for name in meaning} == meaning


@pytest.mark.parametrize(
    ("task", "args", "complaint"),
    [
        ("restyle", (), "path is missing: /render/restyle takes s id, s path, s prompt, f strength"),
        ("restyle", ("/a.wav", "rain"), "strength is missing"),
        ("restyle", ("/a.wav", "rain", 1.5), "strength must be 0 to 1, got 1.5"),
        ("restyle", ("/a.wav", "rain", "much"), "strength must be 0 to 1, got 'much'"),
        ("restyle", ("/a.wav", "rain", b"x"), "strength must be a number (f), got 1 bytes"),
        ("restyle", ("/a.wav", "rain", 0.5, "strength", 1), "unknown key 'strength'"),
        ("inpaint", ("/a.wav", -1, 2, "hush"), "start must be a number of seconds from 0, got -1"),
        ("inpaint", ("/a.wav", float("nan"), 2, "hush"), "start must be a number of seconds from 0, got nan"),
        ("extend", ("/a.wav", 1e6, "waves"), "seconds must be 0.05 to"),
        ("upsample", (3,), "path must be text (s), got 3"),
        ("upsample", ("/a.wav", "source", "/b.wav"), "unknown key 'source'"),
        ("takes", ("a door", 1.5), "takes must be a whole number, 1 to 16, got 1.5"),
        ("loop", ("a beat", 4, 900), "bpm must be"),
        ("speak", ("Good night.",), "voice is missing: /render/speak takes s id, s text, s voice"),
        ("speak", ("", "a child"), "transcript must be 1 to 1000 characters to speak, got none"),
        ("vary", ("/a.wav", "looseness", 3), "looseness must be 0 | 1 | 2 | 4 | 8, got 3"),
    ],
)
def test_bad_arguments_are_named(task: str, args: tuple[Any, ...], complaint: str) -> None:
    with pytest.raises(Refused) as caught:
        request(task, *args)
    assert complaint in str(caught.value)
    assert caught.value.id == "job-1"


@pytest.mark.parametrize(("task", "args", "meaning"), MEANINGS)
def test_what_the_command_line_sends_is_what_it_asked_for(
    task: str, args: tuple[Any, ...], meaning: dict[str, Any]
) -> None:
    """Also numbers that no 32-bit float holds: they travel as JSON."""
    asked = request(task, *args, "fade", "0.1", "seed", 7)
    usual = Request(prompt="a")
    params = {name: getattr(asked, name) for name in PARAMS if getattr(asked, name) != getattr(usual, name)}
    source = params.pop("source", None)
    params.pop("task", None)
    address, body = asking.arguments(task, "cli-1", params, source)
    assert (address, body["id"]) == (f"/render/{task}", "cli-1")
    assert inbox.request(inbox.read(as_message(address, body)), "tone") == asked


def test_every_parameter_is_an_argument_or_a_key_and_no_task_has_one_twice() -> None:
    for task in ALL:
        own = {arg.param for arg in BY_TASK[task].args if arg.param}
        assert not own & set(parameter_names(task))
        assert own | set(parameter_names(task)) >= set(meant_for(task))


def test_sources_are_checked_before_a_job_is_made(tmp_path: Path, clip: Path) -> None:
    (tmp_path / "empty.wav").write_bytes(b"")
    assert check_source(str(clip)) == clip
    assert check_source(clip.name, clip.parent) == clip
    for text, why in [
        ("a.wav", "path must be absolute, got a.wav"),
        (str(tmp_path / "none.wav"), f"there is no file {tmp_path}/none.wav"),
        (str(tmp_path), "is a folder"),
        (str(tmp_path / "empty.wav"), "is empty"),
        ("/dev/null", "is not a plain file"),
        ("/" + "x" * 4000, "cannot be looked at"),
        ("/a\0b", "there is no file '/a.x00b'"),
        ("~nobody-of-this-name/a.wav", "cannot be looked at"),
    ]:
        with pytest.raises(BadSource, match=why[:60]):
            check_source(text)


def test_takes_are_named_after_the_clip_and_the_task(clip: Path) -> None:
    assert label(Request(prompt="deep kick")) == "deep kick"
    assert label(Request(task="restyle", source=str(clip), prompt="snow")) == "Door slam restyle snow"
    assert label(Request(task="upsample", source=str(clip))) == "Door slam upsample"
    assert label(Request(task="morph", prompts="rain : 0.7 | thunder: 0.3")) == "rain  | thunder"
    assert label(Request(task="loop", prompt="beat", bars=4, bpm=127.5)) == "beat 4 bars 127-5 bpm"
    speech = Request(task="speak", transcript="Good night.", prompt="a child")
    assert label(speech) == "Good night."
    assert label(speech.replace(transcript="nˈaɪt", spelling="phonemes")) == "a child"


def arguments(task: str, clip: Path) -> tuple[Any, ...]:
    return {
        "generate": ("A4", "seconds", 0.5),
        "restyle": (str(clip), "A4", 0.5),
        "inpaint": (str(clip), 0.5, 0.75, "A4"),
        "extend": (str(clip), 0.5, "A4"),
        "upsample": (str(clip),),
        "vary": (str(clip), "seconds", 0.5),
        "morph": ("A4 | E4", "seconds", 0.5),
        "loop": ("A4", 1, 240, "rate", 44100),
        "takes": ("A4", 2, "seconds", 0.5),
        "speak": ("A4", "A4"),
    }[task]


LENGTHS = {"generate": 24000, "restyle": 33075, "inpaint": 33075, "extend": 44100, "upsample": 72000, "vary": 11025,
           "morph": 24000, "loop": 44100, "takes": 24000, "speak": 491520}  # fmt: skip


@pytest.mark.parametrize("task", ALL)
def test_every_task_is_answered_over_osc_with_takes_of_exact_length(daemon, client, clip: Path, task: str) -> None:
    client.send(f"/render/{task}", task, *arguments(task, clip))
    replies = client.until("/job/done", "/job/failed", id=task, seconds=60)
    takes = [args for address, args in replies if address == "/job/take"]
    assert replies[-1][0] == "/job/done", replies[-1]
    assert len(takes) == (2 if task == "takes" else 1)
    for _, _, path, frames, rate, *_ in takes:
        info = soundfile.info(path)
        assert (info.frames, info.samplerate) == (frames, rate)
        assert frames == LENGTHS[task]
        assert info.channels == (2 if "source" in meant_for(task) and task != "vary" else 1)  # that only listens
        assert Path(path).name.split("_")[1].startswith("door-slam" if "source" in meant_for(task) else "a4")


def test_a_cancel_in_the_middle_of_any_task_is_obeyed_within_a_step(serve, connect, clip: Path) -> None:
    step = 0.2
    client = connect(serve("--option", f"step_seconds={step}"))
    for task in set(ALL) - {"vary"}:
        client.send(f"/render/{task}", task, *arguments(task, clip), "steps", 100)
        client.until("/job/step", id=task)
        began = time.monotonic()
        client.send("/job/cancel", task)
        assert client.until(*ENDS, id=task)[-1] == ("/job/cancelled", (task,))
        assert time.monotonic() - began < step + 1.0, task  # the rest is this machine being busy


def test_a_missing_clip_fails_its_job_at_once_with_its_name(client) -> None:
    client.send("/render/upsample", "none", "/no/such.wav")
    assert client.receive() == ("/job/failed", ("none", "bad-file", "there is no file /no/such.wav"))


def test_a_clip_that_is_no_sound_fails_its_job_with_its_name(client, tmp_path: Path) -> None:
    (tmp_path / "notes.wav").write_text("not a sound")
    client.send("/render/upsample", "text", str(tmp_path / "notes.wav"))
    failed = client.until("/job/failed", id="text")[-1][1]
    assert failed[1] == "bad-file"
    assert "notes.wav" in failed[2]


@pytest.mark.peers
def test_oscsend_can_have_a_region_replaced(daemon, client, peer, clip: Path) -> None:
    client.send("/bridge/hello", "test", client.port)
    client.receive()
    values = ["cough", str(clip), "0.5", "0.75", "silence", "seed", "7"]
    subprocess.run([peer("oscsend"), "127.0.0.1", str(daemon.port), "/render/inpaint", "ssffssi", *values], check=True)
    take = next(args for address, args in client.until("/job/done", id="cough") if address == "/job/take")
    old, new = soundfile.read(clip, dtype="int16")[0], soundfile.read(take[2], dtype="int16")[0]
    assert np.array_equal(old[: RATE // 2], new[: RATE // 2])
    end = round(0.75 * RATE)
    assert np.array_equal(old[end:], new[end:])
    assert not np.array_equal(old, new)


@pytest.mark.parametrize("task", ALL)
def test_every_task_has_a_command_with_an_example_and_its_own_options(run_bridge, task: str) -> None:
    done = run_bridge(task, "--help")
    assert f"bridge {task}" in done.stdout and "Example" in done.stdout
    given = {arg.param for arg in BY_TASK[task].args if arg.tag == "s"} | {"source"}
    for name in set(meant_for(task)) - given:
        assert f"--{name.replace('_', '-')}" in done.stdout


def test_the_command_line_edits_through_the_daemon_and_alike_without_it(run_bridge, daemon, clip, tmp_path) -> None:
    options, port = ("A4", "--strength", "0.4", "--seed", "7", "-o"), str(daemon.http_port)
    there = run_bridge("restyle", clip.name, *options, str(tmp_path / "a.wav"), "--port", port, cwd=clip.parent)
    assert there.returncode == 0, there.stderr
    here = run_bridge("restyle", str(clip), *options, str(tmp_path / "b.wav"), "--local", "--model", "tone")
    assert here.returncode == 0, here.stderr
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (("restyle", "none.wav", "rain"), "there is no file"),
        (("inpaint", "CLIP", "rain"), "Missing option '--regions'"),
        (("upsample",), "Missing argument 'FILE'"),
        (("restyl", "a"), "Did you mean"),
        (("loop", "beat", "--bars", "99"), "bars must be 0 to 64"),
    ],
)
def test_mistakes_are_named(run_bridge, clip: Path, args: tuple[str, ...], complaint: str) -> None:
    done = run_bridge(*(str(clip) if arg == "CLIP" else arg for arg in args))
    assert done.returncode == 2
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr

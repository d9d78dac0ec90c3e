"""The Pd abstractions in a real headless Pd, with a real daemon: from words to samples, exactly those of the take."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
import soundfile
from pythonosc.osc_message import OscMessage

from bridge.commands import BY_TASK, COMMANDS
from engine import Request, read_request
from max_patches import VERSION
from max_patches.pd_building import FOLDER, built
from max_patches.pd_building.canvas import Canvas
from tests.bridge.conftest import Running
from tests.bridge.troubles import full_disk, other_version
from tests.programs import QUIET_PD, running

COMPLAINTS = re.compile(r"couldn't create|connection failed|no method for|no such|\berror\b", re.IGNORECASE)


def pd(
    program: str, log: Path, patch: Path, *sends: str, flags: Sequence[str] = (*QUIET_PD, "-r", "44100")
) -> AbstractContextManager[Callable[..., str]]:
    """A Pd with a patch and the abstractions; ``wait(pattern)`` returns what it said once that matches."""
    sent = [word for send in sends for word in ("-send", send)]
    return running(log, program, *flags, "-path", str(FOLDER), "-open", str(patch), *sent)


def test_the_files_are_those_that_the_code_makes() -> None:
    for name, content in built().items():
        assert (FOLDER / name).read_text(encoding="utf-8") == content, "run python -m max_patches.pd_building"


def test_every_address_and_task_in_the_abstractions_exists() -> None:
    rows = {command.address: command for command in COMMANDS}
    for name, content in built().items():
        for types, parts in re.findall(r"oscformat (?:-f (\w+) )?([a-z_ ]+);", content):
            command = rows["/" + "/".join(parts.split())]
            needed = "".join(arg.tag for arg in command.args if not arg.optional)
            assert types.startswith(needed), f"{name}: {command.address} takes {needed}, the patch sends {types}"
        for task in re.findall(r"bridge-job (\w+);", content):
            assert task in BY_TASK


@pytest.mark.peers
@pytest.mark.parametrize("name", sorted(built()))
def test_pd_opens_it_without_a_complaint(name: str, peer: Callable[[str], str], tmp_path: Path) -> None:
    marker = tmp_path / "marker.pd"
    canvas = Canvas()
    canvas.obj(0, 0, "print opened", canvas.obj(0, 0, "del 200", canvas.obj(0, 0, "loadbang")))
    marker.write_text(canvas.file())
    with pd(peer("pd"), tmp_path / "log", FOLDER / name, f"pd open marker.pd {tmp_path}") as wait:
        assert not COMPLAINTS.search(wait("opened: bang"))


def session(tmp_path: Path, task: str, *, source: bool = False) -> Path:
    """A patch with one abstraction: words by prompt, settings and the path by receivers. The take is played by bridge~
    and recorded, its array written."""
    canvas = Canvas()
    made = canvas.obj(20, 60, f"{task} test-take", canvas.obj(20, 20, "r prompt"))
    last = 1 if task == "generate" else 3
    canvas.wire(canvas.obj(200, 20, "r setting"), made, last)
    if source:
        canvas.wire(canvas.obj(300, 20, "r path"), made, 1)
        canvas.wire(canvas.obj(400, 20, "r more"), made, 2)
    for x, (outlet, word) in enumerate(((0, "path"), (1, "frames"), (2, "part"), (3, "told"))):
        canvas.obj(20 + 90 * x, 90, f"print {word}", made[outlet])
    order = canvas.obj(20, 120, "t s b b", made)
    player = canvas.obj(20, 200, "bridge~", order)
    opened = canvas.msg(150, 150, f"open -bytes 4 {tmp_path}/heard.wav, start", order[1])
    record = canvas.obj(20, 300, "writesf~ 2", opened)
    canvas.wire(player, record)
    canvas.wire(player[1], record, 1)
    canvas.wire(canvas.msg(200, 260, "stop", canvas.obj(200, 230, "del 200", player[2])), record)
    canvas.obj(350, 330, "print recorded", canvas.obj(350, 300, "del 400", player[2]))
    canvas.obj(500, 330, "print bridge", player[3])
    canvas.obj(300, 200, "soundfiler", canvas.msg(300, 170, f"write -bytes 4 {tmp_path}/array.wav test-take", order[2]))
    canvas.array(400, 400, "test-take", 100)
    path = tmp_path / "session.pd"
    path.write_text(canvas.file())
    return path


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    running = Running(tmp_path_factory.mktemp("daemon") / "log")
    yield running
    running.stop()


def inside(heard: np.ndarray, take: np.ndarray) -> int:
    """Where in what was heard the take begins, every sample of it being there."""
    first = int(np.flatnonzero(np.abs(take) > 1e-4)[0])
    starts = np.flatnonzero(np.abs(heard - take[first]) < 1e-6) - first
    for start in starts:
        part = heard[start : start + take.size] if start >= 0 else heard[:0]
        if part.size == take.size and np.allclose(part, take, atol=1e-6):
            return int(start)
    raise AssertionError("the take was not heard as it is")


@pytest.mark.peers
def test_words_become_the_take_in_the_array_and_on_the_output(daemon, peer, tmp_path: Path) -> None:
    sends = (f"bridge-port {daemon.port}", "pd dsp 1", "setting seconds 0.5", "setting seed 7", "setting seed 9",
             "prompt heavy rain in A4")  # fmt: skip
    with pd(peer("pd"), tmp_path / "log", session(tmp_path, "generate"), *sends) as wait:
        text = wait(r"recorded: bang")
    assert not COMPLAINTS.search(text), text
    path = Path(re.search(r"path: symbol (.+\.wav)", text)[1])  # type: ignore[index]
    request = read_request(path)
    assert (request.prompt, request.seed, request.rate) == ("heavy rain in A4", 9, 44100)
    take, rate = soundfile.read(path)
    assert (take.size, rate) == (22050, 44100)
    assert "frames: 22050" in text and "part: 1\n" in text and "told: done 1" in text
    assert re.search(r"bridge: ready tone 48000", text)
    assert np.allclose(soundfile.read(tmp_path / "array.wav")[0], take, atol=1e-6)
    heard = soundfile.read(tmp_path / "heard.wav")[0]
    assert inside(heard[:, 0], take) == inside(heard[:, 1], take)  # mono is heard on both sides


@pytest.mark.peers
def test_ids_are_others_after_each_start(peer, tmp_path: Path) -> None:
    """A patch that asks as soon as it is loaded, again and again, gets a take of its own each time."""
    ids = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bridge:
        bridge.bind(("127.0.0.1", 0))
        bridge.settimeout(30)
        sends = (f"bridge-port {bridge.getsockname()[1]}", "prompt A4")
        for _ in range(20):
            with pd(peer("pd"), tmp_path / "log", session(tmp_path, "generate"), *sends):
                while (message := OscMessage(bridge.recv(65536))).address != "/render/generate":
                    pass
                ids.append(message.params[0])
    assert len(set(ids)) == len(ids)


@pytest.mark.peers
@pytest.mark.parametrize(("task", "more"), [("restyle", "0.7"), ("inpaint", "0.1 0.3")])
def test_a_file_is_edited(daemon, peer, tmp_path: Path, task: str, more: str) -> None:
    """Stereo, at another rate than Pd's: both come back in Pd's rate, and each side is heard on its own."""
    source = tmp_path / "two sides.wav"
    time_ = np.arange(22050) / 44100
    soundfile.write(source, 0.3 * np.stack([np.sin(2000 * time_), np.sin(3000 * time_)], axis=1), 44100)
    sends = (f"bridge-port {daemon.port}", "pd dsp 1", f"path symbol {str(source).replace(' ', chr(92) + ' ')}",
             f"more {more}", "prompt C5")  # fmt: skip
    with pd(peer("pd"), tmp_path / "log", session(tmp_path, task, source=True), *sends) as wait:
        text = wait(r"recorded: bang")
    assert not COMPLAINTS.search(text), text
    path = Path(re.search(r"path: symbol (.+\.wav)", text)[1])  # type: ignore[index]
    request, (take, rate) = read_request(path), soundfile.read(path)
    assert (request.task, request.prompt, take.shape, rate) == (task, "C5", (22050, 2), 44100)
    assert request.strength == pytest.approx(0.7) if task == "restyle" else request.regions.startswith("0.1")
    heard = soundfile.read(tmp_path / "heard.wav")[0]
    assert inside(heard[:, 0], take[:, 0]) == inside(heard[:, 1], take[:, 1])


def requests(text: str) -> list[Request]:
    """Of the takes whose paths came out, in that order."""
    return [read_request(Path(path)) for path in re.findall(r"path: symbol (.+\.wav)", text)]


TYPED = {
    "heavy rain\\, on tin": "heavy rain, on tin", "2 doors slam": "2 doors slam", "808": "808",
    "très fort": "très fort", "symbol a\\ b": "a b",
}  # fmt: skip
"""What is written in a message box → the prompt."""


@pytest.mark.peers
def test_words_arrive_as_they_are_typed(daemon, peer, tmp_path: Path) -> None:
    sends = (f"bridge-port {daemon.port}", "setting seconds 0.1", *(f"prompt {typed}" for typed in ("bang", *TYPED)))
    with pd(peer("pd"), tmp_path / "log", session(tmp_path, "generate"), *sends) as wait:
        text = wait(f"(?s)(path: symbol .*){{{len(TYPED)}}}told: done 1")
    assert [request.prompt for request in requests(text)] == list(TYPED.values())  # a bang says nothing


@pytest.mark.peers
def test_settings_stay_until_they_are_cleared_and_the_rate_is_that_of_pd(daemon, peer, tmp_path: Path) -> None:
    sends = (f"bridge-port {daemon.port}", "setting seconds 0.1", "setting negative crowd noise\\, 2 flutes",
             "setting rate 22050", "prompt A4", "setting negative music", "prompt A4", "setting clear",
             "setting seconds 0.2", "prompt A4")  # fmt: skip
    with pd(peer("pd"), tmp_path / "log", session(tmp_path, "generate"), *sends) as wait:
        text = wait("(?s)(path: symbol .*){3}told: done 1")
    found = [(request.negative, request.rate, request.seconds) for request in requests(text)]
    assert found == [
        ("crowd noise, 2 flutes", 22050, pytest.approx(0.1)), ("music", 22050, pytest.approx(0.1)),
        ("", 44100, pytest.approx(0.2)),
    ]  # fmt: skip


@pytest.mark.peers
def test_what_goes_wrong_is_said_in_words(daemon, peer, free_port, tmp_path: Path) -> None:
    patch = session(tmp_path, "generate")
    sends = (f"bridge-port {daemon.port}", "setting seconds 99", "prompt rain")
    with pd(peer("pd"), tmp_path / "log", patch, *sends) as wait:
        wait(r"told: failed bad-value seconds must be 0\.05 to 60 s, got 99")
    printed = (tmp_path / "log").read_text()
    assert "told: failed bad-value seconds must be 0.05 to 60 s\\, got 99" in printed
    with pd(peer("pd"), tmp_path / "log2", patch, f"bridge-port {free_port()}", "prompt rain") as wait:
        wait(r"told: failed no-answer nobody answers: bridge serve starts the bridge")
        wait(r"bridge: failed no-answer nobody answers")
    assert "\\ " not in (tmp_path / "log2").read_text()


@pytest.mark.peers
def test_the_latest_job_is_cancelled(peer, tmp_path: Path) -> None:
    slow = Running(tmp_path / "slow", "--option", "step_seconds=0.05")
    try:
        sends = (f"bridge-port {slow.port}", "setting steps 200", "prompt rain", "prompt cancel")
        with pd(peer("pd"), tmp_path / "log", session(tmp_path, "generate"), *sends) as wait:
            assert "done" not in wait("told: cancelled")
    finally:
        slow.stop()


@pytest.mark.peers
def test_a_bridge_of_another_version_is_said(daemon, peer, tmp_path: Path) -> None:
    patch = session(tmp_path, "generate")
    with other_version() as port, pd(peer("pd"), tmp_path / "log", patch, f"bridge-port {port}") as wait:
        wait(rf"bridge: failed other-version the bridge is version 99\.0\.0 .* version {VERSION}: bridge install pd")
    with pd(peer("pd"), tmp_path / "log2", patch, f"bridge-port {daemon.port}", "prompt A4") as wait:
        assert "other-version" not in wait(r"told: done 1")


@pytest.mark.peers
def test_what_fails_in_the_bridge_is_said_in_its_words(daemon, peer, tmp_path: Path) -> None:
    """A model that is missing, a clip that may not be read, a full disk."""
    clip = tmp_path / "clip.wav"
    soundfile.write(clip, np.zeros(4800), 48000)
    port, patch = f"bridge-port {daemon.port}", session(tmp_path, "generate")
    with pd(peer("pd"), tmp_path / "log", patch, port, "setting model nothing", "prompt A4") as wait:
        assert "told: done" not in wait(r"told: failed model .*'nothing'")
    with full_disk(daemon), pd(
        peer("pd"), tmp_path / "log2", patch, port, "setting seconds 10", "prompt A4"
    ) as wait:  # fmt: skip
        assert "told: done" not in wait(r"told: failed disk ")
    closed = Running(tmp_path / "closed", "--root", str(tmp_path / "open"))
    try:
        sends = (f"bridge-port {closed.port}", f"path symbol {clip}", "more 0.7", "prompt C5")
        with pd(peer("pd"), tmp_path / "log3", session(tmp_path, "restyle", source=True), *sends) as wait:
            text = wait(r"told: failed bad-file .*clip\.wav is outside the folders of the setting roots")
        assert "told: done" not in text
    finally:
        closed.stop()

"""The engine process over real pipes: jobs, cancels, garbage, and how it ends."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import psutil
import pytest

import engine
from engine import (
    Broken,
    Cancel,
    Cancelled,
    Close,
    Command,
    Decoder,
    Done,
    Event,
    Failed,
    Invalid,
    Ready,
    Request,
    Step,
    Submit,
    TakeReady,
    encode,
)
from engine.params import TASKS

SHORT = Request(prompt="A4", seconds=0.05, seed=1, steps=3)
LONG = SHORT.replace(steps=200)


class Child:
    """A worker process and its two pipes."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "engine.worker", *arguments]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
        )
        self.decoder = Decoder()
        self.seen: list[Event | Command | Invalid] = []

    def send(self, *commands: Command | bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"".join(c if isinstance(c, bytes) else encode(c) for c in commands))

    def until(self, stop: Callable[[Event | Command | Invalid], object], seconds: float = 60) -> list[object]:
        """The events up to the one that `stop` wants, or to the end of the pipe."""
        assert self.process.stdout is not None
        found: list[object] = []
        deadline = time.monotonic() + seconds
        while not any(stop(event) for event in found):
            ready, _, _ = select.select([self.process.stdout], [], [], deadline - time.monotonic())
            assert ready, found
            if not (data := self.process.stdout.read(1 << 16)):
                break
            found += self.decoder.feed(data)
        return found

    def end(self, seconds: float = 20) -> int:
        return self.process.wait(seconds)


@pytest.fixture
def child() -> Iterator[Callable[..., Child]]:
    children: list[Child] = []

    def start(*arguments: str) -> Child:
        children.append(Child(*(arguments or ("--model", "tone"))))
        return children[-1]

    yield start
    for one in children:
        one.process.kill()
        one.process.wait()
        for pipe in (one.process.stdin, one.process.stdout, one.process.stderr):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


def is_a(*kinds: type) -> Callable[[object], bool]:
    return lambda event: isinstance(event, kinds)


def test_a_job_there_and_back_and_a_polite_end(child: Callable[..., Child]) -> None:
    worker = child()
    worker.send(Submit("a", SHORT.replace(takes=2)))
    events = worker.until(is_a(Done))
    assert events[0] == Ready("tone", 48000, engine.__version__, TASKS)
    takes = [event.take for event in events if isinstance(event, TakeReady)]
    with engine.load("tone") as model:
        here = model.render(SHORT.replace(takes=2))
    assert [take.clip.samples.tobytes() for take in takes] == [take.clip.samples.tobytes() for take in here]
    assert [take.request for take in takes] == [take.request for take in here]
    worker.send(Close())
    assert worker.end() == 0


def test_a_cancel_in_the_middle_then_the_end_of_stdin(child: Callable[..., Child]) -> None:
    worker = child("--model", "tone", "--option", "step_seconds=0.02")
    worker.send(Submit("a", LONG), Submit("b", LONG))
    events = worker.until(is_a(Step))
    worker.send(Cancel("a"))
    events += worker.until(is_a(Cancelled))
    assert Cancelled("a") in events
    assert max(event.index for event in events if isinstance(event, Step)) < 200
    assert worker.process.stdin is not None
    worker.process.stdin.close()
    assert Cancelled("b") in worker.until(lambda event: False)
    assert worker.end() == 0


def test_wrong_frames_fail_their_own_job_only(child: Callable[..., Child]) -> None:
    worker = child()
    header = b'{"kind":"submit","id":"bad","request":{"prompt":"x","seconds":-1}}'
    wrong = struct.pack("<I", len(header)) + header + struct.pack("<I", 0)
    nonsense = struct.pack("<I", 2) + b"{}" + struct.pack("<I", 3) + b"abc"
    worker.send(wrong, nonsense, encode(Done("x", 1)), Submit("good", SHORT))
    events = worker.until(is_a(Done))
    assert Failed("bad", "bad-value", "seconds must be 0.05 to 60 s, got -1") in events
    assert events[-1] == Done("good", 1)


def test_garbage_ends_it_with_its_own_code(child: Callable[..., Child]) -> None:
    worker = child()
    worker.until(is_a(Ready))
    worker.send(b"\xde\xad\xbe\xef" * 10)
    assert worker.end() == 4
    assert worker.process.stderr is not None
    assert b"header must be" in worker.process.stderr.read()


def test_an_id_in_use_never_ends_the_running_job(child: Callable[..., Child]) -> None:
    worker = child("--model", "tone", "--option", "step_seconds=0.01")
    worker.send(Submit("a", SHORT.replace(steps=20)), Submit("a", SHORT))
    events = worker.until(is_a(Done, Failed))
    assert [event for event in events if isinstance(event, Step)][-1] == Step("a", 20, 20)
    assert events[-1] == Done("a", 1)


def test_a_killed_worker_closes_its_pipe(child: Callable[..., Child]) -> None:
    worker = child("--model", "tone", "--option", "step_seconds=0.02")
    worker.send(Submit("a", LONG))
    worker.until(is_a(Step))
    worker.process.kill()
    assert not any(isinstance(event, Done) for event in worker.until(lambda event: False))
    assert worker.end() == -signal.SIGKILL


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("--model", "nothing"), "model", "unknown model 'nothing'"),
        (("--model", "tone", "--option", "speed=1"), "unknown-key", "unknown key 'speed'"),
        (("--model", "tone", "--threads", "0"), "bad-value", "threads must be 1 or more, got 0"),
    ],
)
def test_a_model_that_cannot_be_loaded(
    child: Callable[..., Child], arguments: tuple[str, ...], code: str, text: str
) -> None:
    worker = child(*arguments)
    (broken,) = worker.until(is_a(Broken))
    assert isinstance(broken, Broken)
    assert broken.code == code
    assert text in broken.text
    assert worker.end() == 3


def test_a_hanging_step_does_not_outlive_stdin(child: Callable[..., Child]) -> None:
    worker = child("--model", "tone", "--option", "step_seconds=30")
    time.sleep(1.0)  # it hangs in its warm-up
    assert worker.process.stdin is not None
    worker.process.stdin.close()
    assert worker.end(10) == 0


def test_unread_events_do_not_outlive_stdin(child: Callable[..., Child]) -> None:
    worker = child()
    worker.send(Submit("a", SHORT.replace(seconds=10, takes=8)))  # far more than a pipe holds
    time.sleep(1.0)
    assert worker.process.stdin is not None
    worker.process.stdin.close()
    assert worker.end(20) == 0


def test_ctrl_c_is_the_parents_business(child: Callable[..., Child]) -> None:
    worker = child()
    worker.until(is_a(Ready))
    worker.process.send_signal(signal.SIGINT)
    worker.send(Submit("a", SHORT))
    assert worker.until(is_a(Done))[-1] == Done("a", 1)


@pytest.mark.skipif(sys.platform == "win32", reason="there, only the end of stdin tells")
def test_it_ends_with_its_parent_even_if_stdin_stays_open() -> None:
    read, write = os.pipe()  # our own copy of the writing end keeps the worker's stdin open
    parent = (
        "import os, subprocess, sys; null = subprocess.DEVNULL;"
        "command = [sys.executable, '-m', 'engine.worker', '--model', 'tone', '--parent', str(os.getpid())];"
        "print(subprocess.Popen(command, stdout=null, stderr=null).pid)"
    )
    done = subprocess.run([sys.executable, "-c", parent], stdin=read, capture_output=True, check=True)
    pid = int(done.stdout)
    deadline = time.monotonic() + 20
    while _running(pid):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    os.close(read)
    os.close(write)


def _running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # Where nobody asks an orphan for its exit code (in some containers), it stays as a zombie.
    return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE

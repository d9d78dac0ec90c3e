"""What the bridge says it is doing, and `bridge top`, which shows it."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from bridge import Client
from bridge.cli.top import picture
from bridge.vitals import Facts, Vitals
from engine import Done, Failed, Started, Step
from tests.bridge.stage import READY, Stage, a_take

ROOT = Path(__file__).parents[2]


class Watched(Stage):
    """A stage whose replies are measured, on a clock of its own."""

    def __init__(self, folder: Path, **config: Any) -> None:
        self.time = 100.0
        self.vitals: Vitals | None = None
        super().__init__(folder, **config)
        facts = Facts({"tone": os.getpid(), "other": None}, 1, 2, folder)
        self.vitals = Vitals(self.desk, lambda: facts, lambda: {"tcp": 2}, ("", 0, "vitals-1"), lambda: self.time)

    def _send(self, to: tuple[Any, ...], address: str, args: tuple[Any, ...]) -> None:
        super()._send(to, address, args)
        if self.vitals is not None and self.vitals.wants(address, args):
            self.vitals.tell(address, args)

    def now(self) -> dict[str, Any]:
        assert self.vitals is not None
        return self.vitals.now()


@pytest.fixture
async def stage(tmp_path: Path) -> Watched:
    stage = Watched(tmp_path, max_live=5)
    await stage.play(READY)
    return stage


async def test_steps_are_timed_and_speed_is_measured(stage: Watched) -> None:
    assert stage.now()["step_seconds"] is None and stage.now()["real_time_factor"] is None
    stage.say("/bridge/hello", "a host")
    stage.say("/render/generate", "1", "rain", "seconds", 2)
    await stage.play(Started("job-1"))
    for index in range(1, 5):
        await stage.play(Step("job-1", index, 8))
        stage.time += 0.25
    (job,) = stage.now()["jobs"]
    assert (job["step"], job["of"], job["step_seconds"], job["left_seconds"]) == (4, 8, 0.25, 1.0)
    assert (job["client"], job["state"], job["task"]) == ("'a host'", "rendering", "generate")
    await stage.play(a_take("job-1", 0, stage.asked[0][2]), Done("job-1", 1))
    now = stage.now()
    assert now["jobs"] == [] and now["ended"] == {"done": 1, "failed": 0, "cancelled": 0}
    assert now["real_time_factor"] == 0.5  # one second for two of sound
    assert (now["step_seconds"], now["slowest_step_seconds"]) == (0.25, 0.25)


async def test_a_pause_before_the_first_step_and_a_lost_engine_are_no_steps(stage: Watched) -> None:
    stage.say("/render/generate", "1", "rain")
    stage.time += 50
    await stage.play(Started("job-1"), Step("job-1", 3, 8))
    assert stage.now()["step_seconds"] is None
    stage.time += 0.5
    await stage.play(Step("job-1", 5, 8))
    assert stage.now()["step_seconds"] == 0.25
    await stage.play(Failed("job-1", "memory", "out of memory"))
    stage.say("/render/generate", "1", "rain")  # another job under the same id
    await stage.play(Started("job-2"), Step("job-2", 6, 8))
    assert stage.now()["step_seconds"] == 0.25 and stage.now()["ended"]["failed"] == 1


async def test_what_is_told_again_is_measured_once(stage: Watched) -> None:
    stage.say("/render/generate", "1", "rain", "seconds", 2, "takes", 2)
    await stage.play(Started("job-1"), Step("job-1", 1, 4))
    for index in (2, 3):
        stage.time += 1.0
        await stage.play(Step("job-1", index, 4))
        stage.time += 0.5
        stage.say("/job/follow", "1", sender=("127.0.0.1", 5001))
    stage.time += 0.5
    await stage.play(Step("job-1", 4, 4))
    request = stage.asked[0][2]
    await stage.play(a_take("job-1", 0, request))
    stage.say("/job/follow", "1", sender=("127.0.0.1", 5001))
    await stage.play(a_take("job-1", 1, request), Done("job-1", 2))
    now = stage.now()
    assert (now["step_seconds"], now["slowest_step_seconds"]) == (1.0, 1.5)
    assert now["real_time_factor"] == round(3.5 / 4, 3)


async def test_clients_queue_and_processes(stage: Watched) -> None:
    stage.say("/bridge/hello", "a host")
    stage.say("/render/generate", "1", "rain")
    stage.say("/render/generate", "2", "rain", sender=("127.0.0.1", 5001))
    now = stage.now()
    assert now["queue"] == {"rendering": 0, "queued": 2, "most": 5}
    assert now["clients"] == [
        {"name": "'a host'", "address": "127.0.0.1:5000", "over": "udp", "jobs": 1},
        {"name": "port 5001", "address": "", "over": "", "jobs": 1},
    ]
    assert [(one["process"], one["model"], one["pid"]) for one in now["processes"]] == [
        ("bridge", "", os.getpid()), ("engine", "tone", os.getpid()), ("engine", "other", None),
    ]  # fmt: skip
    assert abs(now["processes"][0]["memory"] - psutil.Process().memory_info().rss) < 50e6
    assert now["processes"][2]["memory"] is None
    json.dumps(now, allow_nan=False)


async def test_names_are_shown_as_they_are(stage: Watched) -> None:
    from rich.console import Console

    stage.say("/bridge/hello", "[red]x\x1b[2J")
    stage.say("/render/generate", "[/]", "[bold]rain[/bold]" * 9)
    console = Console(width=200, highlight=False, record=True, file=open(os.devnull, "w"))  # noqa: SIM115, PTH123
    console.print(picture(stage.now()))
    text = console.export_text()
    assert "[red]x" in text and "[/]" in text and "[bold]rain[/bold]" in text and "\x1b[2J" not in text
    console.file.close()


def test_top_in_a_pipe_and_as_json(run_bridge, daemon, free_port) -> None:
    with Client(daemon.http) as bridge:
        bridge.generate("A4", seconds=0.5, steps=5, id="shown").result()
    port = ("--port", str(daemon.http_port))
    for options in ((), ("--once",)):
        done = run_bridge("top", *options, *port)
        assert done.returncode == 0, done.stderr
        assert "model tone, ready" in done.stdout and "1 done" in done.stdout and "engine" in done.stdout
        assert "\x1b" not in done.stdout
    told = json.loads(run_bridge("top", "--json", *port).stdout)
    assert (told["model"], told["ended"]["done"]) == ("tone", 1)
    assert [one["pid"] for one in told["processes"]] == [daemon.process.pid, daemon.engine().pid]
    assert all(one["memory"] > 1e6 for one in told["processes"])
    assert any(one["name"] == "'bridge top'" and one["over"] == "ws" for one in told["clients"])
    none = run_bridge("top", "--port", str(free_port()))
    assert none.returncode == 1 and "no bridge answers" in none.stderr


def test_top_again_and_again_ends_with_who_reads_it(daemon) -> None:
    command = [sys.executable, "-m", "bridge", "top", "--json", "--every", "0.1", "--port", str(daemon.http_port)]
    top = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    assert top.stdout is not None and top.stderr is not None
    looks = [json.loads(top.stdout.readline()) for _ in range(3)]
    assert looks[0]["seconds"] <= looks[1]["seconds"] <= looks[2]["seconds"]
    top.stdout.close()
    assert top.wait(10) is not None
    assert "Traceback" not in top.stderr.read()
    top.stderr.close()


def test_top_on_a_terminal_follows_a_job_until_ctrl_c(serve) -> None:
    daemon = serve("--option", "step_seconds=0.1")
    master, slave = pty.openpty()
    top = subprocess.Popen(
        [sys.executable, "-m", "bridge", "top", "--every", "0.2", "--port", str(daemon.http_port)],
        cwd=ROOT, stdout=slave, stderr=slave, env=os.environ | {"TERM": "xterm", "COLUMNS": "160", "LINES": "40"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    try:
        with Client(daemon.http) as bridge:
            job = bridge.generate("A4", steps=150, id="watched")
            shown, end = b"", time.monotonic() + 20
            while b"/150" not in shown and time.monotonic() < end:
                shown += os.read(master, 10000)
            assert b"watched" in shown and b"/150" in shown
            job.cancel()
        top.send_signal(signal.SIGINT)
        assert top.wait(10) == 0
    finally:
        top.kill()
        os.close(master)
        os.close(slave)

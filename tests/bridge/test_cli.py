"""The command line as a person uses it."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import soundfile

from bridge import Client
from bridge.commands import COMMANDS, REPLIES

ROOT = Path(__file__).parents[2]


def test_help_is_fast_and_loads_nothing_heavy() -> None:  # in CPU time: a busy machine is no reason to fail
    code = (
        "import sys, time; began = time.process_time()\n"
        "from bridge.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'numpy', 'asyncio', 'soundfile', 'scipy', 'transformers'} & set(sys.modules)\n"
        "print(heavy, time.process_time() - began, file=sys.stderr)"
    )
    times = []
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=30)
        assert "serve" in done.stdout
        heavy, seconds = done.stderr.rsplit(" ", 1)
        assert heavy == "set()"
        times.append(float(seconds))
    assert min(times) < 0.3


@pytest.mark.parametrize("command", ["serve", "generate", "doctor", "commands"])
def test_every_command_has_help(run_bridge, command: str) -> None:
    done = run_bridge(command, "--help")
    assert done.returncode == 0
    assert "Usage: bridge" in done.stdout


def render(run_bridge, path: Path, *options: str) -> Path:
    done = run_bridge("generate", "heavy rain on a metal roof", "--seconds", "4", "-o", str(path), *options)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(path)
    return path


def test_the_same_seed_gives_the_same_samples_with_and_without_a_daemon(run_bridge, daemon, tmp_path: Path) -> None:
    here = ("--model", "tone", "--local")
    there = ("--port", str(daemon.http_port))
    odd = ("--guidance", "3.3", "--peak", "-0.7")  # no 32-bit float is exactly these
    first = render(run_bridge, tmp_path / "a.wav", "--seed", "7", *odd, *here)
    second = render(run_bridge, tmp_path / "b.wav", "--seed", "7", *odd, *here)
    daemons = render(run_bridge, tmp_path / "c.wav", "--seed", "7", *odd, *there)
    other = render(run_bridge, tmp_path / "d.wav", "--seed", "8", *odd, *there)
    assert soundfile.info(first).frames == 192000
    assert first.read_bytes() == second.read_bytes() == daemons.read_bytes()
    assert (soundfile.read(first)[0] != soundfile.read(other)[0]).any()


def test_without_a_name_takes_go_to_the_takes_folder(run_bridge, free_port, tmp_path: Path) -> None:
    options = ("--model", "tone", "--seconds", "0.1", "--seed", "1", "--takes", "2")
    done = run_bridge("generate", "A4", *options, "--folder", str(tmp_path), "--port", str(free_port()))
    names = [Path(line).name for line in done.stdout.split()]
    assert [name.split("_", 1)[1] for name in names] == ["a4_s1_0.10s_take1.wav", "a4_s2_0.10s_take2.wav"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names


def test_several_takes_are_numbered(run_bridge, daemon, tmp_path: Path) -> None:
    out = tmp_path / "hit.wav"
    options = ("--takes", "2", "--seconds", "0.1", "--port", str(daemon.http_port), "-o", str(out))
    done = run_bridge("generate", "A4", *options)
    assert done.stdout.split() == [str(tmp_path / "hit_1.wav"), str(tmp_path / "hit_2.wav")]
    assert run_bridge("generate", "A4", *options[2:-1], str(tmp_path)).stdout.startswith(str(tmp_path))


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (("rain", "--seconds", "-1"), "seconds must be 0.05 to 60 s, got -1.0"),
        (("rain", "--seconds", "nan"), "seconds must be 0.05 to 60 s, got nan"),
        (("",), "prompt must be 1 to 1000 characters long"),
        (("x" * 100_000,), "prompt must be 0 to 1000 characters long, got 100000"),
        (("rain", "-o", "a.flac"), "must end in .wav"),
        (("rain", "--format", "mp3"), "pcm16 | pcm24 | float32"),
        (("rain", "--local", "--model", "nothing"), "unknown model 'nothing'"),
    ],
)
def test_bad_options_name_value_and_range(run_bridge, args: tuple[str, ...], complaint: str) -> None:
    done = run_bridge("generate", *args)
    assert done.returncode in (1, 2)
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_another_model_than_the_daemons_is_rendered_without_it(run_bridge, serve, tmp_path: Path) -> None:
    port = str(serve().http_port)
    done = run_bridge("generate", "rain", "--model", "nothing", "--port", port, "-o", str(tmp_path / "a.wav"))
    assert "the running bridge has the model tone" in done.stderr
    assert done.returncode == 1


def interrupt(process: subprocess.Popen[bytes], master: int) -> str:
    """Wait for progress on the terminal, press Ctrl-C, and return what was shown."""
    shown, end = b"", time.monotonic() + 20
    while b"step 3" not in shown and time.monotonic() < end:
        shown += os.read(master, 1000)
    process.send_signal(signal.SIGINT)
    code = process.wait(30)
    shown += os.read(master, 100_000)
    assert code == 130, shown.decode()
    return shown.decode()


def test_progress_is_shown_and_ctrl_c_cancels_the_daemons_job(serve, connect, tmp_path: Path) -> None:
    daemon = serve("--option", "step_seconds=0.05")
    master, slave = pty.openpty()
    args = ["generate", "A4", "--steps", "200", "--port", str(daemon.http_port), "-o", str(tmp_path / "a.wav")]
    # A shell that runs the tests in the background has its children ignore SIGINT; a person's terminal does not.
    process = subprocess.Popen(
        [sys.executable, "-m", "bridge", *args], cwd=ROOT, stderr=slave, stdout=slave,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    try:
        assert re.search(r"rendering \[#*\.+\] step \d+ of 200", interrupt(process, master))
    finally:
        process.kill()
        os.close(master)
        os.close(slave)
    client = connect(daemon)
    client.send("/job/list")
    (entry,) = [args for address, args in client.until("/job/listed") if address == "/job/entry"]
    assert entry[1] == "cancelled"
    assert not (tmp_path / "a.wav").exists()


def test_a_job_whose_daemon_dies_is_rendered_without_it(serve, tmp_path: Path) -> None:
    daemon = serve("--option", "step_seconds=0.05")
    out = tmp_path / "a.wav"
    args = ["generate", "A4", "--seconds", "1", "--steps", "200", "--port", str(daemon.http_port), "-o", str(out)]
    process = subprocess.Popen([sys.executable, "-m", "bridge", *args], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    with Client(daemon.http) as client:
        while not any(job.state == "rendering" for job in client.jobs()):
            time.sleep(0.05)
    daemon.process.kill()
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "does not answer any more: rendering without it" in errors
    assert soundfile.info(out).frames == 48000


def test_commands_prints_the_table_in_three_forms(run_bridge) -> None:
    table = json.loads(run_bridge("commands", "--json").stdout)
    assert [row["address"] for row in table["commands"]] == [command.address for command in COMMANDS]
    assert [row["address"] for row in table["replies"]] == [reply.address for reply in REPLIES]
    assert {"name": "reply_port", "type": "i", "low": 1, "high": 65535}.items() <= table["keys"][-1].items()
    markdown = run_bridge("commands", "--markdown").stdout
    assert "| `/render/generate` | `s id, s prompt, [s key, value]…` |" in markdown
    assert "`dpm++ \\| ddim`" in markdown or "dpm++ \\| ddim" in markdown
    assert "/job/cancel  s id" in run_bridge("commands").stdout


def test_an_option_that_is_no_pair_is_named_before_anything_starts(run_bridge) -> None:
    done = run_bridge("serve", "--option", "fast", "--osc-port", "0")
    assert done.returncode == 2
    assert "must be KEY=VALUE, got 'fast'" in done.stderr

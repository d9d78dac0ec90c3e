"""Running it: signals, the log and the status."""

from __future__ import annotations

import json
import signal
from pathlib import Path

from bridge.logs import BACKUPS, set_up
from tests.bridge.conftest import eventually


def test_the_first_ctrl_c_finishes_the_jobs_that_live_and_takes_no_more(serve, connect) -> None:
    daemon = serve("--option", "step_seconds=0.02")
    client = connect(daemon)
    client.send("/render/generate", "one", "A4", "seconds", 0.1, "steps", 30)
    client.send("/render/generate", "two", "A4", "seconds", 0.1)
    client.until("/job/step", id="one")
    daemon.process.send_signal(signal.SIGINT)
    eventually(lambda: "finishing 2 jobs" in daemon.text)
    refused = client.job("three", "A4")
    assert refused[-1][1][:2] == ("three", "closing")
    done = [args[0] for address, args in [*refused, *client.until("/job/done", id="two")] if address == "/job/done"]
    assert done == ["one", "two"]
    assert daemon.process.wait(10) == 0


def test_the_second_ctrl_c_ends_the_jobs_and_tells_so(serve, connect, tmp_path: Path) -> None:
    daemon = serve("--option", "step_seconds=1", "--state", str(tmp_path))
    client = connect(daemon)
    client.send("/render/generate", "long", "A4", "steps", 100)
    client.until("/job/queued", id="long")
    daemon.process.send_signal(signal.SIGINT)
    eventually(lambda: "finishing 1 jobs" in daemon.text)
    assert daemon.stop(signal.SIGINT) == 130
    assert client.until("/job/failed", id="long")[-1][1][1] == "closing"
    again = connect(serve("--state", str(tmp_path)))
    again.send("/job/list")
    assert ("/job/entry", ("long", "failed", 0, "A4")) in again.until("/job/listed")


def test_a_service_that_is_stopped_leaves_its_jobs_to_the_next(serve, connect, free_port, tmp_path: Path) -> None:
    options = ("--osc-port", str(free_port()), "--state", str(tmp_path))
    daemon = serve(*options, "--option", "step_seconds=0.2")
    client = connect(daemon)
    client.send("/render/generate", "later", "A4", "seconds", 0.1, "steps", 100)
    client.until("/job/step", id="later")
    assert daemon.stop(signal.SIGTERM) == 0
    told = client.until("/bridge/error")[-1][1]
    assert told[0] == "closing" and told[2] == "later" and "goes on" in told[1]
    serve(*options)
    assert client.until("/job/done", id="later")


def test_the_log_file_is_json_and_turns_over(run_bridge, serve, connect, tmp_path: Path) -> None:
    daemon = serve("--state", str(tmp_path))
    connect(daemon).job("logged", "A4", "seconds", 0.1)
    connect(daemon).job("wrong", "A4", "seconds", 0.1, "model", "tone", "takes", 1)
    daemon.stop()
    lines = [json.loads(line) for line in (tmp_path / "bridge-0.log").read_text().splitlines()]
    done = next(line for line in lines if line.get("state") == "done")
    assert (done["job"], done["level"], done["takes"]) == ("logged", "info", 1)
    assert done["timestamp"].endswith("Z") and done["message"].startswith("job logged done")
    assert "job logged done" not in daemon.text  # on the terminal only with --verbose


class _Full:
    def seek(self, *where: int) -> None: ...

    def tell(self) -> int:
        return 0

    def write(self, text: str) -> None:
        raise OSError(28, "No space left on device")


def test_log_files_are_bounded_and_a_full_disk_is_no_error(tmp_path: Path, monkeypatch) -> None:
    import logging

    monkeypatch.setattr("bridge.logs.MAX_BYTES", 2000)
    root, before = logging.getLogger(), list(logging.getLogger().handlers)
    try:
        set_up(False, tmp_path / "sub" / "a.log")
        for number in range(200):
            logging.getLogger("bridge").info("message %d", number, extra={"number": number})
        files = sorted((tmp_path / "sub").iterdir())
        assert len(files) == 1 + BACKUPS
        assert all(file.stat().st_size <= 2000 for file in files)
        (handler,) = [one for one in root.handlers if one not in before]
        stream, handler.stream = handler.stream, _Full()
        logging.getLogger("bridge").info("nowhere")
        handler.stream = stream
    finally:
        for handler in [one for one in root.handlers if one not in before]:
            root.removeHandler(handler)
            handler.close()


def test_status_tells_what_a_bridge_does_and_that_there_is_none(run_bridge, daemon, connect, free_port) -> None:
    connect(daemon).job("told", "A4", "seconds", 0.1)
    done = run_bridge("status", "--port", str(daemon.http_port))
    assert done.returncode == 0, done.stderr
    assert "ready" in done.stdout and "model     tone" in done.stdout and "1 done" in done.stdout
    told = json.loads(run_bridge("status", "--json", "--port", str(daemon.http_port)).stdout)
    assert (told["model"], told["ready"], told["jobs"]["done"]) == ("tone", True, 1)
    assert (told["osc_port"], told["http_port"]) == (daemon.port, daemon.http_port)
    assert (told["takes"], told["journal"]) == (str(daemon.takes), None)
    none = run_bridge("status", "--port", str(free_port()))
    assert none.returncode == 1 and "no bridge answers" in none.stderr

"""A real daemon with the tone model, over real sockets."""

from __future__ import annotations

import signal
import socket
import struct
import time
from pathlib import Path

import soundfile

from engine import read_request
from tests.bridge.conftest import eventually


def test_hello_is_answered_with_ready(client) -> None:
    client.send("/bridge/hello", "test")
    address, (_version, model, rate, *tasks) = client.receive()
    assert (address, model, rate) == ("/bridge/ready", "tone", 48000)
    assert {"generate", "restyle", "inpaint", "loop"} <= set(tasks)


def test_hello_before_the_engine_is_ready(serve, connect) -> None:
    daemon = serve(wait=False)
    client = connect(daemon)
    client.send("/bridge/hello", "early")
    replies = client.until("/bridge/ready")
    assert [address for address, _ in replies] in (["/bridge/loading", "/bridge/ready"], ["/bridge/ready"])


def test_a_job_from_request_to_file(client, daemon) -> None:
    replies = client.job("a-1", "A4 in a large hall", "seconds", 1.5, "seed", 7)
    addresses = [address for address, _ in replies]
    assert addresses == ["/job/queued"] + ["/job/step"] * 8 + ["/job/take", "/job/done"]
    assert replies[0][1] == ("a-1", 0)
    assert [args[1:] for address, args in replies if address == "/job/step"] == [(i, 8) for i in range(1, 9)]
    id, take, path, frames, rate, seed, score = replies[-2][1]
    assert (id, take, frames, rate, seed) == ("a-1", 0, 72000, 48000, 7)
    assert isinstance(score, float)
    assert replies[-1][1] == ("a-1", 1)
    file = Path(path)
    assert file.parent == daemon.takes
    assert file.name.endswith("_a4-in-a-large-hall_s7_1.50s_take1.wav")
    info = soundfile.info(file)
    assert (info.frames, info.samplerate, info.subtype) == (72000, 48000, "PCM_24")
    assert read_request(file).seed == 7
    assert not list(daemon.takes.glob(".*"))


def test_several_takes_at_another_rate_and_format(client) -> None:
    settings = ("seconds", 0.5, "takes", 3.0, "rate", 44100.0, "seed", "3", "format", "float32")
    replies = client.job("a-2", "C4", *settings)
    takes = [args for address, args in replies if address == "/job/take"]
    assert [(take[1], take[3], take[4], take[5]) for take in takes] == [(i, 22050, 44100, 3 + i) for i in range(3)]
    assert [soundfile.info(take[2]).subtype for take in takes] == ["FLOAT"] * 3


def test_the_same_prompt_and_seed_twice_gives_two_files_with_the_same_sound(client) -> None:
    paths = [Path(client.job(f"same-{n}", "E4", "seconds", 0.2, "seed", 1)[-2][1][2]) for n in range(2)]
    assert paths[1].stem == f"{paths[0].stem}_2"
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_bundle_is_read_in_order(client, osc) -> None:
    elements = [osc("/bridge/hello", "bundle"), osc("/render/generate", "b-1", "A4", "seconds", 0.1)]
    # a time tag of one hour from now: everything is done at once all the same
    head = b"#bundle\0" + struct.pack(">Q", int(time.time() + 2208988800 + 3600) << 32)
    client.send_bytes(head + b"".join(struct.pack(">i", len(one)) + one for one in elements))
    replies = client.until("/job/done", seconds=5)
    assert [replies[0][0], replies[1][0]] == ["/bridge/ready", "/job/queued"]


def test_errors_name_value_and_range_and_carry_the_id(client) -> None:
    for value in (0.0, -1.0, 1e9, float("nan")):
        (reply,) = client.job("bad", "A4", "seconds", value)
        assert reply[0] == "/job/failed"
        assert reply[1][:2] == ("bad", "bad-value")
        assert "0.05 to 60 s" in reply[1][2]
    assert client.job("bad", "")[0][1][1] == "bad-value"
    assert "got 65000" in client.job("bad", "x" * 65000)[0][1][2]
    client.send_bytes(b"/render/generate\0\0\0\0,ss\0bad\0ab\xffd\0\0\0\0")
    assert client.receive()[1][:2] == ("bad", "bad-packet")
    client.send_bytes(b"/nonsense")
    assert client.receive()[0] == "/bridge/error"
    assert client.job("bad", "A4", "seconds", 0.1)[-1][0] == "/job/done"  # a refused id stays free


def test_replies_go_to_the_port_named_in_hello_although_the_sender_changes(daemon, connect) -> None:
    listener, first, second = (connect(daemon) for _ in range(3))
    first.send("/bridge/hello", "probe", listener.port)
    assert listener.receive()[0] == "/bridge/ready"
    second.send("/render/generate", "hello-port", "A4", "seconds", 0.1)
    assert listener.until("/job/done", id="hello-port")
    assert first.silent()


def test_replies_go_to_the_port_named_in_the_request(daemon, connect) -> None:
    listener, sender = connect(daemon), connect(daemon)
    sender.send("/bridge/hello", "sender")
    assert sender.receive()[0] == "/bridge/ready"
    sender.send("/render/generate", "own-port", "A4", "seconds", 0.1, "reply_port", listener.port)
    assert listener.until("/job/done", id="own-port")
    assert sender.silent()


def test_a_reply_port_that_is_our_own_starts_no_storm(client, daemon) -> None:
    client.send("/render/generate", "loop", "A4", "seconds", -1.0, "reply_port", daemon.port)
    client.send("/bridge/hello", "loop", daemon.port)
    client.send("/bridge/hello", "self")
    assert client.receive()[0] == "/bridge/ready"
    assert client.silent()


def test_the_table_of_commands_can_be_asked_for(client) -> None:
    client.send("/bridge/commands")
    replies = client.until("/bridge/listed")
    addresses = [args[0] for address, args in replies if address == "/bridge/command"]
    assert "/render/generate" in addresses
    assert replies[-1][1] == (len(addresses),)


def test_verbose_logs_every_job_with_its_client(serve, connect) -> None:
    daemon = serve("--verbose")
    client = connect(daemon)
    client.send("/bridge/hello", "my patch")
    client.job("v-1", "A4", "seconds", 0.1)
    assert "job v-1 of 'my patch': generate 'A4'" in daemon.text
    assert "job v-1 done, 1 takes" in daemon.text


def test_jobs_can_be_listed(client) -> None:
    client.job("listed-1", "A4", "seconds", 0.1)
    client.send("/job/list")
    replies = client.until("/job/listed")
    assert ("/job/entry", ("listed-1", "done", 1, "A4")) in replies


def test_cancel_while_rendering_and_while_waiting(serve, connect) -> None:
    daemon = serve("--option", "step_seconds=0.05")
    client = connect(daemon)
    client.send("/bridge/hello", "test")
    client.send("/render/generate", "long", "A4", "steps", 200)
    client.send("/render/generate", "waits", "A4", "steps", 200)
    client.until("/job/step", id="long")
    client.send("/job/cancel", "waits")
    assert client.until("/job/cancelled", seconds=2)[-1][1] == ("waits",)
    client.send("/job/cancel", "long")
    assert client.until("/job/cancelled", seconds=2)[-1][1] == ("long",)
    assert client.job("next", "A4", "steps", 1)[-1][0] == "/job/done"
    assert len(list(daemon.takes.glob("*.wav"))) == 1


def test_positions_count_the_jobs_before(serve, connect) -> None:
    client = connect(serve("--option", "step_seconds=0.2"))
    for number in range(3):
        client.send("/render/generate", f"q{number}", "A4", "steps", 3, "seconds", 0.1)
    queued = [args for address, args in client.until("/job/done", id="q2") if address == "/job/queued"]
    assert queued == [("q0", 0), ("q1", 1), ("q2", 2)]


def test_a_port_in_use_is_named_with_the_option_that_changes_it(run_bridge, tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
        done = run_bridge("serve", "--model", "tone", "--osc-port", port, "--takes", str(tmp_path))
    assert done.returncode == 1
    assert f"UDP port {port} on 127.0.0.1 is in use" in done.stderr
    assert "--osc-port" in done.stderr


def test_a_model_that_cannot_be_loaded_ends_the_daemon_with_its_reason(run_bridge, tmp_path: Path) -> None:
    done = run_bridge("serve", "--model", "nothing", "--osc-port", "0", "--takes", str(tmp_path))
    assert done.returncode == 1
    assert "unknown model 'nothing'" in done.stderr


def test_a_takes_folder_that_cannot_be_written_is_said_at_start_and_in_the_job(serve, connect, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    daemon = serve("--takes", str(tmp_path / "file" / "takes"))
    assert "takes cannot be written" in daemon.text
    failed = connect(daemon).job("disk", "A4", "seconds", 0.1)[-1]
    assert failed[0] == "/job/failed"
    assert failed[1][:2] == ("disk", "disk")


def test_a_clean_stop_ends_the_engine_and_tells_the_clients(serve, connect) -> None:
    daemon = serve("--option", "step_seconds=0.05")
    engine = daemon.engine()
    client = connect(daemon)
    client.send("/render/generate", "last", "A4", "steps", 200)
    client.until("/job/step", id="last")
    assert daemon.stop(signal.SIGTERM) == 0
    assert client.until("/job/failed")[-1][1][:2] == ("last", "closing")
    engine.wait(2)
    assert "Traceback" not in daemon.text


def test_a_second_ctrl_c_does_not_wait_for_a_long_step(serve, connect) -> None:
    daemon = serve("--option", "step_seconds=4")
    engine = daemon.engine()
    client = connect(daemon)
    client.send("/render/generate", "stuck", "A4")
    client.until("/job/queued")
    daemon.process.send_signal(signal.SIGINT)
    eventually(lambda: "another Ctrl-C" in daemon.text, "it does not say that it waits")
    assert daemon.stop(signal.SIGINT, seconds=3) == 130  # the step is longer
    engine.wait(10)


def test_the_engine_ends_when_the_daemon_is_killed(serve) -> None:
    daemon = serve()
    engine = daemon.engine()
    daemon.process.kill()
    daemon.process.wait()
    engine.wait(5)
    assert not engine.is_running()

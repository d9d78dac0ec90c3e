"""`speak` through the daemon: over OSC and on the command line, with a small model that speaks and one that cannot."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from engine import read_request
from tests.bridge.conftest import ENDS, Running, running_with

SPEAKER = "audioldm2-tiny-speech-random"


@pytest.fixture(scope="module")
def speaker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A daemon with a model that speaks."""
    with running_with(tmp_path_factory.mktemp("speaker"), SPEAKER) as running:
        yield running


def ended(client: Any, id: str, seconds: float = 90.0) -> tuple[Any, list[Any]]:
    """The end of a job, and its takes."""
    replies = client.until(*ENDS, id=id, seconds=seconds)
    return replies[-1], [args for address, args in replies if address == "/job/take"]


@pytest.mark.peers
def test_words_become_speech_over_osc(speaker: Running, connect, peer) -> None:
    """From text, read by espeak-ng, in a take that carries what was said; its phonemes say the same."""
    peer("espeak-ng")
    client = connect(speaker)
    client.send("/render/speak", "words", "Good night, all.", "a man whispers", "seed", 3, "steps", 2)
    end, takes = ended(client, "words")
    assert end == ("/job/done", ("words", 1)), end
    path = Path(takes[0][2])
    assert path.name.split("_")[1] == "good-night-all"
    request = read_request(path)
    assert (request.task, request.transcript, request.prompt) == ("speak", "Good night, all.", "a man whispers")
    client.send(
        "/render/speak", "ipa", "ɡˈʊd nˈaɪt, ˈɔːl.", "a man whispers", "spelling", "phonemes", "seed", 3, "steps", 2
    )
    end, again = ended(client, "ipa")
    assert end == ("/job/done", ("ipa", 1)), end
    assert np.array_equal(soundfile.read(path)[0], soundfile.read(again[0][2])[0])


@pytest.mark.peers
def test_oscsend_can_have_something_said(speaker: Running, connect, peer) -> None:
    client = connect(speaker)
    client.send("/bridge/hello", "test", client.port)
    client.receive()
    values = ["/render/speak", "sssss", "said", "ɡˈʊd", "a child", "spelling", "phonemes"]
    subprocess.run([peer("oscsend"), "127.0.0.1", str(speaker.port), *values], check=True)
    end, takes = ended(client, "said")
    assert end[0] == "/job/done" and len(takes) == 1


@pytest.mark.peers
def test_the_command_line_speaks(speaker: Running, run_bridge, peer, tmp_path: Path) -> None:
    peer("espeak-ng")
    options = ("--voice", "a child", "--seed", "3", "--steps", "2", "-o", str(tmp_path / "said.wav"))
    done = run_bridge("speak", "Good night, all.", *options, "--port", str(speaker.http_port))
    assert done.returncode == 0, done.stderr
    assert read_request(tmp_path / "said.wav").prompt == "a child"
    assert "--voice TEXT" in run_bridge("speak", "--help").stdout


def test_a_speech_model_without_a_transcript_says_what_it_needs(speaker: Running, connect) -> None:
    client = connect(speaker)
    client.send("/render/generate", "mute", "a child", "steps", 2)
    end, _ = ended(client, "mute")
    assert end == (
        "/job/failed",
        ("mute", "bad-value", f"transcript must say what {SPEAKER} is to speak, got none: it renders speech only"),
    )
    client.send("/render/speak", "nothing", "", "a child")
    end, _ = ended(client, "nothing")
    assert end[0] == "/job/failed" and "transcript must be 1 to 1000 characters to speak" in end[1][2]
    client.send("/render/speak", "long", "ə" * 400, "a child", "spelling", "phonemes")
    end, _ = ended(client, "long")
    assert end[0] == "/job/failed" and "transcript must be 1 to 39 phonemes with this model, got 400" in end[1][2]


def test_a_model_that_cannot_speak_names_those_that_can(serve, connect) -> None:
    client = connect(serve("--model", "audioldm2-tiny-random", wait=False))
    client.send("/render/speak", "said", "Good night.", "a child")
    end, _ = ended(client, "said")
    assert end[0] == "/job/failed" and end[1][1] == "bad-value"
    assert "got 'speak'" in end[1][2] and "audioldm2_ljspeech" in end[1][2]

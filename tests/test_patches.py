"""The patches, loaded by a real headless Pd: no object is missing, no cord dangles, and a take arrives in the array."""

from __future__ import annotations

import contextlib
import os
import re
import select
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

import max_patches

PD_PATCHES = [name for name in max_patches.patches() if name.endswith(".pd")]
QUIET = ["-nogui", "-stderr", "-noprefs", "-nrt", "-noaudio", "-nomidi"]
COMPLAINTS = re.compile(r"couldn't create|connection failed|no method for|no such object|\berror\b", re.IGNORECASE)

# Opened beside the patch under test: says how many frames soundfiler loaded, and the loudest of them.
LISTEN = """#N canvas 0 0 400 300 12;
#X obj 20 20 r first-sound-frames;
#X obj 20 50 t b f;
#X obj 20 80 array max first-sound;
#X obj 20 110 print loudest;
#X obj 160 80 print frames;
#X connect 0 0 1 0;
#X connect 1 0 2 0;
#X connect 1 1 4 0;
#X connect 2 0 3 0;
"""


def test_patches_are_of_the_version_that_is_released() -> None:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    assert project["version"] == max_patches.VERSION


def read_until(stream: IO[str], words: tuple[str, ...], *, seconds: float) -> str:
    """What a program says until it has said one of `words`, or time is up, or it ends."""
    said, end = "", time.monotonic() + seconds
    while not any(word in said for word in words) and (left := end - time.monotonic()) > 0:
        if select.select([stream], [], [], left)[0]:
            chunk = os.read(stream.fileno(), 65536).decode()
            if not chunk:
                break
            said += chunk
    return said


@contextlib.contextmanager
def program(*command: str) -> Iterator[IO[str]]:
    """A program that runs as long as the context, and what it says (stdout and stderr together)."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        assert running.stdout is not None
        try:
            yield running.stdout
        finally:
            running.terminate()
            try:
                running.wait(timeout=20)
            except subprocess.TimeoutExpired:
                running.kill()


def test_a_patch_is_found_by_name() -> None:
    assert "pd/first_sound.pd" in max_patches.patches()
    assert max_patches.path("pd/first_sound.pd").is_file()
    with pytest.raises(FileNotFoundError, match=r"no patch 'pd/none\.pd'; there are: "):
        max_patches.path("pd/none.pd")


@pytest.mark.parametrize("name", PD_PATCHES)
def test_cords_join_objects_that_exist(name: str) -> None:
    """Every index of a #X connect is one of the canvas' objects: what Pd would say, without Pd."""
    depth, counts, cords = 0, [0], []
    for record in max_patches.path(name).read_text(encoding="utf-8").split(";\n"):
        if record.startswith("#N canvas"):
            depth += 1
            counts.append(0)
        elif record.startswith("#X connect"):
            source, _, sink, _ = map(int, record.split()[2:6])
            cords.append((depth, source, sink))
        elif record.startswith("#X restore"):
            depth -= 1
            counts.pop()
            counts[depth] += 1
        elif record.startswith("#X") and not record.startswith(("#X coords", "#X declare")):
            counts[depth] += 1
    assert depth == 1
    assert cords
    assert all(source < counts[1] and sink < counts[1] for at, source, sink in cords if at == 1)


@pytest.mark.peers
@pytest.mark.parametrize("name", PD_PATCHES)
def test_pd_loads_the_patch_without_a_complaint(name: str, peer: Callable[[str], str]) -> None:
    with program(peer("pd"), *QUIET, "-open", str(max_patches.path(name)), "-send", "pd dsp 0") as output:
        said = read_until(output, (), seconds=1.5)
    assert not COMPLAINTS.search(said), said


@pytest.mark.peers
def test_a_prompt_sent_in_pd_comes_back_as_samples_in_an_array(
    peer: Callable[[str], str], free_port: Callable[[], int], tmp_path: Path
) -> None:
    """The shipped patch, a real daemon and a real Pd: frames, rate and level are right once soundfiler has read it."""
    pd, port, reply = peer("pd"), free_port(), free_port()
    patch = max_patches.path("pd/first_sound.pd").read_text(encoding="utf-8")
    patch = patch.replace("127.0.0.1 9630", f"127.0.0.1 {port}").replace(" 9640", f" {reply}")
    (tmp_path / "first_sound.pd").write_text(patch, encoding="utf-8")
    (tmp_path / "listen.pd").write_text(LISTEN, encoding="utf-8")
    takes = str(tmp_path / "takes with a blank")
    daemon = (sys.executable, "-u", "-m", "bridge", "serve", "--model", "tone")
    with program(*daemon, "--osc-port", str(port), "--takes", takes) as output:
        assert str(port) in read_until(output, (str(port),), seconds=60)
        opened = ("-open", str(tmp_path / "listen.pd"), "-open", str(tmp_path / "first_sound.pd"))
        with program(pd, *QUIET, "-r", "44100", *opened, "-send", "first-sound-prompt symbol rain") as host:
            said = read_until(host, ("done:",), seconds=60)
    assert "frames: 66150" in said, said  # 1.5 s at Pd's own 44.1 kHz
    loudest = float(re.search(r"loudest: (\S+)", said)[1])  # type: ignore[index]
    assert 0.1 < loudest <= 1.0, said
    assert not COMPLAINTS.search(said), said

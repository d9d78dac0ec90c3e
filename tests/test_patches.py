"""The patches, loaded by a real headless Pd: no object is missing, no cord dangles, and a take arrives in the array."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

import max_patches
from tests.programs import QUIET_PD, running

PD_PATCHES = [name for name in max_patches.patches() if name.endswith(".pd")]
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

# Opened after the patch under test: says so when all is loaded.
AFTER = """#N canvas 0 0 400 300 12;
#X obj 20 20 loadbang;
#X obj 20 50 print loaded;
#X connect 0 0 1 0;
"""


def test_patches_are_of_the_version_that_is_released() -> None:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    assert project["version"] == max_patches.VERSION


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
def test_pd_loads_the_patch_without_a_complaint(name: str, peer: Callable[[str], str], tmp_path: Path) -> None:
    (tmp_path / "after.pd").write_text(AFTER, encoding="utf-8")
    patches = ("-open", str(max_patches.path(name)), "-open", str(tmp_path / "after.pd"))
    with running(tmp_path / "pd", peer("pd"), *QUIET_PD, *patches, "-send", "pd dsp 0") as wait:
        said = wait("loaded: bang")
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
    options = ("--osc-port", str(port), "--http-port", "0", "--no-announce")
    takes = ("--takes", str(tmp_path / "takes with a blank"))
    daemon = (sys.executable, "-u", "-m", "bridge", "serve", "--model", "tone", *options, *takes)
    with running(tmp_path / "daemon", *daemon) as printed:
        printed(r"(?m)^ready")
        opened = ("-open", str(tmp_path / "listen.pd"), "-open", str(tmp_path / "first_sound.pd"))
        sent = ("-send", "first-sound-prompt symbol rain")
        with running(tmp_path / "pd", pd, *QUIET_PD, "-r", "44100", *opened, *sent) as wait:
            wait("loudest:")
            said = wait("done:")
    assert "frames: 66150" in said, said  # 1.5 s at Pd's own 44.1 kHz
    loudest = float(re.search(r"loudest: (\S+)", said)[1])  # type: ignore[index]
    assert 0.1 < loudest <= 1.0, said
    assert not COMPLAINTS.search(said), said

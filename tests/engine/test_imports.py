"""The public names are complete, and importing the package costs next to nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

import engine


def test_every_public_name_can_be_had() -> None:
    assert engine.__all__ == sorted(engine.__all__)
    assert dir(engine) == engine.__all__
    for name in engine.__all__:
        assert getattr(engine, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        engine.nothing  # noqa: B018


def test_the_list_of_names_and_their_homes_agree() -> None:
    assert {*engine._HOME, "__version__"} == set(engine.__all__)


@pytest.mark.parametrize(
    ("work", "absent"),
    [
        ("import engine", ("numpy", "torch", "json", "importlib.metadata")),
        (
            "from engine import Request, PARAMS, encode, Submit; encode(Submit('a', Request(prompt='x')))",
            ("numpy", "torch"),
        ),
        ("import engine; engine.load('tone').render(engine.Request(prompt='x', seconds=0.1))", ("torch", "scipy")),
        ("from engine import wav_bytes, read_request", ("torch", "scipy")),
        ("import engine.worker, engine.service", ("torch", "numpy")),
    ],
)
def test_nothing_heavy_is_imported_before_it_is_needed(work: str, absent: tuple[str, ...]) -> None:
    code = f"{work}\nimport sys\nprint([name for name in {absent} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_importing_is_fast() -> None:
    code = "import time; begin = time.process_time(); import engine; print(time.process_time() - begin)"
    times = [float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(5)]
    assert min(times) < 0.05

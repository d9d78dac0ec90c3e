"""What docs/client.md shows runs as it stands, one block after the other, against a real daemon."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bridge import Client, Job, Take

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "client.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("code", BLOCKS, ids=[str(number) for number in range(len(BLOCKS))])
def test_an_example_runs(daemon, tmp_path: Path, code: str) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "BRIDGE_HTTP_PORT": str(daemon.http_port)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=tmp_path, env=environment
    )
    assert done.returncode == 0, done.stderr
    for remark in re.findall(r"print\(.*\)  # ((?:seconds|bad-file) .*)", code):
        assert remark in done.stdout


def test_there_are_examples() -> None:
    assert len(BLOCKS) >= 7


def test_what_the_document_names_is_there() -> None:
    import bridge

    for names in re.findall(r"from bridge import (.+)", TEXT):
        assert set(names.split(", ")) <= set(bridge.__all__)
    for name in re.findall(r"`job\.(\w+)\(", TEXT) + re.findall(r"`\.(\w+)`", TEXT):
        assert hasattr(Job, name), name
    for name in ("samples", "rate", "frames", "seconds", "seed", "score", "path", "wav", "request", "save"):
        assert hasattr(Take, name) or name in Take.__dataclass_fields__
    for name in re.findall(r"bridge\.(\w+)\(", TEXT):
        assert hasattr(Client, name), name

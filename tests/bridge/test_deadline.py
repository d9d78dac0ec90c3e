"""An end that takes too long is made, also where Python itself stands still."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

HANGS = """
import ctypes
from bridge.deadline import end_soon
end_soon(0.5)
ctypes.PyDLL(None).sleep(100)  # as a driver that waits with Python's lock held
"""
ENDS = """
from bridge.deadline import end_soon
end_soon()
"""


def test_who_hangs_with_pythons_lock_held_is_ended_and_said() -> None:
    done = subprocess.run([sys.executable, "-c", HANGS], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "most recent call first" in done.stderr


def test_who_ends_by_itself_is_left_alone() -> None:
    done = subprocess.run([sys.executable, "-c", ENDS], cwd=ROOT, capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stderr) == (0, "")

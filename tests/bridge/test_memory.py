"""What is freed goes back to the system."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

MEASURE = """
import ctypes, sys
from bridge.memory import give_back_large_blocks

class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in
                "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()]

info = ctypes.CDLL(None).mallinfo2
info.restype = Info
if "set" in sys.argv:
    assert give_back_large_blocks()
large = bytearray(8 << 20)
del large  # from here on glibc would keep blocks of up to 8 MiB
before = info().hblks
kept = bytearray(1 << 20)
print(info().hblks - before)
"""


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="glibc from 2.33 on tells"
)
@pytest.mark.parametrize(("argument", "blocks"), [("set", 1), ("as it is", 0)])
def test_a_large_block_is_the_systems_also_after_a_larger_one_was_freed(argument: str, blocks: int) -> None:
    command = [sys.executable, "-c", MEASURE, argument]
    found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert int(found.stdout) == blocks


def test_other_systems_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from bridge.memory import give_back_large_blocks

    monkeypatch.setattr("sys.platform", "darwin")
    assert not give_back_large_blocks()
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("ctypes.CDLL", lambda name: object())
    assert not give_back_large_blocks()

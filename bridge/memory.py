"""Memory that is free goes back to the system, where the C library is glibc and would keep it.

glibc takes large blocks from the system one by one, but after the first of them is freed it keeps blocks of that size
for itself, in a heap for each thread, up to 32 MiB each. A daemon holds the samples of a take for a moment only, and
never computes with them, so it would keep some 15 MiB, more with every thread and every longer take, and win nothing.
"""

from __future__ import annotations

import ctypes
import sys

_M_MMAP_THRESHOLD = -3  # of malloc.h
_LARGE = 1 << 17
"""Bytes, glibc's own first threshold."""


def give_back_large_blocks() -> bool:
    """Let blocks of 128 KiB and more always go back when they are freed. False where there is nothing to set."""
    if sys.platform != "linux":
        return False
    try:
        return bool(ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE))
    except (OSError, AttributeError):  # another C library
        return False

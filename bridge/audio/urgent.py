"""Threads that must not wait: those between the mixer and what is heard."""

from __future__ import annotations

import logging
import os

log = logging.getLogger("bridge")

PRIORITY = 5
"""Of Linux's 1 to 99, below what sound servers take for themselves."""


def hurry() -> bool:
    """Let this thread go before all that is not urgent, where the system has that and allows it: on Linux to those who
    may use real-time priorities, as sound servers' users are set up to. Returns whether it did."""
    if not hasattr(os, "sched_setscheduler"):
        return False
    try:
        # What this thread starts is not urgent by itself, and neither are processes.
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(PRIORITY))
    except OSError as error:
        log.debug("real-time priority is not allowed here: %s", error)
        return False
    return True

"""What the bridge is doing at this moment: jobs, clients, step times, memory. What `bridge top` shows. Home of psutil.

It listens to the daemon's replies as any other session does, and measures the time between them; nothing else of the
daemon knows of it.
"""

from __future__ import annotations

import os
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from bridge.clients import Address
from bridge.commands import JOB
from bridge.desk import Desk
from bridge.hub import Args
from bridge.jobs import Job, State
from engine import __version__

RECENT = 200
"""Steps, and jobs, that step times and speeds are taken from."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What only the daemon itself knows: the engines' process ids by their models, its ports, and where it keeps what.
    Without a journal the jobs are in memory, without a log it is on the terminal."""

    pids: Mapping[str, int | None]
    osc_port: int
    http_port: int
    takes: Path
    journal: Path | None = None
    log: Path | None = None


class _Run:
    """One job while it is rendered."""

    __slots__ = ("began", "key", "latest", "pace", "step", "takes")

    def __init__(self, key: str, now: float) -> None:
        self.key, self.began, self.latest, self.step = key, now, now, 0
        self.pace = 0.0  # seconds of its latest step
        self.takes: dict[int, float] = {}  # their seconds of sound


class Vitals:
    """Measures one daemon. ``sessions`` are the open connections by their transports."""

    def __init__(
        self, desk: Desk, facts: Callable[[], Facts], sessions: Callable[[], Mapping[str, int]], address: Address,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.address = address
        self._desk = desk
        self._facts = facts
        self._sessions = sessions
        self._clock = clock
        self._began = clock()
        self._runs: dict[str, _Run] = {}
        self._steps: deque[float] = deque(maxlen=RECENT)
        self._speeds: deque[tuple[float, float]] = deque(maxlen=RECENT)
        self._ended: Counter[str] = Counter()
        self._over: deque[str] = deque(maxlen=RECENT)

    def wants(self, address: str, args: Args) -> bool:
        """Everything about jobs."""
        return address in JOB

    def tell(self, address: str, args: Args) -> None:
        """Measure by a reply. It may be one that is told again, to who follows a job later."""
        job = self._desk.jobs.get(str(args[0]))
        if job is None:
            return
        now, run = self._clock(), self._runs.get(job.id)
        if run is None or run.key != job.key:
            run = _Run(job.key, now)
        match address:
            case "/job/step" if job.state is State.RENDERING:
                self._runs[job.id] = run
                self._step(run, int(args[1]), now)
            case "/job/take" if job.id in self._runs:
                run.takes[int(args[1])] = int(args[3]) / int(args[4])
            case "/job/queued" if job.state is State.QUEUED:  # also again, after the loss of an engine
                self._runs.pop(job.id, None)
            case "/job/done" | "/job/failed" | "/job/cancelled" if job.state.ended:
                self._end(job, now)

    def _end(self, job: Job, now: float) -> None:
        if job.key in self._over:  # told again
            return
        self._over.append(job.key)
        self._ended[job.state.value] += 1
        run = self._runs.pop(job.id, None)
        if run is not None and job.state is State.DONE and run.takes:
            self._speeds.append((now - run.began, sum(run.takes.values())))

    def _step(self, run: _Run, step: int, now: float) -> None:
        if step <= run.step:
            return
        if run.step:  # the first step's beginning was not told
            run.pace = (now - run.latest) / (step - run.step)
            self._steps.append(run.pace)
        run.step, run.latest = step, now

    def now(self) -> dict[str, Any]:
        """Everything, as JSON has it. Seconds, bytes; what is not known yet is null."""
        live, facts = self._desk.jobs.live(), self._facts()
        states = Counter(job.state for job in live)
        spent, sound = sum(one for one, _ in self._speeds), sum(one for _, one in self._speeds)
        return {
            "version": __version__,
            "model": self._desk.model,
            "ready": self._desk.ready is not None,
            "seconds": round(self._clock() - self._began, 1),
            "osc_port": facts.osc_port,
            "http_port": facts.http_port,
            "takes": str(facts.takes),
            "journal": facts.journal and str(facts.journal),
            "log": facts.log and str(facts.log),
            "processes": _processes(facts.pids),
            "queue": {
                "rendering": states[State.RENDERING], "queued": states[State.QUEUED], "most": self._desk.jobs.max_live
            },
            "ended": {state.value: self._ended[state.value] for state in State if state.ended},
            "step_seconds": round(median(self._steps), 4) if self._steps else None,
            "slowest_step_seconds": round(max(self._steps), 4) if self._steps else None,
            "real_time_factor": round(spent / sound, 3) if sound else None,
            "jobs": [self._job(job) for job in live],
            "clients": self._clients(live),
            "connections": dict(self._sessions()),
        }  # fmt: skip

    def _job(self, job: Job) -> dict[str, Any]:
        run = self._runs.get(job.id)
        steps_left = job.steps - job.step if run else 0
        return {
            "id": job.id, "client": job.client, "task": job.request.task,
            "prompt": job.request.prompt or job.request.prompts, "state": job.state.value,
            "priority": job.handling.priority, "step": job.step, "of": job.steps, "takes": len(job.takes),
            "seconds": round(time.time() - job.created, 1) if job.created else None,
            "step_seconds": round(run.pace, 4) if run and run.pace else None,
            "left_seconds": round(run.pace * steps_left, 1) if run and run.pace else None,
        }  # fmt: skip

    def _clients(self, live: list[Job]) -> list[dict[str, Any]]:
        jobs = Counter(job.client for job in live)
        known = [(repr(client.name), address) for address, client in self._desk.clients.known()]
        rows = [
            {"name": name, "address": f"{address[0]}:{address[1]}", "over": _transport(address), "jobs": jobs[name]}
            for name, address in known
        ]
        strangers = {name: number for name, number in jobs.items() if name not in {name for name, _ in known}}
        return rows + [{"name": name, "address": "", "over": "", "jobs": number} for name, number in strangers.items()]


def _processes(pids: Mapping[str, int | None]) -> list[dict[str, Any]]:
    found = [("bridge", "", os.getpid()), *(("engine", model, pid) for model, pid in pids.items())]
    return [
        {"process": what, "model": model, "pid": pid, "memory": memory(pid) if pid else None}
        for what, model, pid in found
    ]


def _transport(address: Address) -> str:
    return "udp" if len(address) == 2 else address[2].partition("-")[0]


def memory(pid: int) -> int | None:
    """Bytes that a process has in memory; None for one that is gone."""
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return None

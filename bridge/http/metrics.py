"""What Prometheus may know: counts of jobs, takes, refusals and sessions."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bridge.clients import Address
from bridge.desk import Desk
from bridge.hub import Args
from bridge.jobs import State

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_ENDS = {"/job/done": State.DONE, "/job/failed": State.FAILED, "/job/cancelled": State.CANCELLED}
_REMEMBERED = 1000


class Metrics(Collector):
    """Listens to the daemon's replies and counts. A job's end that is told again is counted once."""

    def __init__(self, desk: Desk, sessions: Callable[[], dict[str, int]], address: Address) -> None:
        self.address = address
        self._desk = desk
        self._sessions = sessions
        self._began = time.time()
        self._ended: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._takes = 0
        self._seen: dict[tuple[str, object], None] = {}
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def text(self) -> bytes:
        """The metrics in Prometheus' text format."""
        return generate_latest(self._registry)

    def wants(self, address: str, args: Args) -> bool:
        """Every end and every take."""
        return address in _ENDS or address == "/job/take"

    def tell(self, address: str, args: Args) -> None:
        """Count a reply."""
        job = self._desk.jobs.get(str(args[0]))
        state = _ENDS.get(address)
        if state is State.FAILED and (job is None or job.state is not State.FAILED):
            self._refused[str(args[1])] += 1
        elif job is not None and self._first((job.key, address if state else args[1])):
            if state:
                self._ended[state.value] += 1
            else:
                self._takes += 1

    def _first(self, what: tuple[str, object]) -> bool:
        if what in self._seen:
            return False
        self._seen[what] = None
        if len(self._seen) > 2 * _REMEMBERED:
            self._seen = dict.fromkeys(list(self._seen)[-_REMEMBERED:])
        return True

    def collect(self) -> Iterator[Metric]:
        """Called by the registry for every scrape."""
        ended = CounterMetricFamily("bridge_jobs_ended", "Jobs that have ended.", labels=["state"])
        for state in _ENDS.values():
            ended.add_metric([state.value], self._ended[state.value])
        yield ended
        live = GaugeMetricFamily("bridge_jobs_live", "Jobs that wait or render.", labels=["state"])
        states = Counter(job.state for job in self._desk.jobs.live())
        for state in (State.QUEUED, State.RENDERING):
            live.add_metric([state.value], states[state])
        yield live
        yield CounterMetricFamily("bridge_takes", "Takes that were written.", value=self._takes)
        refused = CounterMetricFamily("bridge_refused", "Requests for jobs that were refused.", labels=["code"])
        for code, count in self._refused.items():
            refused.add_metric([code], count)
        yield refused
        sessions = GaugeMetricFamily("bridge_sessions", "Open connections of clients.", labels=["transport"])
        for transport, number in self._sessions().items():
            sessions.add_metric([transport], number)
        yield sessions
        ready = GaugeMetricFamily("bridge_ready", "1 if the model is loaded.", labels=["model"])
        ready.add_metric([self._desk.model], self._desk.ready is not None)
        yield ready
        yield GaugeMetricFamily("bridge_start_time_seconds", "When the bridge began, since 1970.", value=self._began)

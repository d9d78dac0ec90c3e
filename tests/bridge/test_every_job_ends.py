"""Whatever clients, engines and the daemon do, in any order: every job that was acknowledged ends in exactly one way,
its client is told, and no take is told that is not there. Played by chance on a real desk with a real journal."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bridge.config import Config
from bridge.desk import Desk
from bridge.jobs import Job, State
from bridge.journal import Journal
from engine import Cancelled, Done, Failed, Handling, Request, Started, Step
from tests.bridge.stage import LOST, READY, A, B, Stage, a_take

ENDS = {"/job/done": State.DONE, "/job/failed": State.FAILED, "/job/cancelled": State.CANCELLED}
TAKES = 2
IDS = st.sampled_from(["a", "b", "c"])
PROMPTS = st.sampled_from(["rain", "wind"])
CLIENTS = st.sampled_from([A, B])
WHICH = st.integers(0, 5)


class Engine:
    """What an engine process would do: it knows the jobs that it was given since it is ready."""

    def __init__(self) -> None:
        self.jobs: dict[str, Request] = {}
        self.takes: dict[str, int] = {}
        self.started: set[str] = set()
        self.to_cancel: list[str] = []


class Daemons(Stage):
    """One daemon after the other over the same journal, and what all of them said."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.engine, self.ready = folder, Engine(), False
        self.told_ends: dict[str, set[State]] = {}
        self.paths: dict[str, set[str]] = {}
        self.wrong: list[str] = []
        super().__init__(folder / "takes", max_live=3)
        self.journal = Journal()
        self.begin()

    def begin(self) -> None:
        """Start a daemon where the last one has ended."""
        self.engine, self.ready = Engine(), False
        self.journal.open(self.folder / "journal.sqlite")
        config = Config(takes=self.folder / "takes", model="tone", max_live=3)
        self.desk = Desk(config, self, self._send, self.store, self.journal)
        self.desk._answers.open = lambda model: None  # type: ignore[method-assign]  # pads have no part in this
        self.desk.go_on()

    def kill(self) -> None:
        """End the daemon as SIGKILL does: nothing is written any more."""
        for connection in (self.journal._database, self.journal._lock):
            if connection is not None:
                connection.close()
        self.journal = Journal()

    def submit(self, model: str, key: str, request: Request, handling: Handling) -> None:
        if self.ready:
            self.engine.jobs.setdefault(key, request)
            self.engine.takes.setdefault(key, 0)

    def cancel(self, model: str, key: str) -> None:
        if key in self.engine.jobs:
            self.engine.to_cancel.append(key)

    def _send(self, to: tuple[Any, ...], address: str, args: tuple[Any, ...]) -> None:
        super()._send(to, address, args)
        if not hasattr(self, "desk") or not address.startswith("/job/"):
            return
        job = self.desk.jobs.get(str(args[0]))
        if address in ENDS and job is not None:
            if not job.state.ended:
                self.wrong.append(f"{address} of {job.id}, which is {job.state}")
            elif job.state is ENDS[address]:
                self.told_ends.setdefault(job.key, set()).add(job.state)
        if address == "/job/take" and job is not None:
            self.paths.setdefault(job.key, set()).add(str(args[2]))
            if not Path(str(args[2])).is_file():
                self.wrong.append(f"{args[2]} is told and is not there")


class Session(RuleBasedStateMachine):
    """Moves of clients, engines and daemons, in any order."""

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.loop = asyncio.new_event_loop()
        self.stage = Daemons(self.folder)
        self.acknowledged: dict[str, str] = {}
        self.ended: dict[str, str] = {}

    def play(self, *events: Any) -> None:
        self.loop.run_until_complete(self.stage.play(*events))

    def one(self, which: int, keys: list[str]) -> str:
        return keys[which % len(keys)]

    @rule(id=IDS, prompt=PROMPTS, client=CLIENTS)
    def ask(self, id: str, prompt: str, client: tuple[str, int]) -> None:
        said = self.stage.say("/render/generate", id, prompt, "seconds", 0.05, "takes", TAKES, sender=client)
        assert said, "a request without an answer"
        job = self.stage.desk.jobs.get(id)
        if said[-1][1] == "/job/queued" and job is not None:
            self.acknowledged[job.key] = id

    @rule(id=IDS, client=CLIENTS)
    def cancel(self, id: str, client: tuple[str, int]) -> None:
        self.stage.say("/job/cancel", id, sender=client)

    @rule(id=IDS, client=CLIENTS)
    def follow(self, id: str, client: tuple[str, int]) -> None:
        assert self.stage.say("/job/follow", id, sender=client)

    @rule(client=CLIENTS)
    def hello(self, client: tuple[str, int]) -> None:
        self.stage.say("/bridge/hello", f"client {client[1]}", sender=client)

    @precondition(lambda self: not self.stage.ready)
    @rule()
    def loaded(self) -> None:
        self.stage.ready = True
        self.play(READY)

    @precondition(lambda self: self.stage.ready)
    @rule()
    def lost(self) -> None:
        self.stage.engine, self.stage.ready = Engine(), False
        self.play(LOST)

    @precondition(lambda self: self.stage.engine.jobs)
    @rule(which=WHICH, what=st.sampled_from(["step", "take", "take", "done", "done", "fail"]))
    def work(self, which: int, what: str) -> None:
        engine = self.stage.engine
        key = self.one(which, list(engine.jobs))
        if key not in engine.started:
            engine.started.add(key)
            self.play(Started(key))
        takes = engine.takes[key]
        if what == "step":
            self.play(Step(key, 1, 8))
        elif what == "take" and takes < TAKES:
            engine.takes[key] += 1
            self.play(a_take(key, takes, engine.jobs[key].for_take(takes)))
        elif what == "done" and takes == TAKES:
            self.over(key)
            self.play(Done(key, TAKES))
        elif what == "fail":
            self.over(key)
            self.play(Failed(key, "memory", "out of memory"))

    @precondition(lambda self: self.stage.engine.to_cancel)
    @rule()
    def obey(self) -> None:
        key = self.stage.engine.to_cancel.pop(0)
        if key in self.stage.engine.jobs:
            self.over(key)
            self.play(Cancelled(key))

    def over(self, key: str) -> None:
        del self.stage.engine.jobs[key]

    @rule()
    def killed(self) -> None:
        self.stage.kill()
        self.stage.begin()

    @rule()
    def stopped(self) -> None:
        self.stage.desk.close()
        self.stage.journal.close()
        self.stage.journal = Journal()
        self.stage.begin()

    @invariant()
    def nothing_wrong_was_said(self) -> None:
        assert getattr(self, "stage", None) is None or self.stage.wrong == []

    @invariant()
    def an_end_is_final(self) -> None:
        if getattr(self, "stage", None) is None:
            return
        for key, state in self.states().items():
            if State(state).ended:
                assert self.ended.setdefault(key, state) == state

    def states(self) -> dict[str, str]:
        self.stage.journal.flush()
        rows = self.stage.journal._database.execute("SELECT key, state FROM jobs").fetchall()
        return {f"job-{row['key']}": row["state"] for row in rows}

    def teardown(self) -> None:
        if getattr(self, "stage", None) is None:
            return
        try:
            self.finish()
            self.judge()
        finally:
            self.stage.journal.close()
            self.loop.run_until_complete(self.loop.shutdown_default_executor())
            self.loop.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def finish(self) -> None:
        """The engine is ready and does what it has; clients come back to hear of it."""
        if not self.stage.ready:
            self.loaded()
        while self.stage.engine.to_cancel:
            self.obey()
        for key in list(self.stage.engine.jobs):
            while self.stage.engine.takes[key] < TAKES:
                self.work(list(self.stage.engine.jobs).index(key), "take")
            self.work(list(self.stage.engine.jobs).index(key), "done")

    def judge(self) -> None:
        live: list[Job] = self.stage.desk.jobs.live()
        assert live == []
        states = self.states()
        for key in self.acknowledged:
            assert State(states[key]).ended, f"{key} is {states[key]}"
            assert self.stage.told_ends.get(key) == {State(states[key])}, f"{key}, {states[key]}, was not told so"
            if states[key] == "done":
                assert len(self.stage.paths[key]) == TAKES
        self.nothing_wrong_was_said()
        self.an_end_is_final()
        assert not list((self.folder / "takes").glob("*.part")) and not list((self.folder / "takes").glob(".bridge-*"))


TestSession = Session.TestCase
TestSession.settings = settings(
    max_examples=12, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)

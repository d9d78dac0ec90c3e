"""The client's methods are those of the tables, and importing it is light. Without a bridge."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from bridge import (
    AsyncClient,
    Client,
)
from bridge.client.asking import arguments, names_of, positional
from bridge.client.make_tasks import text
from bridge.commands import TASKS, meant_for
from bridge.http.calls import message
from bridge.inbox import read
from bridge.inbox import request as asked
from engine import HANDLING, BadRequest

ROOT = Path(__file__).parents[2]

SOURCE = "/a.wav"
EXAMPLES = {"prompt": "rain", "prompts": "rain | wind", "regions": "1-2", "source": SOURCE, "transcript": "go"}


def test_the_methods_are_those_of_the_tables() -> None:
    written = (ROOT / "bridge" / "client" / "tasks.py").read_text(encoding="utf-8")
    assert written == text(), "run `make docs`"


@pytest.mark.parametrize("client", [Client, AsyncClient])
@pytest.mark.parametrize("task", [task.name for task in TASKS])
def test_every_task_is_a_method_with_its_parameters(client: type, task: str) -> None:
    method = getattr(client, task)
    named = set(inspect.signature(method).parameters) - {"self", "id"}
    called = names_of(task)
    assert named == {called.get(name, name) for name in (*meant_for(task), *HANDLING)} - {"stream_as"}
    for name in named:
        assert f"{name}: " in (inspect.getdoc(method) or "")


@pytest.mark.parametrize("task", [task.name for task in TASKS])
def test_what_is_sent_is_what_was_asked(task: str) -> None:
    given = {name: EXAMPLES[name] for name, needed in positional(task).items() if needed}
    source = given.pop("source", None)
    given |= {"seed": 7, "peak": -0.7} | ({"seconds": 1.23456789} if "seconds" in meant_for(task) else {})
    address, body = arguments(task, "one", given, source)
    request = asked(read(message(address, body)), "tone")
    assert request.task == task and request.source == (source or "")
    assert {name: getattr(request, name) for name in given} == given


def test_regions_are_text_or_pairs() -> None:
    _, body = arguments("inpaint", "one", {"regions": [(0.1, 1 / 3), (4, 4.5)]}, SOURCE)
    assert body["regions"] == "0.1-0.333333333, 4-4.5"
    for wrong in (3, [(1, 2, 3)], [("a", "b")], [1]):
        with pytest.raises(BadRequest, match="regions must be text"):
            arguments("inpaint", "one", {"regions": wrong}, SOURCE)


def test_importing_the_client_is_light() -> None:
    code = (
        "import sys; import bridge; assert not {'asyncio', 'websockets', 'numpy'} & set(sys.modules)\n"
        "from bridge import Client; heavy = {'torch', 'numpy', 'httpx2', 'starlette', 'click', 'soundfile'}\n"
        "print(heavy & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=30)
    assert done.stdout == "set()\n", done.stderr

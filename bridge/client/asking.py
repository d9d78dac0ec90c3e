"""From a task's parameters, as a program gives them, to the command that asks for it. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.commands import BY_ADDRESS, BY_TASK, meant_for
from engine import HANDLING, PARAMS, BadRequest, Request, check

Command = tuple[str, dict[str, Any]]
"""Address and arguments by name."""


def with_source(command: Command, path: str) -> Command:
    """The command, for the clip at this path of the bridge's machine."""
    address, args = command
    name = next((arg.name for arg in BY_ADDRESS[address].args if arg.param == "source"), "source")
    return address, {**args, name: path}


def arguments(task: str, id: str, settings: Mapping[str, Any], source: str | None) -> Command:
    """Address and arguments of the command, checked here already. What is None counts as not given.

    ``source`` is the clip's path on the bridge's machine, for a task that has one. Raises BadRequest, UnknownKey.
    """
    if task not in BY_TASK:
        raise BadRequest("task", f"task must be {' | '.join(BY_TASK)}, got {task!r}")
    command = BY_TASK[task]
    called = {name: param for param, name in names_of(task).items()}
    given = {called.get(name, name): value for name, value in settings.items() if value is not None}
    serving = {name: check(name, given.pop(name)) for name in HANDLING if name in given}
    if "regions" in given:
        given["regions"] = regions_text(given["regions"])
    params = {name: check(name, value) for name, value in given.items()}
    if source is not None:
        if "source" not in meant_for(task):
            raise BadRequest("source", f"{task} has no source")
        params["source"] = source
    Request(task=task, **params)  # type: ignore[arg-type]  # raises what is not fit beside one another
    names = {arg.param: arg.name for arg in command.args if arg.param}
    return command.address, {"id": id, **{names.get(name, name): value for name, value in params.items()},
                             **serving}  # fmt: skip


def names_of(task: str) -> dict[str, str]:
    """What parameters are called among a task's arguments, where that says more than their own names: a text that is
    said, a voice."""
    args = BY_TASK[task].args
    return {arg.param: arg.name for arg in args if arg.param not in ("", "source") and arg.name != arg.param}


def regions_text(regions: Any) -> str:
    """Regions as text: pairs of seconds become "1.5-2.25, 4-4.5". Raises BadRequest."""
    if isinstance(regions, str):
        return regions
    try:
        return ", ".join(f"{_decimal(start)}-{_decimal(end)}" for start, end in regions)
    except (TypeError, ValueError):
        text = "regions must be text like '1.5-2.25, 4-4.5', or pairs of seconds"
        raise BadRequest("regions", f"{text}, got {str(regions)[:60]}") from None


def _decimal(seconds: float) -> str:
    return f"{float(seconds):.9f}".rstrip("0").rstrip(".")


def positional(task: str) -> dict[str, bool]:
    """The parameters that a task is called with by position, and whether each must be given: what its request does not
    go without, and the texts among its command's own arguments."""
    own = [arg.param for arg in BY_TASK[task].args if arg.param and PARAMS[arg.param].tag == "s"]
    needed: dict[str, str] = {}
    while True:
        try:
            Request(task=task, **needed)  # type: ignore[arg-type]
        except BadRequest as missing:
            if missing.name in needed:
                raise
            needed[missing.name] = _SAMPLES.get(missing.name, "rain")
        else:
            break
    optional = [name for name in own if name not in needed and not PARAMS[name].choices]
    order = [name for name in ("source", *own) if name in needed]
    order += [name for name in needed if name not in order]
    return {**dict.fromkeys(order, True), **dict.fromkeys(optional, False)}


_SAMPLES = {"regions": "1-2", "prompts": "rain | wind"}

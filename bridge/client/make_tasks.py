"""Writes `bridge/client/tasks.py`: a method for each task, its parameters spelled out, so that editors know them.

    python -m bridge.client.make_tasks

A test keeps the file equal to what this makes of the tables.
"""

from __future__ import annotations

import textwrap
from pathlib import Path

from bridge.client.asking import names_of, positional
from bridge.commands import BY_TASK, TASKS, meant_for
from engine import HANDLING, PARAMS, Param

_WIDTH = 120
_GLUE = "\N{WORD JOINER}"
_ALL = {**PARAMS, **HANDLING}
_SERVING = tuple(name for name in HANDLING if name != "stream_as")  # over a WebSocket, as JSON has them
_TYPES = {"f": "float", "i": "int", "s": "str"}
_SPECIAL = {"source": "Source", "regions": "str | Sequence[tuple[float, float]]"}
_SENTENCES = {
    "generate": "Render a sound from a prompt.",
    "restyle": "Make a clip sound like the prompt, and keep its course in time, its length, rate and channels.",
    "inpaint": "Replace regions of a clip by what the prompt says. Every sample outside them stays as it is.",
    "extend": "Go on where a clip ends, for so many seconds more; also before its beginning, or on both sides.",
    "upsample": "Add the treble that a clip lacks; what is below its cut-off stays.",
    "vary": "Render something that sounds like a clip, and with a prompt also like that.",
    "morph": "Render a mixture of prompts, fixed, or moving from the first to the last.",
    "loop": "Render a loop whose end runs into its beginning: so many bars at so many bpm, or `seconds` long.",
    "speak": "Say a text with the voice that is described, as long as that takes; for models that can speak.",
    "takes": "Render several takes in one go, the best first where the model can hear which fits the prompt.",
}
_HEAD = '''"""A method for each task. Made by ``python -m bridge.client.make_tasks`` from the tables; do not edit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

if TYPE_CHECKING:
    from bridge.client.sources import Source

J = TypeVar("J")


class Tasks(Generic[J]):
    """The tasks of a client, each of which sends a job. What is not given is the bridge's choice."""

    def _task(self, task: str, given: dict[str, Any]) -> J:
        raise NotImplementedError
'''


def text() -> str:
    """The file."""
    return _HEAD + "".join(_method(task.name) for task in TASKS)


def _method(task: str) -> str:
    first = positional(task)
    rest = [name for name in (*meant_for(task), *_SERVING) if name not in first and name != "source"]
    called = names_of(task)
    words = ["self", *(f"{called.get(name, name)}: {_type(PARAMS[name])}{'' if first[name] else ' | None = None'}"
                       for name in first)]  # fmt: skip
    words += ["*", *(f"{name}: {_type(_ALL[name])} | None = None" for name in rest), "id: str | None = None"]
    given = [f'"{name}": {called.get(name, name)}' for name in [*first, *rest, "id"]]
    body = [
        f"def {task}(", *_listed(words, 4), ") -> J:  # fmt: skip",
        f'    """{_sentence(task)}', "", *_lines(task, [*first, *rest]),
        *_wrapped("id: the job's name; the same again with the same parameters is the same job", 4), '    """',
        f'    return self._task("{task}", {{', *_listed(given, 8), "    })  # fmt: skip",
    ]  # fmt: skip
    return "\n" + "\n".join(f"    {line}".rstrip() for line in body) + "\n"


def _sentence(task: str) -> str:
    return _SENTENCES.get(task) or BY_TASK[task].help


def _lines(task: str, names: list[str]) -> list[str]:
    called = names_of(task)
    return [line for name in names for line in _wrapped(f"{called.get(name, name)}: {_about(_ALL[name])}", 4)]


def _about(param: Param) -> str:
    if param.name == "source":
        return "a path, a take, a clip, or samples with their rate in Hz: (samples, rate)"
    help = param.help.partition(": ")[2] if param.help.partition(":")[0] in BY_TASK else param.help
    default = "" if param.default in (None, "") else f"; {param.default} if not given"
    return f"{help} ({param.range}{default})"


def _type(param: Param) -> str:
    if param.choices:
        return f"Literal[{', '.join(map(repr, param.choices))}]".replace("'", '"')
    return _SPECIAL.get(param.name, _TYPES[param.tag])


def _wrapped(line: str, indent: int) -> list[str]:
    """Lines of at most the width, inside a class; what is wrapped in a docstring is set in."""
    room = _WIDTH - 4
    return textwrap.wrap(line, room, initial_indent=" " * indent, subsequent_indent=" " * (indent + 4))


def _listed(words: list[str], indent: int) -> list[str]:
    """Words with a comma after each, none of them broken, in lines of at most the width."""
    line = ", ".join(word.replace(" ", _GLUE) for word in words) + ","
    space = " " * indent
    lines = textwrap.wrap(line, _WIDTH - 4, initial_indent=space, subsequent_indent=space, break_long_words=False,
                          break_on_hyphens=False)  # fmt: skip
    return [one.replace(_GLUE, " ") for one in lines]


def main() -> None:
    """Write the file."""
    Path(__file__).with_name("tasks.py").write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()

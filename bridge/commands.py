"""The table of commands: the one truth that the daemon, the command line, the patches and the docs read.

A command is a row here and a method of the same name in `bridge.desk.Desk`. What follows a command's own arguments as
key-value pairs are the parameters of `engine.PARAMS` plus `SETTINGS`.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine import PARAMS


@dataclass(frozen=True, slots=True)
class Arg:
    """One argument: its OSC type tag (``i f s b``), its name, and whether it may be left out."""

    tag: str
    name: str
    optional: bool = False
    rest: bool = False
    """True for the last one, when any number of them may follow."""

    def __str__(self) -> str:
        text = f"{self.tag} {self.name}" + ("…" if self.rest else "")
        return f"[{text}]" if self.optional else text


@dataclass(frozen=True, slots=True)
class Command:
    """What a client may send: address, arguments, the `Desk` method that answers, help, and the replies' addresses."""

    address: str
    args: tuple[Arg, ...]
    handler: str
    help: str
    replies: tuple[str, ...]
    settings: bool = False
    """True when key-value pairs may follow the arguments."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the daemon sends: address, arguments and help."""

    address: str
    args: tuple[Arg, ...]
    help: str


@dataclass(frozen=True, slots=True)
class Setting:
    """A key-value pair that belongs to the conversation and not to the sound."""

    name: str
    tag: str
    low: float
    high: float
    help: str


ID = Arg("s", "id")
JOB = ("/job/queued", "/job/step", "/job/take", "/job/done", "/job/failed", "/job/cancelled")

COMMANDS: tuple[Command, ...] = (
    Command(
        "/bridge/hello",
        (Arg("s", "client"), Arg("i", "reply_port", optional=True)),
        "hello",
        "Say who you are and, if replies should not go to the port you send from, where they go.",
        ("/bridge/ready", "/bridge/loading"),
    ),
    Command("/bridge/commands", (), "list_commands", "Ask for this table.", ("/bridge/command", "/bridge/listed")),
    Command(
        "/render/generate",
        (ID, Arg("s", "prompt")),
        "generate",
        "Render a sound from a prompt. The id is yours to choose; key-value pairs may follow.",
        JOB,
        settings=True,
    ),
    Command(
        "/job/cancel",
        (ID,),
        "cancel",
        "Stop a job, at the latest after its current step. One that has ended tells its end again.",
        ("/job/cancelled", "/job/done", "/job/failed"),
    ),
    Command("/job/list", (), "list_jobs", "Ask for all jobs that are still known.", ("/job/entry", "/job/listed")),
)

REPLIES: tuple[Reply, ...] = (
    Reply(
        "/bridge/ready",
        (Arg("s", "version"), Arg("s", "model"), Arg("i", "rate"), Arg("s", "capability", rest=True)),
        "The model is loaded. The rate is the model's own in Hz; the capabilities are the tasks it can do.",
    ),
    Reply(
        "/bridge/loading",
        (Arg("s", "version"), Arg("s", "model")),
        "The model is being loaded; /bridge/ready follows. Jobs are taken already.",
    ),
    Reply(
        "/bridge/command",
        (Arg("s", "address"), Arg("s", "arguments"), Arg("s", "help")),
        "One row of the table of commands.",
    ),
    Reply("/bridge/listed", (Arg("i", "count"),), "The end of the table of commands."),
    Reply(
        "/bridge/error",
        (Arg("s", "code"), Arg("s", "text"), Arg("s", "id", optional=True)),
        "Something you sent could not be done: no job id could be made out, or it is that of a job that goes on.",
    ),
    Reply("/job/queued", (ID, Arg("i", "position")), "The job is taken; so many jobs are before it."),
    Reply("/job/step", (ID, Arg("i", "step"), Arg("i", "of")), "Progress."),
    Reply(
        "/job/take",
        (
            ID,
            Arg("i", "take"),
            Arg("s", "path"),
            Arg("i", "frames"),
            Arg("i", "rate"),
            Arg("i", "seed"),
            Arg("f", "score"),
        ),
        "A take (counted from 0) lies complete at this absolute path.",
    ),
    Reply("/job/done", (ID, Arg("i", "takes")), "The job is finished, with so many takes."),
    Reply("/job/failed", (ID, Arg("s", "code"), Arg("s", "text")), "The job, or a request for one, came to nothing."),
    Reply("/job/cancelled", (ID,), "The job was stopped."),
    Reply(
        "/job/entry",
        (ID, Arg("s", "state"), Arg("i", "takes"), Arg("s", "prompt")),
        "One known job: queued, rendering, done, failed or cancelled; the takes it has so far.",
    ),
    Reply("/job/listed", (Arg("i", "count"),), "The end of the list of jobs."),
)

SETTINGS: tuple[Setting, ...] = (
    Setting("reply_port", "i", 1, 65535, "UDP port, on the sender's machine, that this request's replies go to"),
)

BY_ADDRESS = {command.address: command for command in COMMANDS}
REPLY_ADDRESSES = frozenset(reply.address for reply in REPLIES)


def parameter_names() -> tuple[str, ...]:
    """The keys that may follow a command as key-value pairs: every parameter that is not an argument or the task."""
    return tuple(name for name in PARAMS if name not in ("prompt", "task"))


def signature(command: Command | Reply) -> str:
    """The arguments as people write them: ``s id, s prompt, [key, value]…``."""
    parts = [str(arg) for arg in command.args]
    if isinstance(command, Command) and command.settings:
        parts.append("[s key, value]…")
    return ", ".join(parts)

"""The table of commands: the one truth that the daemon, the command line, the patches and the docs read.

A command is a row here and a method of the name `handler` in `bridge.desk.Desk` or a part of it. What follows a
command's own arguments as key-value pairs are the parameters of `engine.PARAMS` plus `SETTINGS`; for a job the rows of
`engine.HANDLING`, and for a pad the fields of `presets.PLAYING`, too. The commands that render are made from `TASKS`,
one for each task of the engine, and so are the command line's. Those about pads and players are in `bridge.pads.rows`,
those about presets in `bridge.shelf_rows`, those about the live stream in `bridge.live.rows`.
"""

from __future__ import annotations

from bridge import shelf_rows as shelf
from bridge.live import rows as live
from bridge.midi import rows as midi
from bridge.pads import rows as pads
from bridge.rows import Arg as Arg
from bridge.rows import Command as Command
from bridge.rows import Reply as Reply
from bridge.rows import Setting as Setting
from bridge.rows import Task as Task
from engine import HANDLING, PARAMS
from presets import PLAYING

ID = Arg("s", "id")
JOB = ("/job/queued", "/job/step", "/job/preview", "/job/take", "/job/done", "/job/failed", "/job/cancelled")

STREAM = ("/job/stream", "/job/piece")
"""What only those are told who asked for it, over a connection."""

_PATH = Arg("s", "path", param="source")
_PROMPT = Arg("s", "prompt", param="prompt")
SPAN = (Arg("f", "start"), Arg("f", "end"))
"""The first region of an inpainting, in seconds; further ones come by the key ``regions``."""

TASKS: tuple[Task, ...] = (
    Task(
        "generate",
        (_PROMPT,),
        "Render a sound from a prompt. The id is yours to choose; key-value pairs may follow.",
    ),
    Task(
        "restyle",
        (_PATH, _PROMPT, Arg("f", "strength", param="strength")),
        "Make the clip at an absolute path sound like the prompt: strength 0 leaves it as it is, 1 renders afresh.",
    ),
    Task(
        "inpaint",
        (_PATH, *SPAN, _PROMPT),
        "Replace a region, in seconds, by what the prompt says, and leave every sample outside it as it is. "
        "More regions may follow by the key regions; start and end 0 leave all of it to that key.",
    ),
    Task(
        "extend",
        (_PATH, Arg("f", "seconds", param="seconds"), _PROMPT),
        "Go on where the clip ends, for so many seconds more; by the key side before its beginning, or on both sides.",
    ),
    Task("upsample", (_PATH,), "Add the treble that the clip lacks; what is below its cut-off stays."),
    Task(
        "vary",
        (_PATH,),
        "Render something that sounds like the clip, with the keys prompt and audio_weight also like a prompt.",
    ),
    Task(
        "morph",
        (Arg("s", "prompts", param="prompts"),),
        "Render a mixture of prompts, 'rain : 0.7 | thunder : 0.3', or by the key motion a way through them.",
    ),
    Task(
        "loop",
        (_PROMPT, Arg("f", "bars", param="bars"), Arg("f", "bpm", param="bpm")),
        "Render a loop whose end runs into its beginning, exactly so many bars long, or, with bars and bpm 0, "
        "as long as the key seconds says.",
    ),
    Task(
        "takes",
        (_PROMPT, Arg("i", "takes", param="takes")),
        "Render several takes in one go, the best first where the model can hear which fits the prompt.",
    ),
    Task(
        "speak",
        (Arg("s", "text", param="transcript"), Arg("s", "voice", param="prompt")),
        "Say a text with the voice that is described, as long as that takes; for models that can speak.",
    ),
)

_ONLY: dict[str, tuple[str, ...]] = {
    "source": ("restyle", "inpaint", "extend", "upsample", "vary"),
    "strength": ("restyle",),
    "regions": ("inpaint",),
    "side": ("extend",),
    "cutoff": ("upsample",),
    "prompts": ("morph", "extend"),
    "motion": ("morph", "extend"),
    "audio_weight": ("vary",),
    "looseness": ("vary",),
    "bars": ("loop",),
    "bpm": ("loop",),
    "beats": ("loop",),
    **dict.fromkeys(
        ("level", "peak", "loudness", "candidates"), ("generate", "vary", "morph", "loop", "takes", "speak")
    ),
    "fade": ("generate", "restyle", "extend", "vary", "morph", "takes", "speak"),
    "seconds": ("generate", "extend", "vary", "morph", "loop", "takes"),
    "prompt": ("generate", "restyle", "inpaint", "extend", "upsample", "vary", "loop", "takes", "speak"),
}
"""Parameters that mean something to some tasks only. An edit keeps the level of its clip."""

COMMANDS: tuple[Command, ...] = (
    Command(
        "/bridge/hello",
        (Arg("s", "client"), Arg("i", "reply_port", optional=True)),
        "hello",
        "Say who you are and, if replies should not go to the port you send from, where they go. What you may have "
        "missed about your jobs is told again.",
        ("/bridge/ready", "/bridge/loading", *JOB),
    ),
    Command(
        "/bridge/token",
        (Arg("s", "token"),),
        "trust",
        "The first packet over TCP from another machine: the token that `bridge token` shows on the bridge's. On the "
        "same machine nothing is asked for, and any token will do.",
        ("/bridge/trusted", "/bridge/error"),
    ),
    Command("/bridge/commands", (), "list_commands", "Ask for this table.", ("/bridge/command", "/bridge/listed")),
    Command(
        "/bridge/model",
        (Arg("s", "name"),),
        "change_model",
        "Use another model from now on. The old one finishes its jobs, and stays if the new one cannot be loaded.",
        ("/bridge/loading", "/bridge/ready", "/bridge/error"),
    ),
    Command(
        "/bridge/models", (), "list_models", "Ask which models there are.", ("/bridge/known", "/bridge/listed")
    ),
    *(
        Command(f"/render/{t.name}", (ID, *t.args), "render", t.help, (*JOB, *STREAM), settings=True, task=t.name)
        for t in TASKS
    ),
    Command(
        "/render/preset", (ID, shelf.NAME), "render", shelf.RENDER_HELP, (*JOB, *STREAM), settings=True, variables=True
    ),
    Command(
        "/job/cancel",
        (ID,),
        "cancel",
        "Stop a job, at the latest after its current step. One that has ended tells its end again.",
        ("/job/cancelled", "/job/done", "/job/failed"),
    ),
    Command(
        "/job/follow",
        (ID,),
        "follow",
        "Be told about a job, too, whoever sent it: where it is, its takes so far, and what happens from now on.",
        JOB,
    ),
    Command(
        "/job/list",
        (),
        "list_jobs",
        "Ask for the jobs that live and the latest that ended.",
        ("/job/entry", "/job/listed"),
    ),
    *pads.COMMANDS,
    *live.COMMANDS,
    *shelf.COMMANDS,
    *midi.COMMANDS,
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
    Reply("/bridge/trusted", (), "The token is the right one; go on."),
    Reply(
        "/bridge/command",
        (Arg("s", "address"), Arg("s", "arguments"), Arg("s", "help")),
        "One row of the table of commands.",
    ),
    Reply(
        "/bridge/known",
        (Arg("s", "name"), Arg("s", "about")),
        "One model that can be loaded, and what it is.",
    ),
    Reply("/bridge/listed", (Arg("i", "count"),), "The end of the table of commands, or of the list of models."),
    Reply(
        "/bridge/error",
        (Arg("s", "code"), Arg("s", "text"), Arg("s", "id", optional=True)),
        "Something you sent could not be done: no job id could be made out, or it is that of a job that goes on.",
    ),
    Reply("/job/queued", (ID, Arg("i", "position")), "The job is taken; so many jobs are before it."),
    Reply("/job/step", (ID, Arg("i", "step"), Arg("i", "of")), "Progress."),
    Reply(
        "/job/preview",
        (ID, Arg("i", "step"), Arg("s", "path"), Arg("i", "frames"), Arg("i", "rate")),
        "What the job's current take sounds like after so many steps lies at this path, for a while.",
    ),
    Reply(
        "/job/stream",
        (ID, Arg("i", "take"), Arg("i", "frames"), Arg("i", "rate"), Arg("i", "channels"), Arg("s", "encoding")),
        "A take begins to come in pieces, so many frames in all; a second time, it begins anew. The encoding is "
        "float32 or int16.",
    ),
    Reply(
        "/job/piece",
        (ID, Arg("i", "take"), Arg("i", "number"), Arg("i", "first"), Arg("b", "samples")),
        "The next samples of a take, from the frame first on: big-endian numbers, a frame's channels side by side, at "
        "most 4096 bytes; in JSON as base64. All pieces together are what the take's file holds.",
    ),
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
    *pads.REPLIES,
    *live.REPLIES,
    *shelf.REPLIES,
    *midi.REPLIES,
)

SETTINGS: tuple[Setting, ...] = (
    Setting("reply_port", "i", 1, 65535, "UDP port, on the sender's machine, that this request's replies go to"),
)

BY_ADDRESS = {command.address: command for command in COMMANDS}
REPLY_ADDRESSES = frozenset(reply.address for reply in REPLIES)


BY_TASK = {command.task: command for command in COMMANDS if command.task}


def parameter_names(task: str = "") -> tuple[str, ...]:
    """The keys that may follow a command as key-value pairs: every parameter but those that the command itself says.

    With a task, only those that are not among the arguments of its command.
    """
    own = {"task", "source"} | ({arg.param for arg in BY_TASK[task].args} if task else set())
    return tuple(name for name in PARAMS if name not in own)


def key_names(command: Command) -> tuple[str, ...]:
    """The keys that may follow a command's arguments, but for `SETTINGS`."""
    if command.live:
        return tuple(live.LIVE)
    request = parameter_names(command.task) if command.settings else ()
    if command.settings and ID in command.args:
        request = (*request, *HANDLING)
    if command.variables:
        request = (*request, "source")
    return (*request, *PLAYING) if command.playing else request


def meant_for(task: str) -> tuple[str, ...]:
    """The parameters that mean something to a task, in the table's order."""
    return tuple(name for name in PARAMS if name != "task" and task in _ONLY.get(name, (task,)))


def signature(command: Command | Reply) -> str:
    """The arguments as people write them: ``s id, s prompt, [key, value]…``."""
    parts = [str(arg) for arg in command.args]
    if isinstance(command, Command) and command.keyed:
        parts.append("[s key, value]…")
    return ", ".join(parts)

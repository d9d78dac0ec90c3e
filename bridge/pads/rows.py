"""The commands and replies about pads, players and recording, as rows of the tables in `bridge.commands`."""

from __future__ import annotations

from bridge.rows import Arg, Command, Reply

PAD = Arg("s", "pad")
NOTE = Arg("i", "note", optional=True)

COMMANDS: tuple[Command, ...] = (
    Command(
        "/pad/assign",
        (PAD, Arg("s", "sound")),
        "assign_pad",
        "Give a pad a sound, and render takes for it ahead: a preset by its name, or else a prompt. Keys of a request "
        "and of playing may follow.",
        ("/pad/entry", "/pad/filled", "/pad/failed", "/bridge/error"),
        settings=True,
        playing=True,
        variables=True,
    ),
    Command(
        "/pad/set",
        (PAD,),
        "set_pad",
        "Change how a pad plays, by keys of playing. Its takes stay.",
        ("/pad/entry", "/bridge/error"),
        playing=True,
    ),
    Command(
        "/pad/hit",
        (PAD, Arg("f", "velocity", optional=True), NOTE),
        "hit_pad",
        "Play the pad's next take at once: velocity 0 to 1, 1 if it is left out; MIDI note 0 to 127, the pad's root if "
        "it is left out. Another take is rendered in its place.",
        ("/pad/played", "/bridge/error"),
    ),
    Command(
        "/pad/release",
        (PAD, NOTE),
        "release_pad",
        "Let a pad go, or one note of it: what plays while it is held ends.",
        ("/bridge/error",),
    ),
    Command("/pad/remove", (PAD,), "remove_pad", "Forget a pad and its takes.", ("/pad/removed", "/bridge/error")),
    Command("/pad/list", (), "list_pads", "Ask for the pads.", ("/pad/entry", "/pad/listed")),
    Command(
        "/live/status",
        (),
        "tell_status",
        "Ask how playing goes, and how the endless stream does: delays, underruns, load, shortfalls.",
        ("/live/state", "/live/stream"),
    ),
    Command(
        "/player/list", (), "list_players", "Ask where sound can go to.", ("/player/entry", "/player/listed")
    ),
    Command(
        "/player/use",
        (Arg("s", "player"), Arg("s", "device", optional=True)),
        "use_player",
        "Play by another player from now on: device (with a device's name, or a part of it that only one has), "
        "reastream (with identifier@host:port), null, or auto.",
        ("/player/using", "/bridge/error"),
    ),
    Command(
        "/record/start",
        (Arg("s", "path", optional=True),),
        "start_recording",
        "Record what is heard to a WAV file at an absolute path, or to one in the takes folder.",
        ("/record/started", "/bridge/error"),
    ),
    Command(
        "/record/stop",
        (),
        "stop_recording",
        "Complete the recording, with a cue for each hit, and a cue sheet as CSV beside it.",
        ("/record/stopped", "/bridge/error"),
    ),
)  # fmt: skip

REPLIES: tuple[Reply, ...] = (
    Reply(
        "/pad/entry",
        (PAD, Arg("s", "sound"), Arg("i", "takes"), Arg("i", "pool"), Arg("s", "mode"), Arg("s", "choke")),
        "One pad: what it plays, the takes that nobody has heard, of how many it keeps, its mode and choke group.",
    ),
    Reply("/pad/listed", (Arg("i", "count"),), "The end of the list of pads."),
    Reply("/pad/removed", (PAD,), "The pad is forgotten."),
    Reply(
        "/pad/filled",
        (PAD, Arg("i", "takes"), Arg("i", "pool")),
        "A take more lies ready: so many that nobody has heard, of how many the pad keeps.",
    ),
    Reply(
        "/pad/played",
        (PAD, Arg("i", "note"), Arg("f", "velocity"), Arg("s", "take"), Arg("i", "seed")),
        "A hit sounds. The take's file is there until another take has its place; its seed renders it again.",
    ),
    Reply(
        "/pad/failed",
        (PAD, Arg("s", "code"), Arg("s", "text")),
        "No take can be rendered for the pad. It is tried again when the pad is assigned anew.",
    ),
    Reply(
        "/live/state",
        (
            Arg("s", "player"),
            Arg("s", "device"),
            Arg("i", "rate"),
            Arg("i", "block"),
            Arg("f", "delay"),
            Arg("i", "underruns"),
            Arg("f", "load"),
            Arg("f", "realtime"),
            Arg("i", "voices"),
            Arg("s", "why"),
        ),
        "How playing goes: the longest delay from a hit to its sound in seconds, gaps since the player began, the "
        "share of its time that the mixer needs, seconds of sound that were rendered in a second, what sounds at the "
        "moment; and why nothing is heard, where that is so.",
    ),
    Reply(
        "/player/entry",
        (Arg("s", "player"), Arg("s", "device"), Arg("s", "about")),
        "One player that can be used.",
    ),
    Reply("/player/listed", (Arg("i", "count"),), "The end of the list of players."),
    Reply(
        "/player/using",
        (Arg("s", "player"), Arg("s", "device"), Arg("i", "rate")),
        "The player in use, and its rate in Hz.",
    ),
    Reply("/record/started", (Arg("s", "path"),), "What is heard is recorded; the file appears when it is complete."),
    Reply(
        "/record/stopped",
        (Arg("s", "path"), Arg("f", "seconds"), Arg("i", "cues"), Arg("s", "sheet")),
        "The recording is complete, and so is its cue sheet.",
    ),
)
PUBLIC = ("/pad/entry", "/pad/filled", "/pad/played", "/pad/failed", "/pad/removed", "/player/using")
"""Replies that everybody on this machine may overhear."""

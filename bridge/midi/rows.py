"""The commands and replies about MIDI and musical time, as rows of the tables in `bridge.commands`."""

from __future__ import annotations

from bridge.rows import Arg, Command, Reply

PARAMETER, PORT, MAP = Arg("s", "parameter"), Arg("s", "port"), Arg("s", "map")
_TOLD = ("/transport/state", "/bridge/error")

COMMANDS: tuple[Command, ...] = (
    Command("/midi/ports", (), "list_midi_ports", "Ask for the MIDI ports.", ("/midi/port", "/midi/listed")),
    Command("/midi/maps", (), "list_midi_maps", "Ask for the maps of controllers, read anew.",
            ("/midi/known", "/midi/listed")),
    Command(
        "/midi/map",
        (PORT, MAP),
        "choose_midi_map",
        "Give a port another map from now on, by the map's name; none for none at all.",
        ("/midi/port", "/bridge/error"),
    ),
    Command(
        "/midi/learn",
        (PARAMETER, Arg("s", "port", optional=True)),
        "learn_midi",
        "Bind the control that is moved next to a parameter, for good: pad/kick/gain, pad/last/pan, transport/tempo, "
        "or an OSC command with $ where the value goes. Without a parameter, stop waiting for one.",
        ("/midi/learning", "/midi/learned", "/bridge/error"),
    ),
    Command("/midi/forget", (PARAMETER,), "forget_midi", "Forget what was learned for a parameter.",
            ("/midi/forgotten", "/bridge/error")),
    Command("/midi/parameters", (), "list_midi_parameters", "Ask for all that can be turned, with range and curve.",
            ("/midi/parameter", "/midi/listed")),
    Command("/midi/monitor", (Arg("i", "on"),), "monitor_midi",
            "Be told what controllers do, for a minute after each 1; no more after 0.", ("/midi/event",)),
    Command(
        "/midi/clock",
        (PORT, Arg("i", "on")),
        "send_midi_clock",
        "Send a port the clock of the transport, or no more with 0.",
        ("/midi/port", "/bridge/error"),
    ),
    Command("/transport/tempo", (Arg("f", "bpm"),), "set_tempo", "Quarter notes a minute, 20 to 400.", _TOLD),
    Command("/transport/play", (Arg("f", "position", optional=True),), "play_transport",
            "Play on, or from a position in quarter notes: quantised hits wait for its boundaries.", _TOLD),
    Command("/transport/stop", (), "stop_transport", "Stop: quantised hits sound at once.", _TOLD),
    Command("/transport/position", (Arg("f", "position"),), "locate_transport",
            "Go to a position in quarter notes from the beginning.", _TOLD),
    Command("/transport/meter", (Arg("i", "quarters"),), "set_meter", "Quarter notes a bar, 1 to 16.", _TOLD),
    Command(
        "/transport/source",
        (Arg("s", "source"),),
        "use_transport",
        "Whose time it is: internal (that of these commands), midi, link (Ableton Link), or auto, which is a MIDI "
        "clock's while there is one.",
        _TOLD,
    ),
    Command("/transport/status", (), "tell_transport", "Ask where the song is.", ("/transport/state",)),
)  # fmt: skip

REPLIES: tuple[Reply, ...] = (
    Reply(
        "/midi/port",
        (PORT, MAP, Arg("i", "open"), Arg("i", "tells"), Arg("i", "clock")),
        "One port: its map, whether it is heard, whether it can be told things, and whether it is sent the clock.",
    ),
    Reply("/midi/known", (MAP, Arg("s", "name"), Arg("s", "about")),
          "One map, or, with an empty name, a file that is none and why."),
    Reply("/midi/listed", (Arg("i", "count"), Arg("s", "system")),
          "The end of ports, maps or parameters; which MIDI system there is, or why there is none."),
    Reply("/midi/learning", (PARAMETER,), "Move the control now; within half a minute."),
    Reply(
        "/midi/learned",
        (PARAMETER, PORT, Arg("s", "control"), Arg("i", "channel"), Arg("s", "encoding")),
        "The control sets the parameter from now on.",
    ),
    Reply("/midi/forgotten", (PARAMETER, Arg("i", "count")), "So many controls do not set the parameter any more."),
    Reply(
        "/midi/parameter",
        (PARAMETER, Arg("f", "low"), Arg("f", "high"), Arg("s", "curve"), Arg("s", "unit"), Arg("s", "value"),
         Arg("s", "help")),
        "One thing that can be turned: its range, how a control runs through it (linear, log, words or button), and "
        "where it is.",
    ),
    Reply("/midi/event", (PORT, Arg("s", "control"), Arg("i", "channel"), Arg("f", "value")),
          "What a controller did: a note's velocity, a control's place, 0 to 1."),
    Reply("/midi/trouble", (Arg("s", "text"),), "Why something that a controller did had no effect."),
    Reply("/midi/plugged", (PORT, Arg("i", "there")), "A controller was plugged in, or has gone."),
    Reply(
        "/transport/state",
        (Arg("s", "source"), Arg("f", "bpm"), Arg("f", "position"), Arg("i", "playing"), Arg("i", "quarters")),
        "Whose time it is, the tempo, the position in quarter notes, 1 if it plays, quarter notes a bar.",
    ),
)  # fmt: skip
PUBLIC = ("/midi/learned", "/midi/plugged", "/midi/event", "/midi/trouble", "/transport/state")
"""Replies that everybody on this machine may overhear."""

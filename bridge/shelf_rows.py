"""The commands and replies about presets, as rows of the tables in `bridge.commands`."""

from __future__ import annotations

from bridge.rows import Arg, Command, Reply

NAME = Arg("s", "name")
_FOUND = ("/presets/entry", "/presets/listed", "/bridge/error")

COMMANDS: tuple[Command, ...] = (
    Command("/presets/packs", (), "list_packs", "Ask which packs of presets there are.",
            ("/presets/pack", "/presets/listed")),
    Command(
        "/presets/list",
        (Arg("s", "pack", optional=True),),
        "list_presets",
        "Ask for the presets of a pack, or for all: over UDP rather pack by pack, as datagrams get lost where hundreds "
        "come at once.",
        _FOUND,
    ),
    Command(
        "/presets/search",
        (Arg("s", "words"), Arg("i", "count", optional=True)),
        "search_presets",
        "Find presets by words and by what they would sound like, the best first: 12, or count, up to 100.",
        _FOUND,
    ),
    Command(
        "/presets/show",
        (NAME,),
        "show_preset",
        "Ask for all that a preset says: its settings, how it is played, its variables and their choices.",
        ("/presets/key", "/presets/listed", "/bridge/error"),
    ),
)  # fmt: skip

RENDER_HELP = (
    "Render a preset by its name, or by pack/name. Key-value pairs may follow: its variables, and keys that go before "
    "its own; source, where it edits a clip."
)

REPLIES: tuple[Reply, ...] = (
    Reply("/presets/pack", (Arg("s", "pack"), Arg("s", "title"), Arg("i", "presets"), Arg("s", "about")),
          "One pack, and how many presets it has."),
    Reply(
        "/presets/entry",
        (Arg("s", "name"), Arg("s", "prompt"), Arg("s", "mode"), Arg("s", "tags"), Arg("s", "why"), Arg("i", "suits")),
        "One preset as pack/name, its prompt, how it is played, its tags with commas between them, what it is for, and "
        "1 if the model in use can do it, else 0.",
    ),
    Reply(
        "/presets/key",
        (Arg("s", "name"), Arg("s", "key"), Arg("s", "value")),
        "One thing that a preset says, as text. A variable's value is its choices, with | between them, the default "
        "first.",
    ),
    Reply("/presets/listed", (Arg("i", "count"),), "The end of packs, presets or keys."),
)  # fmt: skip

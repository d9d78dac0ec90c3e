"""The part of the desk that answers commands about presets."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from bridge.clients import Address, Clients
from bridge.commands import meant_for
from bridge.inbox import Call, Refused, handling, loadable, parameters
from bridge.osc import shorten
from bridge.replies import Replies
from bridge.shelf import FOUND, MOST_FOUND, Shelf, request_of
from engine import PARAMS, BadRequest, Request
from presets import PackError, Preset
from presets.writing import table_of

MAX_PART = 300
"""Bytes of each text of an entry: three of them, with a name and tags, fit a packet."""
MAX_VALUE = 800
"""Bytes of a key's value."""


class ShelfAnswers:
    """Answers about presets. model: tells which one is in use."""

    def __init__(self, shelf: Shelf, clients: Clients, replies: Replies, model: Callable[[], str]) -> None:
        self.shelf = shelf
        self._clients = clients
        self._replies = replies
        self._model = model

    def list_packs(self, call: Call, sender: Address) -> None:
        """Answer /presets/packs."""
        to, packs = self._clients.answer_to(sender), self.shelf.library.packs()
        for pack in packs:
            args = (pack.name, shorten(pack.title or pack.name, MAX_PART), len(pack.presets))
            self._replies.send(to, "/presets/pack", (*args, shorten(pack.about, MAX_PART)))
        self._replies.send(to, "/presets/listed", (len(packs),))

    def list_presets(self, call: Call, sender: Address) -> None:
        """Answer /presets/list."""
        name = call.args.get("pack")
        if not name:
            self._tell(self.shelf.library.presets(), sender)
            return
        try:
            self._tell(self.shelf.library.pack(str(name)).presets.values(), sender)
        except PackError as error:
            raise Refused("unknown-preset", str(error)) from None

    def search_presets(self, call: Call, sender: Address) -> None:
        """Answer /presets/search."""
        count = call.args.get("count", FOUND)
        if isinstance(count, str) or not 1 <= count <= MOST_FOUND or count != int(count):
            raise Refused("bad-value", f"count must be 1 to {MOST_FOUND}, got {count!r:.60}")
        found = self.shelf.search(shorten(str(call.args["words"]), MAX_PART), int(count))
        self._tell([preset for preset, _ in found], sender)

    def show_preset(self, call: Call, sender: Address) -> None:
        """Answer /presets/show."""
        preset = self.find(str(call.args["name"]))
        to, table = self._clients.answer_to(sender), table_of(preset)
        variables = {name: list(choices) for name, choices in table.pop("variables", {}).items()}
        told = {"models": list(preset.models), **table, **variables}
        for key, value in told.items():
            text = " | ".join(value) if isinstance(value, list) else str(value)
            self._replies.send(to, "/presets/key", (preset.full_name, key, shorten(text, MAX_VALUE)))
        self._replies.send(to, "/presets/listed", (len(told),))

    def find(self, name: str, id: str = "") -> Preset:
        """A preset by name. Raises Refused, with a job's id."""
        try:
            return self.shelf.library.find(name)
        except PackError as error:
            raise Refused("unknown-preset", shorten(str(error), MAX_VALUE), id) from None

    def request(self, call: Call, model: str, loaded: Collection[str] = ()) -> Request:
        """The request of /render/preset, for the model in use, or one of those that are loaded. Raises Refused."""
        try:
            preset = self.find(str(call.args["name"]), call.id)
            given = parameters({key: value for key, value in call.params.items() if key in PARAMS})
            given |= {key: str(value) for key, value in call.params.items() if key not in PARAMS}
            if handling(call).stream and "level" in meant_for(str(preset.request.get("task", "generate"))):
                given.setdefault("level", "ahead")  # no other can be told before the take is complete
            return loadable(request_of(preset, given, model), call, model, loaded)
        except BadRequest as error:
            code = "model" if error.name == "model" else error.code
            raise Refused(code, shorten(str(error), MAX_VALUE), call.id, call.reply_port) from None

    def _tell(self, presets: Iterable[Preset], sender: Address) -> None:
        to, model, presets = self._clients.answer_to(sender), self._model(), list(presets)
        for preset in presets:
            texts = (shorten(preset.prompt, MAX_PART), preset.playing.mode, shorten(", ".join(preset.tags), 100))
            args = (preset.full_name, *texts, shorten(preset.why, MAX_PART), int(preset.suits(model)))
            self._replies.send(to, "/presets/entry", args)
        self._replies.send(to, "/presets/listed", (len(presets),))

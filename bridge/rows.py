"""What the rows of the tables of commands and replies are made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Arg:
    """One argument: its OSC type tag (``i f s b``), its name, and whether it may be left out."""

    tag: str
    name: str
    optional: bool = False
    rest: bool = False
    """True for the last one, when any number of them may follow."""
    param: str = ""
    """The parameter of a request that it is the value of, in a command that renders."""

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
    """True when key-value pairs may follow the arguments: parameters of a request."""
    task: str = ""
    """The engine's task, for a command that renders."""
    playing: bool = False
    """True when the fields of `presets.PLAYING` may be among the key-value pairs."""
    variables: bool = False
    """True when any other key may be among them, too: a variable of the preset that is asked for."""
    live: bool = False
    """True when the key-value pairs are parameters of the live stream, `bridge.live.rows.LIVE`."""

    @property
    def keyed(self) -> bool:
        """True when key-value pairs may follow the arguments."""
        return self.settings or self.playing or self.live


@dataclass(frozen=True, slots=True)
class Task:
    """A task as a command: its arguments after the id, and one line of help."""

    name: str
    args: tuple[Arg, ...]
    help: str


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

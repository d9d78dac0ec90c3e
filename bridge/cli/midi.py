"""`bridge midi`: ports, maps, learning, and what controllers say."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.options import InOrder, address_of, bridge_options
from engine import EngineError

if TYPE_CHECKING:
    from bridge.client.sync import Client

AGAIN = 30.0
"""Seconds after which the bridge is asked again to tell what controllers do."""


@click.group(cls=InOrder)
def midi() -> None:
    """Controllers: their ports, what they do, and what to teach them."""


@midi.command("list")
@bridge_options
def list_ports(host: str | None, port: int | None) -> None:
    """Show the MIDI ports, and which map each has. Without a running bridge, those of this machine."""
    from bridge import Client
    from bridge.client.errors import NoAnswer

    try:
        with Client(address_of(host, port), name="bridge midi") as bridge:
            told = bridge.command("/midi/ports")
    except NoAnswer:
        if host is not None:
            raise click.ClickException(f"no bridge answers at {host}") from None
        _list_here()
        return
    except (EngineError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    for one in told[:-1]:
        row = one.args
        marks = [name for name, on in (("heard", row["open"]), ("told", row["tells"]), ("clock", row["clock"])) if on]
        click.echo(f"{row['port']:<40} {row['map']:<28} {', '.join(marks)}")
    click.echo(told[-1].args["system"], err=True)


def _list_here() -> None:
    from bridge.folders import default_midi
    from bridge.midi.devices import NoMidi, find
    from bridge.midi.shelf import MapShelf

    try:
        devices = find()
        names = devices.inputs()
    except NoMidi as error:
        raise click.ClickException(f"no MIDI here: {error}") from error
    shelf = MapShelf(default_midi())
    for name in names:
        click.echo(f"{name:<40} {shelf.name_of(name)}")
    click.echo(f"{devices.about}; no bridge is running", err=True)
    devices.close()


@midi.command()
def maps() -> None:
    """Show the maps of controllers: those that ship, your own, and what was learned."""
    from bridge.folders import default_midi
    from bridge.midi.shelf import MapShelf

    shelf = MapShelf(default_midi())
    for map in shelf.maps.values():
        click.echo(f"{map.key:<28} {map.name}: {map.about}" if map.about else f"{map.key:<28} {map.name}")
    for problem in shelf.problems:
        click.echo(f"not read: {problem}", err=True)
    click.echo(f"\nyour own maps: {shelf.folder}", err=True)


@midi.command()
@click.argument("parameter")
@click.option("--on", "from_port", default="", help="Only a control of this port, by its name or a part of it.")
@bridge_options
def learn(parameter: str, from_port: str, host: str | None, port: int | None) -> None:
    """Bind the control that is moved next to PARAMETER, for good: pad/kick/gain, pad/last/pan, transport/tempo.

    PARAMETER may be an OSC command, too, with $ where the control's value goes.

    \b
    Examples:
    bridge midi learn pad/1/gain
    bridge midi learn "/record/start"
    """
    with _asked(host, port) as bridge:
        bridge.command("/midi/learn", parameter=parameter, **({"port": from_port} if from_port else {}))
        click.echo(f"Move the control for {parameter} now.", err=True)
        for told in bridge.overhear():
            if told.address == "/midi/learned" and told.args["parameter"] == parameter:
                row = told.args
                click.echo(f"{row['parameter']}: {row['control']} on channel {row['channel']} of {row['port']}")
                return
            if told.address == "/midi/trouble" and parameter in told.args["text"]:
                raise click.ClickException(told.args["text"])
    raise click.ClickException("the bridge has ended")


@midi.command()
@bridge_options
def monitor(host: str | None, port: int | None) -> None:
    """Print what controllers do. Ctrl-C ends it."""
    try:
        with _asked(host, port) as bridge:
            for line in _watched(bridge):
                click.echo(line)
    except KeyboardInterrupt:
        click.echo("", err=True)


def _watched(bridge: Client) -> Iterator[str]:
    bridge.command("/midi/monitor", on=1)
    asked = time.monotonic()
    for told in bridge.overhear():
        if told.address == "/midi/event":
            row = told.args
            yield f"{row['port']:<32} {row['control']:<12} channel {row['channel']:<3} {row['value']:.3f}"
        elif told.address == "/midi/trouble":
            yield f"in vain: {told.args['text']}"
        if time.monotonic() - asked > AGAIN:
            bridge.command("/midi/monitor", on=1)
            asked = time.monotonic()


@contextmanager
def _asked(host: str | None, port: int | None) -> Iterator[Any]:
    from bridge import Client

    try:
        with Client(address_of(host, port), name="bridge midi") as bridge:
            yield bridge
    except (EngineError, ValueError) as error:
        raise click.ClickException(str(error)) from error

"""``bridge models``: bring in checkpoints, look at them, and choose the one that a running bridge renders with."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from bridge.cli.options import FILE, InOrder, address_of, bridge_options, pairs
from engine import EngineError


@click.group(cls=InOrder)
def models() -> None:
    """Checkpoints: list, add, pull, verify, remove, use.

    The models that come with the engine are always there. Others lie in a store in your data folder, or in the folder
    that BRIDGE_MODELS names.
    """


@contextlib.contextmanager
def _complaints() -> Iterator[None]:
    """Whatever a command cannot do is said in one line; Ctrl-C is no error of ours."""
    from bridge.models import StoreError
    from bridge.models_check import CheckFailed
    from bridge.models_hub import PullFailed

    try:
        yield
    except (StoreError, CheckFailed, PullFailed, EngineError, OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        click.echo("stopped", err=True)
        sys.exit(130)


@models.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_models(as_json: bool) -> None:
    """Say which models there are.

    With where their weights lie, how large they are, and their licence.
    """
    from bridge.config import builtin
    from bridge.models import Store, shown_size

    store = Store()
    with _complaints():
        records = store.records()
        if as_json:
            click.echo(json.dumps([dataclasses.asdict(record) for record in records], indent=2))
            return
        for name in builtin():
            click.echo(f"{name:<24} comes with the engine")
        for record in records:
            gone = "" if Path(record.path).exists() else "  GONE FROM ITS PLACE"
            heads = f", {record.heads} heads (verified)" if record.heads else ""
            click.echo(f"{record.name:<24} {record.summary}{heads}, {shown_size(record.size)}{gone}")
            click.echo(f"{'':<24} {record.path}")
            if record.licence:
                click.echo(f"{'':<24} {record.licence}")
        for name in store.unfinished():
            click.echo(f"{name:<24} not finished: pull or add it again to go on, or remove it")
        click.echo(f"\nstore: {store.folder}", err=True)


@models.command()
@click.argument("path", type=FILE)
@click.option("--name", help="What to call it; the folder's or file's name if not given.")
@click.option("--copy", is_flag=True, help="Copy the weights into the store. Without it they stay where they are.")
@click.option(
    "--option", "options", multiple=True, metavar="KEY=VALUE", callback=pairs,
    help="For loading it, such as dtype=bfloat16 or tokenizer=FOLDER; may be repeated.",
)  # fmt: skip
def add(path: Path, name: str | None, copy: bool, options: tuple[str, ...]) -> None:
    """Add a checkpoint from your disk.

    PATH is a diffusers folder, or a .ckpt or .pth of the authors. It is looked at first; what is neither an AudioLDM
    nor an AudioLDM 2 is refused with what was expected and found.
    """
    from bridge.models import Record, Store, copy_into, shown_size, size_of, suggested_name
    from bridge.models_check import inspect
    from bridge.progress import ProgressLine

    store, path = Store(), path.expanduser().absolute()
    name = name or suggested_name(path)
    with _complaints():
        store.check_free(name)
        if not path.exists():
            raise click.ClickException(f"there is nothing at {path}")
        with ProgressLine() as line:
            line.say(f"looking at {path.name}")
            found = inspect(path)
            here = copy_into(path, store.place(name), line.bytes) if copy else path
        record = store.put(
            Record(
                name=name, path=str(here), owned=copy, summary=found.summary, licence=found.licence, source=str(path),
                size=size_of(here), options=options,
            )
        )  # fmt: skip
        click.echo(f"{record.name}: {record.summary}, {shown_size(record.size)}, {'copied' if copy else 'linked'}")
        if record.licence:
            click.echo(f"licence: {record.licence}", err=True)
        if not found.tokenizer and not any(option.startswith("tokenizer=") for option in options):
            click.echo("it has no text tokenizer with it: the engine looks in Hugging Face's cache, or name the folder "
                       "with --option tokenizer=FOLDER", err=True)  # fmt: skip
        click.echo(f'render with it: bridge generate --model {record.name} "rain"', err=True)


@models.command()
@click.argument("name", metavar="NAME")
@click.option("--name", "call", help="What to call it; the short or repository's name if not given.")
@click.option("--revision", help="A branch, tag or commit of the repository; its main branch if not given.")
def pull(name: str, call: str | None, revision: str | None) -> None:
    """Fetch published weights.

    NAME is audioldm-s-full, audioldm-s-full-v2, audioldm-m-full, audioldm-l-full, audioldm2, audioldm2-music or
    audioldm2-large, or any repository as OWNER/NAME. Interrupted, it goes on where it stopped when called again. The
    published AudioLDM weights are not for commercial use; the licence is shown before anything is fetched.
    """
    from bridge import models_hub as hub
    from bridge.models import Record, Store, shown_size, size_of
    from bridge.models_check import inspect
    from bridge.progress import ProgressLine

    store = Store()
    with _complaints():
        repository = hub.repository_of(name)
        called = call or hub.name_of(repository)
        weights = store.place(called)
        listing = hub.look(repository, revision)
        click.echo(f"{repository}: {len(listing.files)} files, {shown_size(listing.size)}", err=True)
        click.echo(f"licence: {listing.licence}", err=True)
        with ProgressLine() as line:
            hub.fetch(listing, weights, line.bytes)
            line.say("looking at it")
            found = inspect(weights)
        record = store.put(
            Record(
                name=called, path=str(weights), owned=True, summary=found.summary, licence=listing.licence,
                size=size_of(weights), source=f"{repository}@{listing.revision}",
            )
        )  # fmt: skip
        click.echo(f"{record.name}: {record.summary}, {shown_size(record.size)}")


@models.command()
@click.argument("name")
@click.option("--audio", type=FILE, required=True, help="A recording of some seconds, such as the model might render.")
@click.option("--prompt", default="", help="What is heard in it, if you like to say so.")
def verify(name: str, audio: Path, prompt: str) -> None:
    """Find out which head count fits the weights.

    Published configurations and training disagree about the number of attention heads, and both load. The clip is
    noised to three levels, and the right count predicts the noise with the clearly smaller error. What is found is
    remembered for the model.
    """
    from bridge.models import Store
    from bridge.models_check import verify as measure
    from bridge.progress import ProgressLine

    store = Store()
    with _complaints():
        record = store.get(name)
        store.loadable(name)  # says so if its weights are gone
        with ProgressLine() as line:
            line.say(f"measuring {name} on {audio.name}: a minute or two")
            verdict = measure(Path(record.path), audio.expanduser().absolute(), prompt)
        click.echo(verdict.text)
        if verdict.fits:
            store.put(dataclasses.replace(record, heads=verdict.fits))
            click.echo(f"remembered: {name} is loaded with the {verdict.fits} heads from now on", err=True)


@models.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(name: str, yes: bool) -> None:
    """Forget a model. Weights that were pulled or copied are deleted; linked ones stay where they are."""
    from bridge.models import Store, shown_size

    store = Store()
    with _complaints():
        unfinished = name in store.unfinished()
        record = None if unfinished else store.get(name)
        if not yes and record is not None and record.owned:
            click.confirm(f"delete {shown_size(record.size)} in {record.path}?", abort=True)
        store.remove(name)
        kept = f"; its weights stay in {record.path}" if record is not None and not record.owned else ""
        click.echo(f"{name} is removed{kept}")


@models.command()
@click.argument("name")
@bridge_options
def use(name: str, host: str | None, port: int | None) -> None:
    """Have the running bridge render with NAME.

    The old model goes on with its jobs, and stays in use if the new one cannot be loaded.
    """
    from bridge import Client
    from bridge.progress import ProgressLine

    with _complaints(), Client(address_of(host, port), name="bridge models") as client, ProgressLine() as line:
        line.say(f"loading {name}")
        client.use(name)
    click.echo(f"the bridge renders with {name}")

"""``bridge token``: the key for clients on other machines."""

from __future__ import annotations

import os

import click


@click.command()
@click.option("--rotate", is_flag=True, help="Make a new token. A running bridge refuses the old one at once.")
@click.option("--remove", "gone", is_flag=True, help="Delete the token: nobody is let in from other machines any more.")
def token(rotate: bool, gone: bool) -> None:
    """Show the token that clients on other machines need, and make it if there is none.

    Programs on this machine need none. Other machines can come in only where `bridge serve --host` listens for them.
    BRIDGE_TOKEN in the environment stands for the file.
    """
    from bridge.token import VARIABLE, BadToken, make_token, read_token, remove_token, token_file

    if rotate and gone:
        raise click.UsageError("give --rotate or --remove, not both")
    if (rotate or gone) and os.environ.get(VARIABLE):
        raise click.UsageError(f"the token comes from {VARIABLE}: change it there")
    try:
        if gone:
            click.echo(f"removed {token_file()}" if remove_token() else f"there is none: {token_file()}", err=True)
            return
        found = None if rotate else read_token()
        if found is None:
            found = make_token()
            click.echo(f"made {token_file()}, which only you can read", err=True)
    except (BadToken, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(found)

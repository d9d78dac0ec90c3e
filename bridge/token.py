"""The token: what a client beyond this machine shows to be let in.

It lies in a file of its own in the settings' folder, readable by its owner only, or in the environment. The daemon
reads it again when it has changed, so a new one is in force at once, for connections that are open, too.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import secrets
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

from bridge.folders import default_config

log = logging.getLogger("bridge")

VARIABLE = "BRIDGE_TOKEN"
"""Environment variable that holds the token instead of the file."""

MIN_LENGTH, MAX_LENGTH = 16, 256

_BYTES = 24  # 192 bits: nobody guesses it, however fast the network
_FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class BadToken(ValueError):
    """The token cannot be used; the text says why and what to do."""


def token_file() -> Path:
    """Where the token lies."""
    return default_config().parent / "token"


def read_token(environment: Mapping[str, str] = os.environ) -> str | None:
    """The token in force: the environment's, or the file's; None where there is neither. Raises BadToken."""
    if environment.get(VARIABLE):
        return _checked(environment[VARIABLE].strip(), VARIABLE)
    path = token_file()
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise BadToken(f"the token in {path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if sys.platform != "win32" and mode & _FOR_OTHERS:
        raise BadToken(f"others may read the token in {path}: make a new one with `bridge token --rotate`")
    return _checked(text.strip(), str(path))


def make_token() -> str:
    """Write a new token over the old one and return it. Raises OSError."""
    path, token = token_file(), secrets.token_urlsafe(_BYTES)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".token-{secrets.token_hex(4)}")
    try:
        # never, not even for a moment, with rights for others
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(token + "\n")
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return token


def remove_token() -> bool:
    """Delete the token's file. False where there is none. Raises OSError."""
    try:
        token_file().unlink()
    except FileNotFoundError:
        return False
    return True


class Keys:
    """What a daemon compares with. ``accepts`` follows the file: a token that was replaced is refused at once."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._environment = environment
        self._seen: object = None
        self._digest: bytes | None = None

    def accepts(self, given: str) -> bool:
        """True for the token in force; takes equally long for every wrong one. Raises nothing."""
        seen = self._signature()
        if seen != self._seen:
            self._seen, self._digest = seen, self._read()
        return self._digest is not None and hmac.compare_digest(_digest(given), self._digest)

    def _signature(self) -> object:
        try:
            found = token_file().stat()
        except OSError:
            return (None,)
        return found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size

    def _read(self) -> bytes | None:
        try:
            token = read_token(self._environment)
        except BadToken as error:
            log.warning("nobody is let in from other machines: %s", error)
            return None
        return None if token is None else _digest(token)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()  # of equal length, whatever was sent


def _checked(token: str, where: str) -> str:
    if not MIN_LENGTH <= len(token) <= MAX_LENGTH or not token.isascii() or not token.isprintable() or " " in token:
        raise BadToken(
            f"the token in {where} must be {MIN_LENGTH} to {MAX_LENGTH} printable ASCII characters without spaces, "
            f"got {len(token)} characters"
        )
    return token

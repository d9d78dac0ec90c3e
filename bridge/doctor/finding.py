"""What the doctor says of one thing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``core``: without it nothing is rendered."""

    name: str
    ok: bool
    text: str
    core: bool = True

    @property
    def broken(self) -> bool:
        """True if this keeps the bridge from working."""
        return self.core and not self.ok

    @property
    def state(self) -> str:
        """One word: ok, missing (the bridge works without it) or broken."""
        return "ok" if self.ok else "broken" if self.core else "missing"


def look(name: str, check: Callable[[], Finding | list[Finding]], core: bool = True) -> list[Finding]:
    """The findings of a check; one that fails itself is a finding, too, as what it needs may be what is missing."""
    try:
        found = check()
    except ImportError as error:
        return [Finding(name, False, f"cannot be looked at without the library {error.name or error}", core)]
    except Exception as error:  # a doctor who faints helps nobody
        return [Finding(name, False, f"cannot be looked at: {type(error).__name__}: {error}", core)]
    return found if isinstance(found, list) else [found]

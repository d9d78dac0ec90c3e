"""The Max objects that our patches use: how many inlets each has, and what comes out of its outlets.

From Max's reference pages; `tests/max_patches` compares them with the reference that py2max carries.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SIGNAL = "signal"
ANY = ""


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of one object: the number of inlets, those that take signals, and the type of each outlet ("signal",
    "bang", "int", "float", or "" for any message)."""

    inlets: int
    outlets: tuple[str, ...]
    signals: frozenset[int] = frozenset()
    """Inlets that a signal may go to."""


def _ports(inlets: int, *outlets: str, signals: tuple[int, ...] = ()) -> Ports:
    return Ports(inlets, outlets, frozenset(signals))


_FIXED = {
    # In presentation
    "live.comment": _ports(1),
    "panel": _ports(1),
    "live.dial": _ports(1, ANY, "float"),
    "live.numbox": _ports(1, ANY, "float"),
    "live.menu": _ports(1, ANY, ANY, "float"),
    "live.tab": _ports(1, ANY, ANY, "float"),
    "live.text": _ports(1, ANY, ANY),
    "live.drop": _ports(1, ANY, ANY),
    "live.gain~": _ports(2, SIGNAL, SIGNAL, ANY, "float", "list", signals=(0, 1)),
    "textedit": _ports(1, ANY, "int", ANY, ANY),
    "umenu": _ports(1, "int", ANY, ANY),
    "slider": _ports(1, ANY),
    "waveform~": _ports(5, "float", "float", "float", "float", "list", ANY),
    "message": _ports(2, ANY),
    # Control
    "live.thisdevice": _ports(1, "bang", "int", "int"),
    "loadbang": _ports(1, "bang"),
    "prepend": _ports(1, ANY),
    "pattr": _ports(1, ANY, ANY, ANY),
    "udpsend": _ports(1),
    "udpreceive": _ports(1, ANY),
    "metro": _ports(2, "bang"),
    "dspstate~": _ports(1, "int", "float", "int", "int", signals=(0,)),
    "midiin": _ports(1, "int"),
    "midiparse": _ports(1, ANY, ANY, ANY, "int", "int", ANY, "int", ANY),
    "transport": _ports(2, "int", "int", "float", "float", "float", ANY, "int", "float", ANY),
    "deferlow": _ports(1, ANY),
    "thispoly~": _ports(1, "int", "int", "int", signals=(0,)),
    "in": _ports(1, ANY),
    # Sound
    "buffer~": _ports(1, "float", "bang"),
    "phasor~": _ports(2, SIGNAL, signals=(0, 1)),
    "*~": _ports(2, SIGNAL, signals=(0, 1)),
    "+~": _ports(2, SIGNAL, signals=(0, 1)),
    "!=~": _ports(2, SIGNAL, signals=(0, 1)),
    "delta~": _ports(1, SIGNAL, signals=(0,)),
    "rampsmooth~": _ports(3, SIGNAL, signals=(0, 1, 2)),
    "sig~": _ports(1, SIGNAL, signals=(0,)),
    "line~": _ports(2, SIGNAL, "bang"),
    "adsr~": _ports(5, SIGNAL, SIGNAL, ANY, ANY, signals=(0, 1, 2, 3, 4)),
    "plugin~": _ports(2, SIGNAL, SIGNAL, signals=(0, 1)),
    "plugout~": _ports(2, SIGNAL, SIGNAL, signals=(0, 1)),
    "dac~": _ports(2, signals=(0, 1)),
    "out~": _ports(1, signals=(0,)),
}

_LETTERS = {"b": "bang", "i": "int", "f": "float", "l": ANY, "s": ANY}


def ports(text: str) -> Ports:
    """The ports of an object, from what stands in its box: ``route a b``, ``*~ 0.5``, ``live.dial``.

    Raises KeyError for an object that is not in this table.
    """
    name, *words = text.split()
    match name:
        case "route" | "sel":
            return _ports(1 if len(words) > 1 else 2, *[ANY if name == "route" else "bang"] * len(words), ANY)
        case "t":
            return _ports(1, *(_LETTERS.get(word, "int") for word in words))
        case "pack":
            return _ports(len(words), ANY)
        case "unpack":
            return _ports(1, *("float" if "." in word else "int" for word in words))
        case "js":
            return _ports(1, ANY)
        case "expr":
            return _ports(max(int(number) for number in re.findall(r"\$[fi](\d)", text)), ANY)
        case "wave~":
            return _ports(3, *[SIGNAL] * int(words[3]), signals=(0, 1, 2))
        case "play~":
            return _ports(1, *[SIGNAL] * int(words[1]), "bang", signals=(0,))
        case "groove~":
            return _ports(3, *[SIGNAL] * int(words[1]), SIGNAL, signals=(0, 1, 2))
        case "poly~":
            return _ports(1, SIGNAL, SIGNAL, signals=())
        case _:
            return _FIXED[name]

"""Abstractions for words: `bridge-words` makes one symbol of them, for the bridge; `bridge-told` makes words of a
symbol, for the console."""

from __future__ import annotations

from collections.abc import Mapping

from max_patches.pd_building.canvas import Box, Canvas


def patches() -> Mapping[str, str]:
    """File name → content."""
    return {"bridge-words.pd": _words(), "bridge-told.pd": _told()}


def _words() -> str:
    """[bridge-words]: any message becomes one symbol with its blanks: a prompt as it is typed. A bang becomes nothing.

    Pd writes `list` before a number, hence an atom before the words that is cut off again."""
    c = Canvas(620, 460)
    c.text(20, 8, "bridge-words: a symbol, or words as they are typed, become one symbol")
    kind = c.obj(20, 70, "route symbol", c.obj(20, 40, "inlet"))
    written = c.obj(120, 130, "fudiformat -u", c.obj(120, 100, "list trim", c.obj(240, 100, "list prepend p", kind[1])))
    begin, byte, end = _bytes(c, c.obj(120, 160, "list split 2", written)[1])
    kept = c.obj(120, 400, "list store", c.msg(120, 370, "append $1", byte), end)
    c.wire(begin, kept, 1)
    c.obj(20, 430, "outlet", c.obj(20, 400, "symbol", kind, c.obj(240, 430, "list tosymbol", kept)))
    return c.file()


def _told() -> str:
    """[bridge-told]: a message whose symbols have blanks becomes a message of words, which Pd prints as they are."""
    c = Canvas(620, 560)
    c.text(20, 8, "bridge-told: symbols with blanks become words")
    begin, byte, end = _bytes(c, c.obj(120, 160, "fudiformat -u", c.obj(120, 70, "inlet")))
    blank = c.obj(120, 370, f"sel {ord(' ')}", byte)
    letters = c.obj(120, 430, "list store", c.msg(180, 400, "append $1", blank[1]), blank, end[1])
    word = c.obj(120, 460, "t b l", letters)
    c.wire(word, letters, 1)
    said = c.obj(240, 520, "list store", c.msg(240, 490, "append $1", c.obj(180, 490, "list tosymbol", word[1])), end)
    c.wire(begin, letters, 1)
    c.wire(begin, said, 1)
    c.obj(120, 540, "outlet", c.obj(120, 520, "list trim", said))
    return c.file()


def _bytes(c: Canvas, written: Box) -> tuple[Box, Box, Box]:
    """What Pd wrote as bytes, one by one, without the backslashes before commas and blanks: a bang before them, each
    byte, and two bangs after them, that of the second outlet first."""
    order = c.obj(120, 190, "t b b l b", written)
    every = c.obj(120, 220, "until", order)
    at = c.obj(120, 250, "f 0", every)
    c.wire(c.obj(180, 250, "+ 1", at), at, 1)
    c.wire(c.msg(240, 220, "0", order[1]), at, 1)
    store = c.obj(120, 310, "list store", c.msg(120, 280, "get $1", at))
    c.wire(order[2], store, 1)
    end = c.obj(240, 340, "t b b b", store[1])
    c.wire(end[2], every, 1)
    return order[3], c.obj(120, 340, f"sel {ord(chr(92))}", store)[1], end

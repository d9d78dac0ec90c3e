"""The abstraction that is heard: `bridge~` plays takes from the disk."""

from __future__ import annotations

from collections.abc import Mapping

from max_patches import VERSION
from max_patches.pd_building.canvas import Box, Canvas

OTHER = f"failed other-version the bridge is version $1 and the patches are version {VERSION}: bridge install pd"


def patches() -> Mapping[str, str]:
    """File name → content."""
    return {"bridge~.pd": _player()}


def _player() -> str:
    """[bridge~]: the path of a take in, its sound out; and whether the bridge is there."""
    c = Canvas(1000, 480)
    c.text(20, 8, "bridge~: plays the file at a path; bang: again; stop. Right inlet: is the bridge there?")
    kind = c.obj(20, 70, "route stop bang", c.obj(20, 40, "inlet"))
    path = c.obj(120, 100, "symbol", kind[1], kind[2])
    order = c.obj(120, 130, "t b s s", path)
    read = c.obj(20, 260, "readsf~ 2", c.msg(20, 160, "0", kind))
    c.wire(c.msg(120, 200, "1", order), read)
    c.wire(c.msg(180, 200, "open $1", order[1]), read)
    both = _mono(c, order[2])
    right = c.obj(120, 320, "+~", read[1])
    copied = c.obj(180, 290, "*~", read)
    c.wire(both, copied, 1)
    c.wire(copied, right, 1)
    c.obj(20, 400, "outlet~", read)
    c.obj(120, 400, "outlet~", right)
    c.obj(220, 400, "outlet", read[2])
    _greeting(c)
    c.text(20, 430, "outlets: left, right, bang at the end, ready MODEL RATE or failed CODE TEXT")
    return c.file()


def _mono(c: Canvas, path: Box) -> Box:
    """1 for a file with one channel, which is heard on both sides; 0 for others. 64 frames are read to know it."""
    c.obj(280, 100, "array define $0-probe 64")
    named = c.obj(280, 160, "list append $0-probe", path)
    info = c.obj(280, 220, "soundfiler", c.msg(280, 190, "read $1 $2", named))
    channels = c.obj(340, 250, "unpack f f f", info[1])
    return c.obj(340, 280, "== 1", channels[2])


def _greeting(c: Canvas) -> None:
    """Say hello when the patch opens and when asked, and tell what comes back."""
    asked = c.obj(480, 40, "inlet")
    elsewhere = c.obj(640, 65, "t b", c.obj(640, 40, "r bridge-port"))
    moved = c.obj(560, 90, "del 50", c.obj(560, 40, "loadbang"), elsewhere)
    name = c.obj(480, 100, "makefilename pd-%d", c.obj(480, 70, "f $0", asked, moved))
    replies = c.obj(480, 160, "bridge-udp", c.obj(480, 130, "oscformat -f s bridge hello", name))
    kind = c.obj(480, 190, "route bridge job", replies)
    word = c.obj(480, 220, "route ready loading error", kind)
    ready = c.obj(480, 250, "unpack s s f", word)
    order = c.obj(480, 280, "pack s f", ready[1])
    c.wire(ready[2], order, 1)
    loading = c.obj(620, 280, "list prepend loading", c.obj(620, 250, "list split 1", word[1])[1])
    error = c.obj(620, 310, "list prepend failed", word[2])
    nobody = c.obj(620, 340, "list split 1", c.obj(620, 220, "route failed", kind[1]))
    failed = c.obj(620, 370, "list prepend failed", nobody[1])
    other = _other_version(c, ready)
    trouble = c.obj(620, 425, "bridge-told", c.obj(620, 400, "list trim", error, failed))
    told = c.obj(480, 370, "list trim", c.obj(480, 310, "list prepend ready", order), loading)
    c.obj(480, 450, "outlet", told, trouble, other)


def _other_version(c: Canvas, version: Box) -> Box:
    """Words, if the bridge is of another version than the patches, by its first four characters: in 0.1.2 those are
    0.1 and its dot. A bridge that was never installed has none."""
    order = c.obj(780, 250, "t s s", version)
    theirs = c.obj(860, 370, "symbol")
    c.wire(order[1], theirs, 1)
    head = c.obj(780, 310, "list split 4", c.obj(780, 280, "list fromsymbol", order))
    marked = c.obj(780, 370, "list tosymbol", c.obj(780, 340, f"list prepend {ord('v')}", head))  # no number, then
    differs = c.obj(780, 400, f"sel v{VERSION[:4]} v0+un", marked)
    c.wire(c.obj(900, 400, "t b", differs[2]), theirs)
    return c.msg(780, 430, OTHER, theirs)

"""The endless stream: `live` steers it and brings it in over JACK."""

from __future__ import annotations

from collections.abc import Mapping

from max_patches.pd_building.canvas import Canvas
from max_patches.pd_building.helps import prompts, switch


def patches() -> Mapping[str, str]:
    """File name → content."""
    return {"live.pd": _live(), "live-help.pd": _help()}


def _live() -> str:
    """[live CLIENT]: the endless stream of the bridge, through the JACK client that Pd is."""
    c = Canvas(820, 460)
    c.text(20, 8, "live CLIENT: words start the endless stream, stop ends it; right inlet: SLOT words WEIGHT")
    c.text(20, 26, "Start Pd with -jack. CLIENT is its name in JACK, pure_data if left out: the bridge plays into it")
    kind = c.obj(20, 80, "route stop", c.obj(20, 50, "inlet"))
    words = c.obj(120, 130, "t s b", c.obj(120, 105, "bridge-words", kind[1]))
    start = c.obj(120, 220, "oscformat -f s live start", words)
    name = c.obj(320, 130, "route 0", c.obj(320, 105, "list append $1", c.obj(320, 80, "t b", words[1])))
    usual = c.msg(320, 155, "symbol pure_data", name)
    client = c.obj(420, 180, "symbol", usual, name[1])
    device = c.obj(420, 220, "oscformat -f ss player use", c.obj(420, 200, "list prepend device", client))
    stop = c.obj(20, 190, "oscformat live stop", kind)
    slot = c.obj(620, 220, "oscformat -f isf live prompt", c.obj(620, 50, "inlet"))
    replies = c.obj(120, 260, "bridge-udp", stop, start, device, slot)
    about = c.obj(120, 290, "route live player bridge job", replies)
    player = c.obj(240, 320, "list prepend player", about[1])
    nobody = c.obj(420, 345, "list split 1", c.obj(420, 320, "route failed", about[3]))
    failed = c.obj(420, 365, "list prepend failed", nobody[1])
    c.obj(320, 420, "outlet", c.obj(320, 395, "list trim", about, player, about[2], failed))
    sound = c.obj(20, 350, "adc~ 1 2")
    c.obj(20, 420, "outlet~", sound)
    c.obj(120, 420, "outlet~", sound[1])
    return c.file()


def _help() -> str:
    c = Canvas(760, 360)
    c.text(20, 8, "LIVE - an endless stream that follows your words, through JACK: start Pd with -jack")
    switch(c, 20, 40)
    words = prompts(c, 20, 105, "2. click a prompt: the stream begins")
    stop = c.msg(330, 190, "stop")
    stream = c.obj(20, 245, "live", *words, stop)
    c.text(420, 105, "3. mix: slot, words as a symbol, weight")
    c.wire(c.msg(420, 130, "2 thunder 0.5"), stream, 1)
    c.wire(c.msg(420, 158, "2 birdsong 0.2"), stream, 1)
    out = c.obj(20, 320, "dac~", c.obj(20, 290, "*~ 0.7", stream))
    c.wire(c.obj(90, 290, "*~ 0.7", stream[1]), out, 1)
    c.obj(220, 290, "print live", stream[2])
    return c.file()

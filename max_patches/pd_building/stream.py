"""The endless stream: `live` steers it and brings it in over JACK."""

from __future__ import annotations

from collections.abc import Mapping

from max_patches.pd_building.canvas import Box, Canvas
from max_patches.pd_building.helps import prompts, switch


def patches() -> Mapping[str, str]:
    """File name → content."""
    return {"live.pd": _live(), "live-help.pd": _help()}


def _live() -> str:
    """[live CLIENT]: the endless stream of the bridge, through the JACK client that Pd is."""
    c = Canvas(960, 520)
    c.text(20, 8, "live CLIENT: words start the endless stream, stop ends it; right inlet: SLOT words WEIGHT")
    c.text(20, 26, "Start Pd with -jack. CLIENT is its name in JACK, pure_data if left out: the bridge plays into it")
    kind = c.obj(20, 80, "route stop", c.obj(20, 50, "inlet"))
    words = c.obj(120, 130, "t s b b", c.obj(120, 105, "bridge-words", kind[1]))
    client = c.obj(220, 180, "makefilename pd-live-%d", c.obj(220, 155, "f $0", words[2]))
    hello = c.obj(220, 205, "oscformat -f s bridge hello", client)  # windows and trouble are told to who said hello
    start = c.obj(120, 220, "oscformat -f s live start", words)
    connected = c.obj(320, 55, "f 0", words[1])
    device = _device(c, connected)
    stop = c.obj(20, 190, "oscformat live stop", kind)
    replies = c.obj(120, 260, "bridge-udp", stop, start, hello, device, _slot(c))
    about = c.obj(120, 290, "route live player bridge job", replies)
    stream = c.obj(120, 320, "route failed", about)
    late = c.obj(120, 410, "list prepend failed", stream)
    player = c.obj(240, 320, "list prepend player", about[1])
    nobody = c.obj(420, 345, "list split 1", c.obj(420, 320, "route failed", about[3]))
    failed = c.obj(420, 365, "list prepend failed", nobody[1])
    again = c.msg(480, 410, "0", kind, c.obj(480, 385, "route error", about[2]), failed)
    c.wire(again, connected, 1)  # the next words choose the device anew
    trouble = c.obj(420, 460, "bridge-told", c.obj(420, 435, "list trim", about[2], failed, late))
    c.obj(320, 480, "outlet", c.obj(320, 455, "list trim", stream[1], player), trouble)
    sound = c.obj(20, 350, "adc~ 1 2")
    c.obj(20, 480, "outlet~", sound)
    c.obj(120, 480, "outlet~", sound[1])
    return c.file()


def _device(c: Canvas, connected: Box) -> Box:
    """What makes the bridge play into Pd, once: a player that is chosen anew begins anew, with a gap."""
    once = c.obj(320, 105, "t b b", c.obj(320, 80, "sel 0", connected))
    c.wire(c.msg(260, 80, "1", once[1]), connected, 1)
    name = c.obj(320, 155, "route 0", c.obj(320, 130, "list append $1", once))
    client = c.obj(420, 180, "symbol", c.msg(320, 180, "symbol pure_data", name), name[1])
    return c.obj(420, 230, "oscformat -f ss player use", c.obj(420, 205, "list prepend device", client))


def _slot(c: Canvas) -> Box:
    """`2 distant thunder 0.5`: all between the first and the last is the prompt."""
    parts = c.obj(620, 80, "list split 1", c.obj(620, 50, "inlet"))
    rest = c.obj(720, 110, "t l l", parts[1])
    last = c.obj(720, 200, "list split", rest)
    c.wire(c.obj(780, 170, "- 1", c.obj(780, 140, "list length", rest[1])), last, 1)
    packed = c.obj(620, 260, "pack f s f", parts)
    c.wire(c.obj(720, 230, "bridge-words", last), packed, 1)
    c.wire(last[1], packed, 2)
    return c.obj(620, 290, "oscformat -f isf live prompt", packed)


def _help() -> str:
    c = Canvas(760, 360)
    c.text(20, 8, "LIVE - an endless stream that follows your words, through JACK: start Pd with -jack")
    switch(c, 20, 40)
    words = prompts(c, 20, 105, "2: click a prompt: the stream begins")
    stop = c.msg(330, 190, "stop")
    stream = c.obj(20, 245, "live", *words, stop)
    c.text(420, 105, "3: mix: slot, words, weight")
    c.wire(c.msg(420, 130, "2 distant thunder 0.5"), stream, 1)
    c.wire(c.msg(420, 158, "2 birdsong 0.2"), stream, 1)
    out = c.obj(20, 320, "dac~", c.obj(20, 290, "*~ 0.7", stream))
    c.wire(c.obj(90, 290, "*~ 0.7", stream[1]), out, 1)
    c.obj(220, 290, "print live", stream[2])
    return c.file()

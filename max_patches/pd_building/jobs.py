"""Abstractions that render: `bridge-job`, which speaks to the bridge, and `generate`, `restyle` and `inpaint` on it."""

from __future__ import annotations

from collections.abc import Mapping

from max_patches.pd_building.canvas import Box, Canvas

SILENCE_MS = 4000
"""After which a bridge that said nothing is taken to be not there."""
MEASURED, WORK = 200, 300
"""How often the time of how many bangs is measured, for a number that is another one after each start."""
NOBODY = "nobody answers: bridge serve starts the bridge".replace(" ", "\\ ")


def patches() -> Mapping[str, str]:
    """File name → content."""
    return {
        "bridge-udp.pd": _udp(), "bridge-array.pd": _array(), "bridge-job.pd": _job(), "generate.pd": _generate(),
        "restyle.pd": _restyle(), "inpaint.pd": _inpaint(),
    }  # fmt: skip


def _udp() -> str:
    """[bridge-udp]: lists of OSC bytes in; replies, parsed, out. Replies come back to the port that was sent from."""
    c = Canvas(720, 420)
    c.text(20, 8, "bridge-udp: a connection of its own to 127.0.0.1 9630, or to the port that bridge-port is sent")
    packet = c.obj(20, 40, "inlet")
    order = c.obj(20, 70, "t l b b", packet)
    waiting = c.obj(420, 200, f"del {SILENCE_MS}", order[2])
    state = c.obj(120, 100, "f 0", order[1])
    away = c.obj(120, 130, "sel 0", state)
    port = c.obj(250, 100, "f 9630", c.obj(250, 40, "loadbang"), away)
    changed = c.obj(330, 70, "t b f", c.obj(330, 40, "r bridge-port"))
    c.wire(changed[1], port, 1)
    leave = c.msg(330, 130, "disconnect", changed[1])
    c.wire(changed, port)
    join = c.msg(250, 160, "connect 127.0.0.1 $1", port)
    prepared = c.obj(20, 130, "list trim", c.obj(20, 100, "list prepend send", order))
    net = c.obj(20, 230, "netsend -u -b", prepared, join, leave)
    c.wire(net, state, 1)
    replies = c.obj(120, 320, "t a b", c.obj(120, 290, "list trim", c.obj(120, 260, "oscparse", net[1])))
    c.wire(c.msg(420, 170, "stop", replies[1]), waiting)
    nobody = c.msg(420, 230, f"job failed none no-answer {NOBODY}", waiting)
    c.obj(120, 370, "outlet", replies, nobody)
    return c.file()


def _array() -> str:
    """[bridge-array NAME]: a path in; the take is read into the array, then its frames come out. Without a name, 0."""
    c = Canvas(560, 260)
    c.text(20, 8, "bridge-array NAME: reads the file at a path into an array; out come its frames, 0 without a name")
    kind = c.obj(20, 100, "route 0", c.obj(20, 70, "list prepend $1", c.obj(20, 40, "inlet")))
    nothing = c.msg(20, 130, "0", kind)
    frames = c.obj(120, 160, "soundfiler", c.msg(120, 130, "read -resize $2 $1", kind[1]))
    c.obj(20, 200, "outlet", nothing, frames)
    return c.file()


def _job() -> str:
    """[bridge-job TASK]: a job of one task."""
    c = Canvas(1300, 660)
    c.text(20, 8, "bridge-job TASK: a list of the task's arguments renders, cancel stops; right inlet: settings")
    kind = c.obj(20, 70, "route cancel", c.obj(20, 40, "inlet"))
    run = c.obj(120, 100, "t a b b b b", kind[1])
    identity = _identity(c, run[4])
    rate = c.obj(540, 280, "list prepend rate", c.obj(540, 250, "samplerate~", run[2]))  # one that was set wins
    collected = c.obj(280, 280, "list prepend", rate, _settings(c, run[1]))
    c.wire(run[3], collected, 1)  # an empty list: what was collected the last time is gone
    so_far = c.obj(280, 310, "t l l", collected)
    c.wire(so_far[1], collected, 1)
    whole = c.obj(120, 340, "list append", run)
    c.wire(run[3], whole, 1)
    c.wire(so_far, whole, 1)
    named = c.obj(120, 370, "list prepend", whole)
    c.wire(identity, named, 1)
    latest = c.obj(20, 370, "symbol", kind)
    c.wire(identity, latest, 1)
    stop = c.obj(20, 430, "oscformat -f s job cancel", latest)
    _answers(c, c.obj(120, 460, "bridge-udp", c.obj(120, 400, "oscformat render $1", named), stop))
    return c.file()


def _identity(c: Canvas, wanted: Box) -> Box:
    """An id that no other job has, of this Pd or of one before: by a number that this patch drew, and one that counts
    up."""
    form = c.msg(800, 340, "set $1-%d", c.obj(800, 310, "makefilename pd-$0-%d", _chance(c)))
    count = c.obj(720, 280, "f 1", wanted)
    c.wire(c.obj(720, 310, "+ 1", count), count, 1)
    return c.obj(800, 370, "makefilename %d", form, count)


def _chance(c: Canvas) -> Box:
    """A number below 2^22, drawn when the patch is loaded. Pd's random numbers are the same after each start and it
    knows no date; but how many microseconds some work takes is never quite the same. So that is measured many times,
    and all of it counts: each time, what there is so far is taken three times, modulo a prime."""
    begin = c.obj(800, 70, "t b b", c.obj(800, 40, "loadbang"))
    every = c.obj(900, 130, "until", c.msg(900, 100, f"{MEASURED}", begin[1]))
    order = c.obj(900, 160, "t b b b", every)
    took = c.obj(900, 220, "realtime", order[2])
    c.obj(1000, 220, "until", c.msg(1000, 190, f"{WORK}", order[1]))
    c.wire(order, took, 1)
    exact = c.obj(900, 280, "t f b", c.obj(900, 250, "* 1000", took))
    so_far = c.obj(980, 310, "f 0", exact[1])
    added = c.obj(900, 340, "+", exact)
    c.wire(c.obj(980, 340, "* 3", so_far), added, 1)
    drawn = c.obj(800, 280, "f", begin)
    prime = c.obj(900, 370, "% 4194301", added)
    c.wire(prime, so_far, 1)
    c.wire(prime, drawn, 1)
    return drawn


def _settings(c: Canvas, wanted: Box) -> Box:
    """What is kept between jobs, a line of a text for each key; all lines come when they are wanted."""
    kind = c.obj(420, 70, "route clear", c.obj(420, 40, "inlet"))
    c.obj(420, 130, "text define $0-keys", c.msg(420, 100, "clear", kind))
    order = c.obj(560, 160, "t l l", _one_value(c, kind[1]))
    found = c.obj(620, 220, "text search $0-keys 0", c.obj(620, 190, "list split 1", order[1]))
    new = c.obj(620, 250, "sel -1", found)
    line = c.obj(620, 310, "f", c.msg(620, 280, "100000", new), new[1])
    c.wire(line, c.obj(560, 340, "text set $0-keys", order), 1)
    every = c.obj(280, 160, "t f b", c.obj(280, 130, "text size $0-keys", wanted))
    number = c.obj(280, 220, "f 0", c.obj(280, 190, "until", every))
    c.wire(c.obj(340, 220, "+ 1", number), number, 1)
    c.wire(c.msg(340, 190, "0", every[1]), number, 1)
    return c.obj(280, 250, "text get $0-keys", number)


def _one_value(c: Canvas, setting: Box) -> Box:
    """The setting with its words as one symbol, if they are more than one: `negative heavy reverb`."""
    key = c.obj(1060, 70, "list split 1", c.obj(1060, 40, "list", setting))
    values = c.obj(1160, 100, "t l l", key[1])
    number = c.obj(1160, 130, "list split 2", values)
    words = c.obj(1160, 190, "list", c.obj(1160, 160, "t b", number))
    c.wire(values[1], words, 1)
    whole = c.obj(1060, 250, "list append", key)
    c.wire(c.obj(1160, 220, "bridge-words", words), whole, 1)
    c.wire(number[2], whole, 1)
    return whole


def _answers(c: Canvas, replies: Box) -> None:
    """Replies to outlets: the path of each take, how far it is, and what happened, in words."""
    kind = c.obj(120, 490, "route job bridge", replies)
    job = c.obj(120, 520, "route take step done failed cancelled queued", kind)
    take = c.obj(20, 560, "unpack s f s", job)
    c.obj(20, 620, "outlet", c.obj(20, 590, "symbol", take[2]))
    step = c.obj(160, 560, "unpack s f f", job[1])
    part = c.obj(160, 590, "/", step[1])
    c.wire(step[2], part, 1)
    c.obj(160, 620, "outlet", part)
    told = []
    for number, word in enumerate(("done", "failed", "cancelled", "queued")):
        rest = c.obj(300 + 160 * number, 550, "list split 1", job[2 + number])  # without the id
        told.append(c.obj(300 + 160 * number, 575, f"list prepend {word}", rest[1]))
    error = c.obj(860, 520, "list prepend failed", c.obj(860, 490, "route error", kind[1]))
    failed = c.obj(460, 620, "bridge-told", c.obj(460, 600, "list trim", told.pop(1), error))
    c.obj(300, 640, "outlet", c.obj(300, 610, "list trim", *told), failed)


def _head(c: Canvas, others: int) -> tuple[Box, Box, list[Box]]:
    """The upper half: words, as one symbol; cancel, as a message; the other inlets."""
    kind = c.obj(20, 70, "route cancel", c.obj(20, 40, "inlet"))
    cancel = c.msg(20, 100, "cancel", kind)
    words = c.obj(120, 100, "bridge-words", kind[1])
    return words, cancel, [c.obj(280 + 120 * number, 40, "inlet") for number in range(others)]


def _tail(c: Canvas, task: str, settings: Box, *arguments: Box) -> None:
    """The lower half: the job, the array, four outlets. The array is there when the path comes out."""
    job = c.obj(20, 220, f"bridge-job {task}", *arguments)
    c.wire(settings, job, 1)
    order = c.obj(20, 250, "t s s", job)
    c.obj(20, 330, "outlet", order)
    c.obj(120, 330, "outlet", c.obj(120, 280, "bridge-array $1", order[1]))
    c.obj(220, 330, "outlet", job[1])
    c.obj(320, 330, "outlet", job[2])
    c.text(20, 360, "outlets: the take's path (to bridge~), its frames in the array, progress 0 to 1, what happened")


def _generate() -> str:
    c = Canvas(640, 400)
    c.text(20, 8, "generate ARRAY: words become a take. Right inlet: settings, such as seconds 4 or seed 7")
    words, cancel, (settings,) = _head(c, 1)
    _tail(c, "generate", settings, c.obj(120, 130, "list", words), cancel)
    return c.file()


def _restyle() -> str:
    c = Canvas(720, 400)
    c.text(20, 8, "restyle ARRAY: a clip that sounds like words. Inlets: words, path of the clip, strength, settings")
    packed, strength = _edit(c, "restyle", "pack s s 0.5", words_at=1)
    c.wire(strength, packed, 2)
    return c.file()


def _inpaint() -> str:
    c = Canvas(760, 400)
    c.text(20, 8, "inpaint ARRAY: a region is replaced. Inlets: words, path of the clip, start and end in s, settings")
    packed, region = _edit(c, "inpaint", "pack s f f s", words_at=3)
    ends = c.obj(400, 130, "unpack f f", region)
    c.wire(ends, packed, 1)
    c.wire(ends[1], packed, 2)
    return c.file()


def _edit(c: Canvas, task: str, pack: str, *, words_at: int) -> tuple[Box, Box]:
    """A patch that edits a clip, but for what its third inlet does: that inlet, and the arguments of the command, which
    come in when words do; the path is the first of them."""
    words, cancel, (path, third, settings) = _head(c, 3)
    order = c.obj(120, 130, "t b s", words)
    clip = c.obj(120, 160, "symbol", order)
    c.wire(path, clip, 1)
    packed = c.obj(120, 190, pack, clip)
    c.wire(order[1], packed, words_at)
    _tail(c, task, settings, packed, cancel)
    return packed, third

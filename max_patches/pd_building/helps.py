"""Help patches: sound in three clicks."""

from __future__ import annotations

from collections.abc import Mapping

from max_patches.pd_building.canvas import Box, Canvas

PROMPTS = ("a deep kick drum in a large hall", "heavy rain on a metal roof", "breaking glass")


def patches() -> Mapping[str, str]:
    """File name → content."""
    return {
        "generate-help.pd": _generate(), "restyle-help.pd": _edit("restyle"), "inpaint-help.pd": _edit("inpaint"),
        "bridge~-help.pd": _player(),
    }  # fmt: skip


def switch(c: Canvas, x: int, y: int) -> None:
    """What switches audio on."""
    c.text(x + 30, y, "1: audio on. Start the bridge first: bridge serve")
    c.msg(x, y + 30, "; pd dsp $1", c.toggle(x, y))


def prompts(c: Canvas, x: int, y: int, text: str) -> list[Box]:
    c.text(x, y, text)
    return [c.msg(x, y + 25 + 28 * number, prompt) for number, prompt in enumerate(PROMPTS)]


def _heard(c: Canvas, path: Box, y: int, status: int = 0) -> Box:
    """A take is played as soon as it is there."""
    player = c.obj(20, y, "bridge~", path)
    quiet = [c.obj(20 + 70 * side, y + 35, "*~ 0.7", player[side]) for side in (0, 1)]
    out = c.obj(20, y + 65, "dac~", quiet[0])
    c.wire(quiet[1], out, 1)
    c.obj(220, y + 35, "print bridge", player[3])
    return player


def _generate() -> str:
    c = Canvas(820, 560)
    c.text(20, 8, "GENERATE - words become sound, in an array and on the disk")
    switch(c, 20, 40)
    words = prompts(c, 20, 105, "2: click a prompt, or write your own: it plays")
    cancel = c.msg(330, 190, "cancel")
    made = c.obj(20, 245, "generate help-take", *words, cancel)
    c.text(420, 105, "settings stay until they are changed:")
    for number, setting in enumerate(("seconds 1.5", "seed 7", "steps 12", "negative reverb", "clear")):
        c.wire(c.msg(420, 130 + 25 * number, setting), made, 1)
    player = _heard(c, made, 320)
    c.text(60, 290, "3: again")
    c.wire(c.bang(140, 288), player)
    c.slider(330, 280, made[2])
    c.number(240, 280, made[1])
    c.text(500, 278, "frames in the array, and progress")
    c.obj(520, 310, "print generate", made[3])
    c.array(420, 350, "help-take")
    c.obj(20, 485, "dac~", c.obj(20, 455, "tabplay~ help-take", c.msg(20, 425, "bang")))
    c.text(70, 425, "the array, played by tabplay~")
    return c.file()


def _edit(task: str) -> str:
    c = Canvas(820, 600)
    c.text(20, 8, f"{task.upper()} - a take, or any file, and words become another sound")
    switch(c, 20, 40)
    source = c.obj(20, 140, "generate", c.msg(20, 110, "footsteps on gravel"))
    c.obj(20, 170, "print source", source[3])
    c.text(200, 110, "2: click for something to begin with, or open a file of yours:")
    chosen = c.obj(420, 160, "openpanel", c.bang(420, 135))
    path = c.obj(200, 190, "t s s", source, c.obj(420, 185, "symbol", chosen))
    words = prompts(c, 20, 215, "3: click what it is to become")
    made = c.obj(20, 345, f"{task} help-{task}", *words)
    c.wire(path, made, 1)
    if task == "restyle":
        c.wire(c.msg(420, 250, "0.4"), made, 2)
        c.wire(c.msg(480, 250, "0.8"), made, 2)
        c.text(540, 250, "strength, 0 to 1")
    else:
        c.wire(c.msg(420, 250, "0.5 1.5", c.obj(420, 225, "loadbang")), made, 2)
        c.text(500, 250, "the region, in seconds")
    c.wire(c.msg(420, 280, "steps 12"), made, 3)
    player = _heard(c, made, 420)
    c.wire(path[1], player)
    c.slider(330, 380, made[2])
    c.obj(520, 380, f"print {task}", made[3])
    c.array(420, 430, f"help-{task}")
    return c.file()


def _player() -> str:
    c = Canvas(700, 300)
    c.text(20, 8, "BRIDGE~ - plays takes, and any sound file, from the disk; a mono file on both sides")
    switch(c, 20, 40)
    c.text(60, 110, "2: choose a file. It plays at Pd's own rate: takes of generate have that")
    chosen = c.obj(20, 135, "openpanel", c.bang(20, 108))
    player = _heard(c, chosen, 190)
    c.wire(c.bang(240, 160), player)
    c.text(265, 160, "3: again")
    c.wire(c.msg(340, 160, "stop"), player)
    c.wire(c.msg(400, 160, "bang"), player, 1)
    c.text(450, 160, "ask whether the bridge is there")
    return c.file()

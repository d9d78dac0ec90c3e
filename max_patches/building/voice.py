"""One voice of the instrument: a note plays the buffer at its pitch, from its beginning, as long as it is held."""

from __future__ import annotations

from max_patches.building.patcher import Patcher


def build() -> Patcher:
    """The patch that `poly~ bridge_voice` loads. It hears notes as pitch and velocity, and ``root``, ``buffer`` and
    ``mono`` with a value."""
    patch = Patcher(0)
    heard = patch.add("in 1", (40, 40))
    sort = patch.add("route root buffer mono", (40, 80))
    patch.chain(heard, sort)
    note = patch.add("unpack 0 0", (240, 120))
    patch.cord(sort, 3, note)
    struck = patch.add("sel 0", (320, 160))
    begin = patch.add("t b f", (340, 200))
    start = patch.add("message", (340, 240), text="startloop")
    loud = patch.add("expr $f1 / 127.", (420, 240))
    end = patch.add("message", (320, 280), text="0")
    patch.cord(note, 1, struck)  # right before left: the velocity comes first, and the pitch has its own way
    patch.cord(struck, 0, end)
    patch.cord(struck, 1, begin)
    patch.cord(begin, 1, loud)
    patch.cord(begin, 0, start)
    pitch = patch.add("expr pow(2.\\, ($f1 - $f2) / 12.)", (120, 240))
    speed = patch.add("sig~", (120, 280))
    patch.cord(note, 0, pitch)
    patch.cord(sort, 0, pitch, 1)
    patch.chain(pitch, speed)
    player = patch.add("groove~ #1 2", (120, 340))
    name = patch.add("prepend set", (60, 120))
    patch.chain(speed, player)
    patch.cord(start, 0, player)
    patch.cord(sort, 1, name)
    patch.cord(name, 0, player)
    envelope = patch.add("adsr~ 2 1 1. 60", (420, 340))
    patch.cord(loud, 0, envelope)
    patch.cord(end, 0, envelope)
    busy = patch.add("thispoly~", (560, 400))
    patch.cord(envelope, 2, busy)
    mono = patch.add("*~ 0.", (200, 440))
    right = patch.add("+~", (280, 480))
    patch.cord(sort, 2, mono, 1)
    sides = [patch.add("*~", (120 + 160 * side, 400)) for side in (0, 1)]
    for side in (0, 1):
        patch.cord(player, side, sides[side])
        patch.cord(envelope, 0, sides[side], 1)
    patch.cord(sides[0], 0, mono)
    patch.cord(sides[1], 0, right)
    patch.cord(mono, 0, right, 1)
    for side, last in enumerate((sides[0], right)):
        patch.cord(last, 0, patch.add(f"out~ {side + 1}", (120 + 160 * side, 540)))
    return patch

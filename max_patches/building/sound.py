"""How a device plays what is in its buffer."""

from __future__ import annotations

from max_patches.building import knobs
from max_patches.building.parts import Device, label
from max_patches.building.patcher import Box


def audio(device: Device) -> None:
    """Sound: a loop that the transport drives, one shot from a bar on, and in the instrument voices for notes."""
    patch, take = device.patch, device.take
    phase = patch.add("phasor~ 1n @lock 1", (800, 440))
    loop = patch.add(f"wave~ {take} 0. 0. 2", (840, 480))
    device.told("interval", phase)
    device.told("span", loop)
    patch.cord(phase, 0, loop)
    fade = patch.add("pack 0 8", (940, 440))  # 8 ms, so that no start or stop clicks
    ramp = patch.add("line~", (985, 490))
    device.told("gate", fade)
    patch.chain(fade, ramp)
    heard = _while_it_moves(device, phase, ramp)
    once = _once(device, take)
    mono = patch.add("*~ 0.", (760, 600))
    mixed = [patch.add("+~", (700 + 120 * side, 560)) for side in (0, 1)]
    for side in (0, 1):
        gate = patch.add("*~", (700 + 80 * side, 520))
        patch.cord(loop, side, gate)
        patch.cord(heard, 0, gate, 1)
        patch.cord(gate, 0, mixed[side])
        patch.cord(once, side, mixed[side], 1)
    right = patch.add("+~", (820, 630))  # a sound with one channel is heard on both sides
    device.told("mono", mono, 1)
    patch.cord(mixed[0], 0, mono)
    patch.cord(mixed[1], 0, right)
    patch.cord(mono, 0, right, 1)
    _out(device, mixed[0], right)


def _while_it_moves(device: Device, phase: Box, ramp: Box) -> Box:
    """The loop's level: that of the ramp while the phase moves, else none. A phasor~ that is locked to a song that
    stands stays where it is, and wave~ would hold one sample. Heard here, a loop begins with the song; Live tells its
    observers of that some tenth of a second later, which would cost the first beat."""
    patch = device.patch
    step, moves = patch.add("delta~", (860, 510)), patch.add("!=~ 0.", (860, 540))
    smooth = patch.add("rampsmooth~ 32 256", (860, 570))  # samples, so that no start or stop clicks
    heard = patch.add("*~", (940, 510))
    patch.chain(phase, step, moves, smooth, heard)
    patch.cord(ramp, 0, heard, 1)
    return heard


def _once(device: Device, take: str) -> Box:
    """One shot: the metro, once it is started, comes at the next bar of the song, starts the sound and stops itself."""
    patch = device.patch
    player = patch.add(f"play~ {take} 2", (1000, 520))
    bar = patch.add("metro 1n @quantize 1n", (1000, 400))
    both = patch.add("t b b", (1000, 430))
    start = patch.add("message", (1000, 460), text="start 0")
    stop = patch.add("message", (1060, 460), text="0")
    device.told("bar", bar)
    device.told("once", player)
    patch.chain(bar, both, start, player)
    patch.cord(both, 1, stop)
    patch.cord(stop, 0, bar)
    ended = patch.add("message", (1120, 560), text="ended")
    patch.cord(player, 2, ended)
    patch.cord(ended, 0, device.js)
    return player


def _out(device: Device, left: Box, right: Box) -> None:
    patch = device.patch
    valueof = knobs.of_number("Volume", -70, 6, 0, "how loud the device plays", unit=knobs.UNIT_DECIBEL)
    gain = patch.parameter("live.gain~", (700, 680), show=(686, 8, 52, 132), name="volume", valueof=valueof, channels=2)
    patch.cord(left, 0, gain, 0)
    patch.cord(right, 0, gain, 1)
    out = patch.add("dac~ 1 2" if device.kind == "max" else "plugout~ 1 2", (700, 840))
    patch.cord(gain, 0, out, 0)
    patch.cord(gain, 1, out, 1)
    if device.kind == "effect":
        source = patch.add("plugin~ 1 2", (900, 780))
        patch.cord(source, 0, out, 0)
        patch.cord(source, 1, out, 1)
    if device.kind == "instrument":
        _notes(device, gain)


def _notes(device: Device, gain: Box) -> None:
    """Notes play the sound at their pitch, each with a voice of its own."""
    patch = device.patch
    notes, parsed = patch.add("midiin", (1160, 400)), patch.add("midiparse", (1160, 430))
    midinote = patch.add("prepend midinote", (1160, 460))
    voices = patch.add(f"poly~ bridge_voice 16 @steal 1 @args {device.take}", (1160, 520))
    patch.chain(notes, parsed, midinote, voices)
    device.told("voice", voices)
    patch.cord(voices, 0, gain, 0)
    patch.cord(voices, 1, gain, 1)
    root = patch.parameter(
        "live.numbox", (1300, 400), show=(402, 101, 44, 15), name="root", valueof=knobs.of_root(), appearance=0
    )
    label(device, "root key", (352, 101, 48, 15))
    device.tell(root, 0, "root", (1300, 430))

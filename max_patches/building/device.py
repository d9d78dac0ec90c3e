"""The devices: which boxes they are made of, how those are joined, and where each is seen.

All three (audio effect, instrument, plain Max) are one patch that differs in where sound comes from and goes to, and in
who tells the tempo. What a device does is in `max_patches/live/bridge_device.js`; the patch is its hands and eyes.
"""

from __future__ import annotations

from max_patches.building import amxd, knobs, panel, sound, voice
from max_patches.building.parts import Device, label
from max_patches.building.patcher import Patcher
from max_patches.building.tables import Tables, as_javascript

TITLES = {"effect": "Bridge Effect", "instrument": "Bridge Instrument", "max": "Bridge"}


def files(tables: Tables) -> dict[str, bytes]:
    """Every generated file, by its name below `max_patches/live`."""
    built = {f"{title}.maxpat": build(kind, tables).json() for kind, title in TITLES.items()}
    texts = {
        **built,
        "bridge_voice.maxpat": voice.build().json(),
        "bridge_tables.js": as_javascript(tables),
    }
    devices = {f"{TITLES[kind]}.amxd": amxd.encode(built[f"{TITLES[kind]}.maxpat"], kind) for kind in amxd.KINDS}
    return {**{name: text.encode() for name, text in texts.items()}, **devices}


def build(kind: str, tables: Tables) -> Patcher:
    """The patch of a device: "effect", "instrument" or "max"."""
    device = Device(kind, tables)
    panel.frame(device)
    panel.words(device)
    panel.dials(device)
    panel.sounds(device)
    panel.buttons(device)
    _network(device)
    _life(device)
    _song(device)
    sound.audio(device)
    return device.patch


def _network(device: Device) -> None:
    """OSC to and from the bridge, and what is seen of it."""
    patch = device.patch
    send = patch.add("udpsend 127.0.0.1 9630", (40, 540), name="to_bridge")
    receive = patch.add("udpreceive 9650 @quiet 1 @defer 1", (40, 415), name="from_bridge")
    patch.cord(receive, 0, device.js)
    device.told("osc", send)
    device.told("port", receive)
    port = patch.parameter(
        "live.numbox", (260, 540), show=(694, 149, 50, 15), name="port", valueof=knobs.of_port(), appearance=0
    )
    whole, number = patch.add("t i", (260, 570)), patch.add("prepend port", (260, 600))  # a port is an int to udpsend
    patch.chain(port, whole, number, send)
    label(device, "port", (664, 149, 28, 15))
    lamp = label(device, "●", (6, 148, 16, 16), fontsize=12.0, textcolor=[0.5, 0.5, 0.5, 1.0])
    device.told("led", lamp)
    status = label(device, "loading ...", (22, 149, 520, 16), textjustification=0)
    device.told("status", status)
    device.told("color", status)
    bar = patch.add(
        "slider", (400, 540), show=(548, 152, 108, 9), name="progress", floatoutput=1, size=1.0, min=0.0,
        ignoreclick=1, orientation=1, thickness=100.0,
    )  # fmt: skip
    device.told("progress", bar)


def _life(device: Device) -> None:
    """When the device is loaded, and what it keeps with the set."""
    patch = device.patch
    if device.kind == "max":
        loaded, late = patch.add("loadbang", (100, 310)), patch.add("deferlow", (100, 335))
        patch.cord(loaded, 0, late)
    else:
        late = patch.add("live.thisdevice", (80, 334))
    first = patch.add("t b b", (40, 360))
    patch.cord(late, 0, first)
    rate = patch.add("dspstate~", (140, 360))
    patch.cord(first, 0, device.js)
    patch.cord(first, 1, rate)
    device.tell(rate, 1, "rate", (140, 390))
    if device.kind == "max":  # where pattr keeps its value with the patch by itself, unless it is a parameter
        kept = patch.add("pattr kept", (240, 360), name="kept")
    else:
        kept = patch.parameter("pattr kept", (240, 360), show=None, name="kept", valueof=knobs.of_kept())
    device.told("state", kept)
    device.tell(kept, 0, "state", (240, 390))


def _song(device: Device) -> None:
    """In plain Max, tempo, meter and transport are Max's own; in Live, the JavaScript watches the set."""
    if device.kind != "max":
        return
    patch = device.patch
    clock = patch.add("metro 200 @active 1", (340, 300))
    transport = patch.add("transport", (340, 330))
    patch.cord(clock, 0, transport)
    for outlet, word, left in ((4, "tempo", 340), (5, "meter", 430), (6, "transport", 520)):
        device.tell(transport, outlet, word, (left, 360))

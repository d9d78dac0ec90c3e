"""The devices: which boxes they are made of, how those are joined, and where each is seen.

All three (audio effect, instrument, plain Max) are one patch that differs in where sound comes from and goes to, and in
who tells the tempo. What a device does is in `max_patches/live/bridge_device.js`; the patch is its hands and eyes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from max_patches.building import amxd, knobs, voice
from max_patches.building.patcher import Box, Patcher, Rect
from max_patches.building.tables import MENU, Tables, as_javascript

WIDTH = 748.0
HEIGHT = 169.0
"""Of a device in Live, in pixels; the height is Live's own."""

ROUTES = (
    "osc", "port", "buffer", "menu", "status", "color", "led", "progress", "prompt", "negative", "state", "waveform",
    "region", "mono", "voice", "span", "interval", "bar", "once", "gate",
)  # fmt: skip
"""The first words of what the device's JavaScript says; each goes to one part of the patch."""

TITLES = {"effect": "Bridge Effect", "instrument": "Bridge Instrument", "max": "Bridge"}


@dataclass(slots=True)
class _Device:
    """A device that is being built: its kind, the patch, and the boxes that several parts need."""

    kind: str
    tables: Tables
    patch: Patcher = field(default_factory=lambda: Patcher(WIDTH))
    js: Box = field(init=False)
    route: Box = field(init=False)

    def __post_init__(self) -> None:
        host = "max" if self.kind == "max" else "live"
        self.js = self.patch.add(f"js bridge_device.js {host} {self.own}", (40, 445), name="device")
        self.route = self.patch.add("route " + " ".join(ROUTES), (40, 480))
        self.patch.cord(self.js, 0, self.route)

    @property
    def own(self) -> str:
        """What Live (or Max) replaces by a name of this device's own, so that several can be in one set."""
        return "#0-" if self.kind == "max" else "---"

    def told(self, word: str, sink: Box, inlet: int = 0) -> None:
        """What the JavaScript says under this word goes to that box."""
        self.patch.cord(self.route, ROUTES.index(word), sink, inlet)

    def tell(self, source: Box, outlet: int, words: str, at: tuple[float, float]) -> None:
        """What a box says goes to the JavaScript's function of that name."""
        box = self.patch.add(f"prepend {words}", at)
        self.patch.cord(source, outlet, box)
        self.patch.cord(box, 0, self.js)


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
    device = _Device(kind, tables)
    _frame(device)
    _words(device)
    _knobs(device)
    _sounds(device)
    _buttons(device)
    _network(device)
    _life(device)
    _song(device)
    _audio(device)
    return device.patch


def _label(device: _Device, text: str, show: Rect, **more: Any) -> Box:
    return device.patch.add("live.comment", (show[0] * 1.3, show[1] + 1110), show=show, text=text, **more)


def _frame(device: _Device) -> None:
    """Panels behind the three parts: what to make, how, and what came of it."""
    for number, (left, width) in enumerate(((4, 240), (248, 204), (456, 288))):
        device.patch.add(
            "panel", (left * 1.1, 960), show=(left, 4, width, 140), name=f"panel{number}", background=1, rounded=4,
            mode=0, bgfillcolor_type="color", bgfillcolor_color=[0.16, 0.17, 0.19, 1.0], ignoreclick=1,
        )  # fmt: skip


def _words(device: _Device) -> None:
    """The prompt, what should not be heard, the task and its length's unit, and the buttons that start and stop."""
    patch = device.patch
    texts = {}
    for name, rect, hint in (
        ("prompt", (10, 23, 228, 42), "what should be heard; Return or Render takes it"),
        ("negative", (40, 70, 198, 20), "what should not be heard"),
    ):  # fmt: skip
        box = patch.add(
            "textedit", (rect[0], 40 if name == "prompt" else 100), show=rect, name=name, keymode=1, outputmode=1,
            hint=hint, bgcolor=[0.1, 0.1, 0.11, 1.0], textcolor=[0.95, 0.95, 0.95, 1.0], text="", lines=0,
            border=0.5, wordwrap=1,
        )  # fmt: skip
        device.tell(box, 0, name, (rect[0] + 240, 40 if name == "prompt" else 100))
        device.told(name, box)
        texts[name] = box
    _label(device, "what should be heard", (10, 8, 160, 14))
    _label(device, "not", (10, 73, 26, 14))
    info = "what to do; all but generate and loop need a sound: a take, the selected clip, or a file"
    task = patch.parameter(
        "live.menu", (10, 150), show=(10, 98, 84, 16), name="task", valueof=knobs.of_choices("Task", MENU, 0, info)
    )
    device.tell(task, 0, "task", (10, 180))
    info = "whether the length is given in seconds, or in bars at the set's tempo"
    unit = patch.parameter(
        "live.tab", (130, 150), show=(98, 98, 140, 16), name="unit",
        valueof=knobs.of_choices("Length", ("seconds", "bars"), 1, info), num_lines_patching=1,
        num_lines_presentation=1,
    )  # fmt: skip
    device.tell(unit, 0, "unit", (130, 180))
    start = _button(device, "Render", (10, 120, 148, 20), (10, 220), "make it", tell="")
    both = patch.add("t b b b", (10, 280))
    render = patch.add("message", (10, 310), text="render")
    patch.chain(start, both, render, device.js)
    patch.cord(both, 1, texts["prompt"])  # what was typed without a Return counts, too
    patch.cord(both, 2, texts["negative"])
    _button(device, "Cancel", (162, 120, 76, 20), (170, 220), "stop what this device has asked for", tell="cancel")


def _button(
    device: _Device, text: str, show: Rect, at: tuple[float, float], info: str, *, tell: str, name: str = ""
) -> Box:
    """A button that MIDI can be mapped to; `tell` is the message that the JavaScript gets, if any."""
    long = name or text
    box = device.patch.parameter(
        "live.text", at, show=show, name=long.lower(), mode=0, text=text, texton=text,
        valueof=knobs.of_choices(long, ("off", "on"), 0, info),
    )  # fmt: skip
    bang = device.patch.add("t b", (at[0], at[1] + 28))
    device.patch.cord(box, 0, bang)
    if tell:
        message = device.patch.add("message", (at[0], at[1] + 56), text=tell)
        device.patch.chain(bang, message, device.js)
    return bang


def _switch(device: _Device, long: str, texts: tuple[str, str], show: Rect, at: tuple[float, float], info: str,
            tell: str) -> Box:  # fmt: skip
    box = device.patch.parameter(
        "live.text", at, show=show, name=tell, mode=1, text=texts[0], texton=texts[1],
        valueof=knobs.of_choices(long, ("off", "on"), 0, info),
    )  # fmt: skip
    device.tell(box, 0, tell, (at[0], at[1] + 28))
    return box


def _knobs(device: _Device) -> None:
    """A dial for each row of `knobs.DIALS`, and the quality."""
    params = device.tables.params
    for number, knob in enumerate(knobs.DIALS):
        left, top = 254.0 + 48 * (number % 4), 6.0 + 50 * (number // 4)
        at = (520.0 + 140 * (number % 4), 20.0 + 130 * (number // 4))
        row = params[knob.param]
        dial = device.patch.parameter(
            "live.dial", at, show=(left, top, 46, 48), name=knob.param, valueof=knobs.of_knob(knob, row),
            annotation=f"{row.help} ({row.low:g} to {row.high:g})",
        )  # fmt: skip
        device.tell(dial, 0, f"param {knob.param}", (at[0], at[1] + 58))
    info = "off: the model's own steps and guidance for the quality; on: those of the two knobs"
    _switch(device, "By hand", ("by model", "by hand"), (352, 68, 94, 16), (1080, 40), info, "byhand")
    info = "on: the seed of the sound that is shown, so that the next one differs by nothing but what you change"
    _switch(device, "Hold seed", ("new seed", "hold seed"), (352, 88, 94, 16), (1190, 40), info, "hold")
    row = params["quality"]
    quality = device.patch.parameter(
        "live.tab", (1300, 40), show=(254, 122, 192, 16), name="quality",
        valueof=knobs.of_choices("Quality", row.choices, row.choices.index(str(row.default)), row.help),
        num_lines_patching=1, num_lines_presentation=1,
    )  # fmt: skip
    device.tell(quality, 0, "choice quality", (1300, 100))
    names = [params[knob.param].name.capitalize() for knob in knobs.DIALS]
    device.patch.bank = [*names, "Play", "Render"]


def _sounds(device: _Device) -> None:
    """The list of takes, and the waveform of the one that is shown, in which a region can be drawn."""
    patch = device.patch
    menu = patch.add("umenu", (520, 300), show=(462, 10, 178, 18), name="sounds", items=["no sound yet"], truncate=2)
    device.told("menu", menu)
    device.tell(menu, 0, "choose", (520, 330))
    for text, name, left, by in (("<", "Previous", 642, -1), (">", "Next", 662, 1)):
        _button(device, text, (left, 10, 18, 18), (720 + 4 * (left - 642), 300), f"the {name.lower()} sound",
                tell=f"step {by}", name=name)  # fmt: skip
    buffer = patch.add(f"buffer~ {device.own}take 100 2", (880, 250), name="take")
    device.told("buffer", buffer)
    read = patch.add("message", (880, 280), text="read")
    patch.cord(buffer, 1, read)
    patch.cord(read, 0, device.js)
    wave = patch.add(
        "waveform~", (880, 120), show=(462, 32, 218, 62), name="waveform", buffername=f"{device.own}take", setmode=1,
        bgcolor=[0.1, 0.1, 0.11, 1.0], waveformcolor=[1.0, 0.71, 0.2, 1.0], selectioncolor=[0.35, 0.6, 0.9, 0.5],
        labels=0, ticks=0, vticks=0,
    )  # fmt: skip
    device.told("waveform", wave)
    device.told("region", wave, 2)
    span = patch.add("pack 0. 0.", (880, 190))
    patch.cord(wave, 2, span, 0)
    patch.cord(wave, 3, span, 1)
    device.tell(span, 0, "region", (880, 220))
    drop = patch.parameter(
        "live.drop", (1100, 160), show=(642, 98, 38, 18), name="drop", legend="file", valueof={
            "parameter_longname": "File", "parameter_shortname": "File", "parameter_type": knobs.BLOB,
            "parameter_invisible": knobs.STORED_ONLY,
        },
    )  # fmt: skip
    device.tell(drop, 0, "drop", (1100, 190))


def _buttons(device: _Device) -> None:
    """Playing, and what is done with the sound that is shown."""
    _switch(device, "Play", ("play", "playing"), (462, 98, 58, 18), (1180, 160), "play the sound, in time", "play")
    info = "loop: in time with the song, over and over; once: at the next bar"
    mode = device.patch.parameter(
        "live.tab", (1260, 160), show=(524, 98, 114, 18), name="mode",
        valueof=knobs.of_choices("Mode", ("once", "loop"), 1, info), num_lines_patching=1, num_lines_presentation=1,
    )  # fmt: skip
    device.tell(mode, 0, "mode", (1260, 190))
    rows = [("Show", "reveal", "open the folder of the file, to drag it from there")]
    if device.kind != "max":
        rows = [
            ("Get clip", "clip", "take the audio clip that is selected in Live as the sound to edit"),
            ("To slot", "place", "put the sound into the clip slot that is highlighted in Live, or the next empty one"),
            ("To song", "arrange", "put the sound into the arrangement, on the selected track, where the song is"),
            *rows,
        ]
    for number, (text, tell, info) in enumerate(rows):
        show = (462.0 + 55 * number, 120.0, 53.0, 18.0)
        _button(device, text, show, (1100 + 70 * number, 300), info, tell=tell)


def _network(device: _Device) -> None:
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
    number = patch.add("prepend port", (260, 570))
    patch.chain(port, number, send)
    _label(device, "port", (664, 149, 28, 15))
    lamp = _label(device, "●", (6, 148, 16, 16), fontsize=12.0, textcolor=[0.5, 0.5, 0.5, 1.0])
    device.told("led", lamp)
    status = _label(device, "loading ...", (22, 149, 520, 16), textjustification=0)
    device.told("status", status)
    device.told("color", status)
    bar = patch.add(
        "slider", (400, 540), show=(548, 152, 108, 9), name="progress", floatoutput=1, size=1.0, min=0.0,
        ignoreclick=1, orientation=1, thickness=100.0,
    )  # fmt: skip
    device.told("progress", bar)


def _life(device: _Device) -> None:
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
    kept = patch.parameter("pattr kept", (240, 360), show=None, name="kept", valueof=knobs.of_kept())
    device.told("state", kept)
    device.tell(kept, 0, "state", (240, 390))


def _song(device: _Device) -> None:
    """In plain Max, tempo, meter and transport are Max's own; in Live, the JavaScript watches the set."""
    if device.kind != "max":
        return
    patch = device.patch
    clock = patch.add("metro 200 @active 1", (340, 300))
    transport = patch.add("transport", (340, 330))
    patch.cord(clock, 0, transport)
    for outlet, word, left in ((4, "tempo", 340), (5, "meter", 430), (6, "transport", 520)):
        device.tell(transport, outlet, word, (left, 360))


def _audio(device: _Device) -> None:
    """Sound: a loop that the transport drives, one shot from a bar on, and in the instrument voices for notes."""
    patch, take = device.patch, f"{device.own}take"
    phase = patch.add("phasor~ 1n @lock 1", (800, 440))
    loop = patch.add(f"wave~ {take} 0. 0. 2", (800, 480))
    device.told("interval", phase)
    device.told("span", loop)
    patch.cord(phase, 0, loop)
    fade = patch.add("pack 0 8", (940, 440))  # 8 ms, so that no start or stop clicks
    ramp = patch.add("line~", (940, 480))
    device.told("gate", fade)
    patch.chain(fade, ramp)
    once = _once(device, take)
    mono = patch.add("*~ 0.", (760, 600))
    mixed = [patch.add("+~", (700 + 120 * side, 560)) for side in (0, 1)]
    for side in (0, 1):
        gate = patch.add("*~", (700 + 80 * side, 520))
        patch.cord(loop, side, gate)
        patch.cord(ramp, 0, gate, 1)
        patch.cord(gate, 0, mixed[side])
        patch.cord(once, side, mixed[side], 1)
    right = patch.add("+~", (820, 630))  # a sound with one channel is heard on both sides
    device.told("mono", mono, 1)
    patch.cord(mixed[0], 0, mono)
    patch.cord(mixed[1], 0, right)
    patch.cord(mono, 0, right, 1)
    _out(device, mixed[0], right)


def _once(device: _Device, take: str) -> Box:
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
    return player


def _out(device: _Device, left: Box, right: Box) -> None:
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


def _notes(device: _Device, gain: Box) -> None:
    """Notes play the sound at their pitch, each with a voice of its own."""
    patch = device.patch
    notes, parsed = patch.add("midiin", (1160, 400)), patch.add("midiparse", (1160, 430))
    midinote = patch.add("prepend midinote", (1160, 460))
    voices = patch.add(f"poly~ bridge_voice 16 @steal 1 @args {device.own}take", (1160, 520))
    patch.chain(notes, parsed, midinote, voices)
    device.told("voice", voices)
    patch.cord(voices, 0, gain, 0)
    patch.cord(voices, 1, gain, 1)
    root = patch.parameter(
        "live.numbox", (1300, 400), show=(310, 106, 40, 15), name="root", valueof=knobs.of_root(), appearance=0
    )
    _label(device, "root key", (258, 106, 50, 15))
    device.tell(root, 0, "root", (1300, 430))

"""What is seen of a device and touched: texts, knobs, the list of sounds, the waveform, buttons."""

from __future__ import annotations

from max_patches.building import knobs
from max_patches.building.parts import Device, label
from max_patches.building.patcher import Box, Rect
from max_patches.building.tables import MENU


def frame(device: Device) -> None:
    """Panels behind the three parts: what to make, how, and what came of it."""
    for number, (left, width) in enumerate(((4, 240), (248, 204), (456, 288))):
        device.patch.add(
            "panel", (left * 1.1, 960), show=(left, 4, width, 140), name=f"panel{number}", background=1, rounded=4,
            mode=0, bgfillcolor_type="color", bgfillcolor_color=[0.16, 0.17, 0.19, 1.0], ignoreclick=1,
        )  # fmt: skip


def words(device: Device) -> None:
    """The prompt, or a preset, what should not be heard, the task and its length's unit, and the buttons that start and
    stop."""
    patch = device.patch
    texts = {}
    for name, rect, hint in (
        ("prompt", (10, 23, 228, 42), "what should be heard; Return or Render takes it"),
        ("negative", (40, 70, 198, 20), "what should not be heard"),
    ):  # fmt: skip
        box = patch.add(
            "textedit", (rect[0], 40 if name == "prompt" else 100), show=rect, name=name, keymode=1, outputmode=1,
            hint=hint, bgcolor=[0.1, 0.1, 0.11, 1.0], textcolor=[0.95, 0.95, 0.95, 1.0], text="",
            border=0.5, wordwrap=1, nosymquotes=1,  # what the set kept comes as one word with blanks
        )  # fmt: skip
        device.tell(box, 0, name, (rect[0] + 240, 40 if name == "prompt" else 100))
        device.told(name, box)
        texts[name] = box
    label(device, "what should be heard", (10, 8, 112, 14))
    menu = patch.add("umenu", (1500, 160), show=(126, 6, 112, 16), name="presets", items=["presets"], truncate=2)
    device.told("presets", menu)
    device.tell(menu, 0, "preset", (1500, 190))
    label(device, "not", (10, 73, 26, 14))
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
    device: Device, text: str, show: Rect, at: tuple[float, float], info: str, *, tell: str, name: str = ""
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


def _switch(device: Device, long: str, texts: tuple[str, str], show: Rect, at: tuple[float, float], info: str,
            tell: str) -> Box:  # fmt: skip
    box = device.patch.parameter(
        "live.text", at, show=show, name=tell, mode=1, text=texts[0], texton=texts[1],
        valueof=knobs.of_choices(long, ("off", "on"), 0, info),
    )  # fmt: skip
    device.tell(box, 0, tell, (at[0], at[1] + 28))
    return box


def dials(device: Device) -> None:
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
    _switch(device, "By hand", ("by model", "by hand"), (352, 60, 94, 16), (1080, 40), info, "byhand")
    info = "on: the seed of the sound that is shown, so that the next one differs by nothing but what you change"
    _switch(device, "Hold seed", ("new seed", "hold seed"), (352, 80, 94, 16), (1190, 40), info, "hold")
    row = params["quality"]
    quality = device.patch.parameter(
        "live.tab", (1300, 40), show=(254, 122, 192, 16), name="quality",
        valueof=knobs.of_choices("Quality", row.choices, row.choices.index(str(row.default)), row.help),
        num_lines_patching=1, num_lines_presentation=1,
    )  # fmt: skip
    device.tell(quality, 0, "choice quality", (1300, 100))
    names = [params[knob.param].name.capitalize() for knob in knobs.DIALS]
    device.patch.bank = [*names, "Play", "Render"]


def sounds(device: Device) -> None:
    """The list of takes, and the waveform of the one that is shown, in which a region can be drawn."""
    patch = device.patch
    menu = patch.add("umenu", (520, 300), show=(462, 10, 178, 18), name="sounds", items=["no sound yet"], truncate=2)
    device.told("menu", menu)
    device.tell(menu, 0, "choose", (520, 330))
    for text, name, left, by in (("<", "Previous", 642, -1), (">", "Next", 662, 1)):
        _button(device, text, (left, 10, 18, 18), (720 + 4 * (left - 642), 300), f"the {name.lower()} sound",
                tell=f"step {by}", name=name)  # fmt: skip
    buffer = patch.add(f"buffer~ {device.take} 100", (880, 250), name="take")
    device.told("buffer", buffer)
    read = patch.add("message", (880, 280), text="read")
    patch.cord(buffer, 1, read)
    patch.cord(read, 0, device.js)
    wave = patch.add(
        "waveform~", (880, 120), show=(462, 32, 218, 62), name="waveform", buffername=device.take, setmode=1,
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
        "live.drop", (1100, 160), show=(642, 98, 38, 18), name="drop", legend="file", valueof=knobs.of_file()
    )
    device.tell(drop, 0, "drop", (1100, 190))


def buttons(device: Device) -> None:
    """Playing, and what is done with the sound that is shown."""
    info = "play the sound, in time"
    play = _switch(device, "Play", ("play", "playing"), (462, 98, 58, 18), (1180, 160), info, "play")
    device.told("playing", play)
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
    each = 220.0 / len(rows)
    for number, (text, tell, info) in enumerate(rows):
        show = (462.0 + each * number, 120.0, each - 2, 18.0)
        _button(device, text, show, (1100 + 70 * number, 300), info, tell=tell)

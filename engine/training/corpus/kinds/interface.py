"""Games, telephones, radios and records: the sounds that machines make at people."""

from __future__ import annotations

import numpy as np

from engine.training.corpus.draw import Draw, kind
from engine.training.corpus.kinds._electronic import (
    RATE,
    Samples,
    band,
    clock,
    crush,
    drive,
    edges,
    fall,
    hertz,
    hiss,
    moving_filter,
    normal,
    partials,
    place,
    pulse,
    saw,
    sine,
    wander,
)

_MORSE = ("... --- ...", "-.-. --.-", "-.. .", "...- ...-", "--. --- -.", ".-- .-. .", "-. ..- .-..", "--.. .- -.--")


@kind(
    "radio static",
    group="interface",
    phrases=("radio static", "radio interference", "detuned radio"),
    sustained=True,
)
def radio_static(draw: Draw) -> Samples:
    """Between the stations: narrow flickering noise, crackle, and a heterodyne whistle sliding by."""
    noise = hiss(draw.rng, draw.frames)
    flicker = 10.0 ** wander(draw.rng, draw.frames, 11.0, 0.35)
    centre = draw.uniform(1100.0, 1900.0) * 2.0 ** wander(draw.rng, draw.frames, 0.8, 0.7)
    hissing = normal(moving_filter(noise, centre, 0.9, 1, "band") * flicker)
    pops = (draw.rng.random(draw.frames) < 25.0 / RATE) * draw.rng.standard_normal(draw.frames) * 3.0
    crackle = normal(band(pops, 400.0, 4500.0))
    whistle = draw.attribute("character", {"whistling": (0.16, 0.3), "crackling": (0.02, 0.04)}, chance=0.6)
    curve = draw.uniform(600.0, 1500.0) * 2.0 ** wander(draw.rng, draw.frames, 0.7, 1.4)
    fading = np.clip(wander(draw.rng, draw.frames, 0.8, 1.0), 0.0, 1.0) + 0.15
    pop_level = 0.5 if whistle > 0.1 else 1.0
    return band(hissing + whistle * sine(curve) * fading + pop_level * crackle, 300.0, 4200.0, 3)


@kind("coin pickup", group="interface", phrases=("coin pickup", "video game coin", "8-bit coin"))
def coin_pickup(draw: Draw) -> Samples:
    """The arcade reward: a very short square-wave note and, at once, a longer one a fourth or more above."""
    note = draw.attribute("pitch", {"low": (76.0, 80.0), "high": (86.0, 91.0)}, chance=0.5)
    first, leap = draw.uniform(0.055, 0.085), draw.choose((5, 5, 7, 4, 12))
    last = draw.uniform(0.45, 0.75)
    width = draw.choose((0.5, 0.25, 0.125))
    out = np.zeros(round((first + last + 0.02) * RATE))
    for at, length, pitch in ((0.0, first, round(note)), (first, last, round(note) + leap)):
        time = clock(length)
        level = np.linspace(1.0, 0.85, time.size) if at == 0.0 else np.round(fall(time, length * 1.6) * 15) / 15
        place(out, edges(pulse(np.full(time.size, float(hertz(pitch))), width) * level, 0.001, 0.004), at)
    count = int(draw.attribute("count", {"single": 1, "repeated": 3}, chance=0.5))
    gap = draw.uniform(0.3, 0.45)
    series = np.zeros(round((count - 1) * gap * RATE) + out.size)
    for index in range(count):
        begin, stop = round(index * gap * RATE), round((index + 1) * gap * RATE) if index < count - 1 else None
        series[begin:stop] = out[: series[begin:stop].size]
    return edges(series, 0.001, 0.01)


@kind("error buzzer", group="interface", phrases=("error buzzer", "wrong answer buzzer", "game show buzzer"))
def error_buzzer(draw: Draw) -> Samples:
    """No! — a harsh low reed of clashing square and saw waves, once long or twice short."""
    pitch = draw.attribute("pitch", {"low": (82.0, 105.0), "high": (165.0, 210.0)}, chance=0.6)
    twice = draw.attribute("count", {"single": 0.0, "double": 1.0}, chance=0.6)
    length = draw.uniform(0.16, 0.24) if twice else draw.uniform(0.6, 1.1)
    time = clock(length)
    clash = draw.choose((1.01, 1.06, 1.41))
    reed = pulse(np.full(time.size, pitch), 0.35) + 0.8 * saw(np.full(time.size, pitch * clash))
    reed = edges(band(drive(reed, 2.0), 90.0, 6500.0, 1), 0.003, 0.015)
    gap = length + draw.uniform(0.05, 0.09)
    out = np.zeros(round((gap + length if twice else length) * RATE) + 8)
    place(out, reed, 0.0)
    if twice:
        place(out, reed, gap)
    return out


@kind(
    "notification chime",
    group="interface",
    phrases=("notification chime", "phone notification", "message alert chime"),
)
def notification_chime(draw: Draw) -> Samples:
    """Two to four soft, round, bell-like notes in consonant steps, each ringing over the next."""
    count = int(draw.attribute("count", {"two-note": 2, "three-note": 3}, chance=0.4))
    root = draw.integer(74, 81)
    steps = {2: ((0, 5), (0, 7), (4, 0), (0, 4)), 3: ((0, 4, 7), (0, 7, 12), (7, 4, 12), (0, 5, 9))}[count]
    gap = draw.attribute("speed", {"quick": (0.09, 0.12), "slow": (0.2, 0.28)}, chance=0.5)
    out = np.zeros(round((count * gap + 1.3) * RATE))
    metal = draw.uniform(0.4, 1.4)
    for index, step in enumerate(draw.choose(steps)):
        time = clock(draw.uniform(0.9, 1.2))
        frequency = float(hertz(root + step))
        modulator = metal * np.sin(2.0 * np.pi * frequency * 4.0 * time) * fall(time, 0.25)
        note = np.sin(2.0 * np.pi * frequency * time + modulator) * fall(time, time[-1] * 1.1)
        place(out, edges(note, 0.004, 0.05), index * gap)
    return out


@kind("vinyl crackle", group="interface", phrases=("vinyl crackle", "record crackle", "vinyl noise"), sustained=True)
def vinyl_crackle(draw: Draw) -> Samples:
    """The empty groove: fine dust ticks, louder pops, low rumble, and one scratch that comes round each 1.8 s."""
    dust = draw.attribute("intensity", {"light": (22.0, 35.0), "heavy": (110.0, 170.0)})
    rng, frames = draw.rng, draw.frames
    ticks = (rng.random(frames) < dust / RATE) * rng.lognormal(0.0, 0.7, frames) * rng.choice((-1.0, 1.0), frames)
    turn = 1.8 if draw.chance(0.8) else 1.333
    start = draw.uniform(0.1, turn)
    for at in np.arange(start, draw.seconds, turn):
        for offset in (0.0, 0.012, 0.031):
            ticks[min(frames - 1, round((at + offset) * RATE))] += draw.uniform(5.0, 9.0)
    crackle = band(ticks, 900.0, 12000.0, 1) + 0.5 * band(ticks, 250.0, 1200.0, 1)
    surface = 0.014 * normal(band(hiss(rng, frames), 600.0, 9000.0, 1))
    rumble = 0.05 * normal(band(hiss(rng, frames), 18.0, 70.0))
    hum = 0.006 * partials(rng, (50.0, 100.0, 150.0), (1.0, 0.6, 0.3), frames)
    return normal(crackle) + surface + rumble + hum


@kind(
    "dial tone",
    group="interface",
    phrases=("dial tone", "telephone dial tone", "phone off the hook tone"),
    sustained=True,
    spaces=False,
)
def dial_tone(draw: Draw) -> Samples:
    """The line is free: two steady tones (350 + 440 Hz, or 425 Hz with its beat) in the telephone's narrow band."""
    low, high = draw.choose(((350.0, 440.0), (350.0, 440.0), (400.0, 450.0), (350.0, 450.0)))
    drift = draw.uniform(0.985, 1.015)
    tone = partials(draw.rng, (low * drift, high * drift), (1.0, draw.uniform(0.7, 1.0)), draw.frames)
    bent = drive(tone, draw.uniform(0.4, 1.4))
    line = band(hiss(draw.rng, draw.frames), 300.0, 3400.0)
    return edges(bent + draw.uniform(0.003, 0.015) * line, 0.002, 0.005)


@kind("morse code", group="interface", phrases=("morse code", "telegraph morse", "morse signal"), sustained=True)
def morse_code(draw: Draw) -> Samples:
    """One tone keyed in dots and dashes (a dash is three dots, as the code has it), on a hissing short-wave band."""
    dot = draw.attribute("speed", {"slow": (0.085, 0.11), "fast": (0.042, 0.055)})
    pitch = draw.attribute("pitch", {"low": (480.0, 600.0), "high": (850.0, 1050.0)}, chance=0.6)
    gate = np.zeros(draw.frames)
    at = 0.0
    while at < draw.seconds:
        for sign in draw.choose(_MORSE):
            length = {".": 1, "-": 3, " ": 0}[sign] * dot
            if length:
                place(gate, edges(np.ones(round(length * RATE)), 0.004, 0.004), at)
            at += length + (2 * dot if sign == " " else dot)
        at += 2 * dot
    noise = draw.uniform(0.0, 0.05) * band(hiss(draw.rng, draw.frames), 300.0, 2500.0)
    return sine(np.full(draw.frames, pitch)) * gate + noise


@kind("record scratch", group="interface", phrases=("record scratch", "vinyl scratch", "turntable scratch"))
def record_scratch(draw: Draw) -> Samples:
    """A hand pushes the record to and fro: the groove's sound swoops up and down in pitch with every stroke."""
    moves = int(draw.attribute("count", {"single": 3, "repeated": 8}, chance=0.4))
    speed = draw.attribute("speed", {"slow": (0.2, 0.27), "fast": (0.1, 0.14)}, chance=0.6)
    strokes = [clock(speed * draw.uniform(0.8, 1.25)) for _ in range(moves)]
    hand = [np.sin(np.linspace(0.0, 3.1415, time.size)) ** 0.7 * draw.uniform(1.4, 2.6) for time in strokes]
    velocity = np.concatenate([stroke * (-1) ** index for index, stroke in enumerate(hand)])
    source = _groove(draw, 3.0)
    place_in_groove = np.abs(RATE + np.cumsum(velocity)) % (source.size - 1)
    played = np.interp(place_in_groove, np.arange(source.size), source)
    loudness = np.abs(velocity) / np.max(np.abs(velocity))
    friction = moving_filter(hiss(draw.rng, velocity.size), 500.0 + 2600.0 * loudness, 2.5, 1, "band")
    return edges(normal(played) * loudness + 0.35 * normal(friction * loudness), 0.001, 0.02)


def _groove(draw: Draw, length: float) -> Samples:
    """What is cut in the record under the needle: a buzzing, voice-like tone ("ahh", "fresh") with some breath."""
    time = clock(length)
    pitch = draw.uniform(170.0, 300.0) * 2.0 ** wander(draw.rng, time.size, 3.0, 0.15)
    buzz = saw(pitch)
    voice = sum(normal(band(buzz, centre * 0.88, centre * 1.12, 1)) for centre in (730.0, 1250.0, 2600.0))
    noise = normal(band(hiss(draw.rng, time.size), 1500.0, 7000.0))
    return normal(np.asarray(voice)) + draw.uniform(0.15, 0.4) * crush(noise, 2, 8.0)

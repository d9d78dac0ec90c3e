"""Science fiction and cinema: zaps, saucers, transporters, trailer brass."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.training.corpus.draw import Draw, kind
from engine.training.corpus.kinds._electronic import (
    RATE,
    Samples,
    band,
    clock,
    crush,
    detuned_saws,
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
    sweep,
    turns,
    wander,
)


@kind("braam", group="scifi", phrases=("braam", "trailer braam", "cinematic brass hit"))
def braam(draw: Draw) -> Samples:
    """The trailer blast: massed low brass-like saws, overdriven, whose filter snarls open and slowly closes."""
    root = draw.integer(26, 33)
    length = min(draw.uniform(2.2, 3.2), draw.seconds)
    time = clock(length)
    chord = (root, root + 12, root + 12, root + 19, root + 24)
    sound = detuned_saws(draw.rng, chord, 4, draw.uniform(10.0, 20.0), 0.85, time.size)
    growl = 1.0 + 0.25 * sine(np.full(time.size, draw.uniform(18.0, 30.0))) * np.exp(-time / 0.5)
    opening = np.minimum(time / draw.uniform(0.06, 0.2), 1.0) * np.exp(-time / draw.uniform(0.7, 1.1))
    sound = drive(moving_filter(normal(sound) * growl, 180.0 + draw.uniform(2400.0, 4200.0) * opening, 1.6, 2), 5.0)
    impact = sine(sweep(95.0, 32.0, time.size, 0.4)) * fall(time, 1.2)
    envelope = np.where(time < 0.9, 1.0, np.exp(-(time - 0.9) / draw.uniform(0.5, 0.8)))
    grit = draw.attribute("intensity", {"huge": (1.6, 2.4), "restrained": (0.5, 0.8)}, chance=0.5)
    return edges(band(drive(normal(sound) * envelope + 0.5 * impact, grit), 24.0, None), 0.012, 0.4)


@kind("theremin", group="scifi", phrases=("theremin", "theremin melody", "eerie theremin"), sustained=True)
def theremin(draw: Draw) -> Samples:
    """One gliding voice, never a break between the notes, with the hand's wide vibrato of 5 to 7 Hz."""
    base = draw.attribute("pitch", {"low": (50.0, 56.0), "high": (67.0, 73.0)}, chance=0.6)
    count = draw.integer(5, 8)
    notes = round(base) + np.array([draw.choose((0, 3, 5, 7, 8, 12, -4, 2)) for _ in range(count)])
    edges_at = np.linspace(0.0, draw.seconds, count + 1)[1:-1] + draw.rng.uniform(-0.15, 0.15, count - 1)
    time = clock(draw.seconds)
    curve = np.full(time.size, float(notes[0]))
    for at, step in zip(edges_at, np.diff(notes), strict=True):
        curve += step / (1.0 + np.exp(-(time - at) / draw.uniform(0.035, 0.07)))
    vibrato = draw.uniform(0.3, 0.6) * (0.8 + wander(draw.rng, time.size, 1.0, 0.2))
    curve += vibrato * sine(np.full(time.size, draw.uniform(5.0, 6.8)) + wander(draw.rng, time.size, 1.0, 0.3))
    phase = 2.0 * np.pi * turns(hertz(curve))
    colour = draw.uniform(0.12, 0.35)
    levels = (1.0, colour, colour**1.5, colour**2)
    tone = np.sum([level * np.sin((k + 1) * phase) for k, level in enumerate(levels)], axis=0)
    return edges(tone * (0.75 + wander(draw.rng, time.size, 1.2, 0.25)), 0.06, 0.06)


@kind("laser", group="scifi", phrases=("laser", "laser zap", "laser blaster", "ray gun"))
def laser(draw: Draw) -> Samples:
    """A blaster: pitch dives several octaves within a few tenths of a second; alone or in a volley."""
    length = draw.attribute("speed", {"quick": (0.12, 0.2), "long": (0.4, 0.7)}, chance=0.6)
    shots = int(draw.attribute("count", {"single": 1, "rapid": 7, "triple": 3}, chance=0.6))
    start, end = draw.log_uniform(3000.0, 7500.0), draw.log_uniform(110.0, 320.0)
    waves: tuple[Callable[[np.ndarray], np.ndarray], ...] = (saw, sine, pulse)
    wave = draw.choose(waves)
    gap = draw.uniform(0.13, 0.22) if shots > 3 else draw.uniform(0.25, 0.45)
    out = np.zeros(round(((shots - 1) * gap + length + 0.15) * RATE))
    for index in range(shots):
        time = clock(length)
        curve = sweep(start * draw.uniform(0.93, 1.07), end, time.size, draw.uniform(0.6, 0.8))
        zap = wave(curve) + 0.4 * sine(curve * 1.5)
        burst = band(hiss(draw.rng, time.size), 2000.0, None) * fall(time, 0.03)
        shot = edges(zap * fall(time, length * 1.6) + 0.3 * burst, 0.001, 0.02)
        place(out, shot, index * gap, draw.uniform(0.85, 1.0))
    return out


@kind("ufo", group="scifi", phrases=("ufo", "flying saucer", "alien spaceship"), sustained=True)
def ufo(draw: Draw) -> Samples:
    """A saucer hovering: a whining tone warbled several times a second over a wide range, with a ring-modulated hum."""
    warble = draw.attribute("speed", {"slow": (3.0, 4.2), "fast": (8.0, 12.0)})
    centre = draw.attribute("pitch", {"low": (260.0, 360.0), "high": (750.0, 1100.0)}, chance=0.6)
    time = clock(draw.seconds)
    rate = warble * 2.0 ** wander(draw.rng, time.size, 0.5, 0.15)
    swing = draw.uniform(0.45, 0.8) * sine(rate)
    curve = centre * 2.0 ** (swing + wander(draw.rng, time.size, 0.5, 0.35))
    tone = sine(curve) + 0.35 * sine(curve * 2.01) + 0.18 * sine(curve * 3.02)
    hum = sine(np.full(time.size, centre * 0.37)) * sine(rate * 6.0)
    return edges(tone * (0.85 + 0.15 * sine(rate * 2.0)) + 0.3 * hum, 0.01, 0.02)


@kind("teleport", group="scifi", phrases=("teleport", "teleporter", "transporter beam"))
def teleport(draw: Draw) -> Samples:
    """Hundreds of glints that climb in pitch and crowd together over a rising whine, then vanish."""
    length = draw.attribute("speed", {"quick": (1.0, 1.3), "slow": (1.9, 2.3)}, chance=0.6)
    rising = draw.chance(0.8)
    time = clock(length)
    low, high = draw.uniform(350.0, 600.0), draw.uniform(6000.0, 9000.0)
    path = sweep(low, high, time.size, 0.9) if rising else sweep(high, low, time.size, 1.1)
    out = np.zeros(time.size)
    grain_time = clock(0.09)
    for at in np.sort(draw.rng.random(130) ** 0.8) * (length - 0.1):
        note = path[int(at * RATE)] * 2.0 ** (draw.rng.integers(-8, 9) / 12.0)
        grain = np.sin(2.0 * np.pi * note * grain_time) * fall(grain_time, 0.09)
        place(out, grain, at, draw.uniform(0.3, 1.0))
    shimmer = sine(sweep(9.0, 30.0, time.size))
    whine = sine(path * 0.5 * (1.0 + 0.02 * shimmer)) * (0.6 + 0.4 * shimmer)
    swell = np.sin(np.pi * np.clip(time / length, 0.03, 1.0) ** 1.3) + 0.1
    air = moving_filter(hiss(draw.rng, time.size), path, 3.0, 1, "band")
    return edges((normal(out) + 0.35 * whine + 0.3 * normal(air)) * swell, 0.004, 0.12)


@kind(
    "computer beeps",
    group="scifi",
    phrases=("computer beeps", "sci-fi computer beeps", "robot beeping"),
    sustained=True,
)
def computer_beeps(draw: Draw) -> Samples:
    """A talkative machine: short pure blips of ever changing pitch on a quick irregular grid."""
    step = draw.attribute("speed", {"slow": (0.13, 0.16), "fast": (0.06, 0.08)})
    wave = draw.choose(("sine", "pulse"))
    notes = 84 + np.array([-12, -7, -3, 0, 2, 4, 7, 9, 12, 16, 19])
    out = np.zeros(draw.frames)
    for index in range(int(draw.seconds / step) + 1):
        if index and draw.chance(0.22):
            continue
        time = clock(step * draw.choose((0.5, 0.8, 0.8)))
        start = float(hertz(draw.choose(list(notes))))
        curve = sweep(start, start * draw.choose((1.0, 1.0, 1.0, 1.35, 0.75)), time.size)
        blip = sine(curve) if wave == "sine" else 0.7 * band(pulse(curve), None, 8000.0)
        place(out, edges(blip, 0.003, 0.006), index * step, draw.uniform(0.7, 1.0))
    return out


@kind("glitch", group="scifi", phrases=("glitch", "digital glitch", "glitching audio"), sustained=True)
def glitch(draw: Draw) -> Samples:
    """Data gone wrong: hard-cut shards of crushed noise, buzz and zips, some stuttering like a jammed buffer."""
    shortest = draw.attribute("speed", {"rapid": (0.012, 0.02), "slow": (0.04, 0.06)}, chance=0.5)
    pieces: list[Samples] = []
    total = 0
    while total < draw.frames:
        piece = _shard(draw, draw.log_uniform(shortest, shortest * 6.0))
        repeats = draw.choose((1, 1, 2, 4, 8))
        cut = np.tile(piece[: max(240, piece.size // draw.choose((1, 1, 2)))], repeats) * draw.uniform(0.5, 1.0)
        pause = np.zeros(round(draw.choose((0.0, 0.0, 0.0, 0.03, 0.09)) * RATE))
        pieces += [cut, pause]
        total += cut.size + pause.size
    return band(np.concatenate(pieces)[: draw.frames], 20.0, None, 1)


def _shard(draw: Draw, length: float) -> Samples:
    """One shard of digital debris about `length` seconds long, peak at 1."""
    time = clock(length)
    sort = draw.choose(("noise", "buzz", "zip", "tone", "bits"))
    if sort == "noise":
        return crush(hiss(draw.rng, time.size), draw.integer(2, 24), 3.0)
    if sort == "buzz":
        return crush(saw(np.full(time.size, draw.log_uniform(60.0, 400.0))), draw.integer(3, 16), 3.0)
    if sort == "zip":
        return 0.8 * pulse(sweep(draw.log_uniform(200.0, 8000.0), draw.log_uniform(200.0, 8000.0), time.size), 0.3)
    if sort == "tone":
        return crush(sine(np.full(time.size, draw.log_uniform(500.0, 9000.0))), draw.integer(2, 9), 4.0)
    bits = draw.rng.integers(0, 2, time.size // 40 + 1) * 2.0 - 1.0
    return 0.7 * np.repeat(bits, 40)[: time.size]


@kind("sonar ping", group="scifi", phrases=("sonar ping", "submarine sonar", "sonar pulse"))
def sonar_ping(draw: Draw) -> Samples:
    """A pure, long-ringing ping and its ever fainter echoes out of the water."""
    pitch = draw.attribute("pitch", {"low": (650.0, 850.0), "high": (1200.0, 1600.0)})
    time = clock(min(draw.seconds, draw.uniform(3.2, 4.4)))
    tone = sine(pitch * (1.0 + 0.015 * np.exp(-time / 0.05))) + 0.08 * sine(np.full(time.size, pitch * 2.0))
    ping = tone * fall(time, draw.uniform(1.4, 2.0)) * np.minimum(time / 0.006, 1.0)
    out = np.array(ping)
    gap = draw.uniform(0.55, 0.9)
    for index in range(1, 5):
        place(out, ping, index * gap, 0.3 * 0.5**index)
    haze = partials(draw.rng, pitch * draw.rng.normal(1.0, 0.012, 60), np.ones(60), time.size)
    swell = np.minimum(time / 0.15, 1.0) * fall(time, 3.0)
    return edges(out + 0.12 * normal(haze) * swell, 0.004, 0.3)


@kind("power down", group="scifi", phrases=("power down", "machine powering down", "shutting down"))
def power_down(draw: Draw) -> Samples:
    """A machine losing its current: a buzzing whine that slows to a halt, its light going out on the way."""
    length = draw.attribute("speed", {"quick": (0.9, 1.2), "slow": (1.9, 2.4)})
    time = clock(length)
    top = draw.log_uniform(380.0, 800.0)
    curve = np.maximum(top * np.cos(0.5 * np.pi * (time / length) ** draw.uniform(0.6, 0.9)) ** 1.5, 9.0)
    tone = saw(curve) + 0.8 * pulse(curve * 0.5, 0.4) + 0.5 * sine(curve * 3.0)
    tone = moving_filter(tone, 150.0 + curve * draw.uniform(4.0, 7.0), 1.2, 2)
    click = band(hiss(draw.rng, time.size), 300.0, 5000.0) * fall(time, 0.03)
    return edges(normal(tone) * (1.0 - 0.55 * time / length) + 0.3 * normal(click), 0.003, 0.25)

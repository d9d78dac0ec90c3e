"""People without words: breath, throat, lips, hands and heart."""

import numpy as np

from engine.training.corpus.draw import Draw, kind
from engine.training.corpus.kinds import _organic as organic


@kind("cough", group="body", phrases=("cough", "person coughing", "coughing"))
def cough(draw: Draw) -> np.ndarray:
    """Coughs: the glottis bursts open, turbulent air rushes out, and the cords close again with a short groan."""
    voiced = draw.attribute("pitch", {"deep": (95, 120), "high": (200, 250)}, chance=0.4)
    size = (voiced / 140) ** 0.25
    throat = organic.scaled(((620, 160, 1.0), (1350, 220, 0.8), (2500, 350, 0.5), (3700, 600, 0.3)), size)
    parts, at = [], 0.002
    for _ in range(draw.integer(1, 4)):
        n = organic.count(draw.uniform(0.24, 0.36))
        burst = draw.rng.standard_normal(n) * organic.curve(
            n, [(0, 0.0), (0.05, 1.0), (0.22, 0.45), (0.6, 0.2), (1, 0)]
        )
        pitch = voiced * organic.curve(n, [(0, 1.5), (0.3, 1.25), (1, 0.8)])
        groan = organic.glottal(draw.rng, pitch, 0.5, 0.05) * organic.curve(
            n, [(0, 0.5), (0.2, 0.2), (0.55, 0.8), (1, 0)]
        )
        parts.append((at, organic.peak(organic.formants(burst + 0.8 * groan, throat)) * draw.uniform(0.7, 1.0)))
        at += n / organic.RATE + draw.uniform(0.06, 0.25)
        if at > 1.9:
            break
    return organic.sequence(parts)[: draw.frames]


def _clap(draw: Draw) -> np.ndarray:
    """One pair of hands: a click, and the air between the palms as a broad resonance."""
    n = organic.count(0.05)
    slap = draw.rng.standard_normal(n) * organic.decay(n, draw.uniform(0.012, 0.035), 0.0003)
    cup = organic.resonate(slap, draw.log_uniform(700, 2400), draw.uniform(500, 1000))
    return organic.peak(cup) + 0.25 * organic.peak(organic.band(slap, 2500, 9000, 1))


@kind("applause", group="body", phrases=("applause", "audience clapping", "crowd clapping"), sustained=True)
def applause(draw: Draw) -> np.ndarray:
    """Many people, each clapping three to five times a second in their own time."""
    people = round(draw.attribute("intensity", {"scattered": (4, 7), "polite": (14, 24), "thunderous": (50, 90)}))
    pool = [_clap(draw) for _ in range(min(people, 40))]
    out = np.zeros(draw.frames)
    for person in range(people):
        period = draw.uniform(0.2, 0.36)
        times = (draw.uniform(0, period) if person else 0.006) + period * np.arange(int(draw.seconds / period))
        times = times + period * 0.06 * draw.rng.standard_normal(len(times))
        gain = draw.log_uniform(0.12, 1.0)
        for at in times[times > 0]:
            organic.place(out, pool[person % len(pool)], at, gain * draw.rng.uniform(0.75, 1.0))
    return out


@kind("heartbeat", group="body", phrases=("heartbeat", "beating heart", "heart beating"), sustained=True)
def heartbeat(draw: Draw) -> np.ndarray:
    """Lub-dub: two muffled valve thuds, the second shorter and a little higher, at a resting or a racing pace."""
    beats = draw.attribute("speed", {"slow": (48, 60), "racing": (125, 155)})
    period = 60.0 / beats
    n = organic.count(0.22)
    low = draw.uniform(42, 58)
    sounds = []
    for ratio, length in ((1.0, 0.17), (1.35, 0.11)):
        glide = low * ratio * organic.curve(n, [(0, 1.35), (0.3, 1.0), (1, 0.85)])
        thud = organic.sine(glide) * organic.decay(n, length, 0.012) * organic.swell(n, 0.012, 0.06)
        skin = organic.band(draw.rng.standard_normal(n), 60, 220) * organic.decay(n, 0.07, 0.008)
        sounds.append(thud + 0.25 * organic.peak(skin))
    out = np.zeros(draw.frames)
    gap = min(0.36 * period, 0.32) * draw.uniform(0.95, 1.05)
    at = 0.004
    while at < draw.seconds:
        organic.place(out, sounds[0], at, draw.uniform(0.9, 1.0))
        organic.place(out, sounds[1], at + gap, draw.uniform(0.6, 0.75))
        at += period * draw.uniform(0.98, 1.02)
    return out + 0.002 * organic.level(organic.band(organic.noise(draw.rng, draw.frames, 4.0), 30, 200, 1))


@kind("breathing", group="body", phrases=("breathing", "person breathing", "heavy breathing"), sustained=True)
def breathing(draw: Draw) -> np.ndarray:
    """In through the nose, out through the mouth: two colours of air that take turns."""
    cycle = draw.attribute("speed", {"slow": (2.9, 3.6), "panting": (0.55, 0.8)}) if draw.chance(0.7) else 1.8
    inward = ((1150, 400, 0.5), (2300, 500, 1.0), (4300, 900, 0.9), (6500, 1500, 0.5))
    outward = ((600, 260, 1.0), (1250, 320, 0.8), (2500, 600, 0.25), (4000, 900, 0.1))
    size = draw.uniform(0.88, 1.15)
    out = np.zeros(draw.frames)
    at = 0.0
    while at < draw.seconds:
        for share, shape, peak, gain in ((0.4, inward, 0.55, 0.75), (0.48, outward, 0.22, 1.0)):
            n = organic.count(share * cycle * draw.uniform(0.92, 1.08))
            air = organic.formants(organic.noise(draw.rng, n, 1.5), organic.scaled(shape, size))
            air *= organic.curve(n, [(0, 0), (peak, 1), (0.85, 0.25), (1, 0)]) * (
                1 + 0.08 * organic.wander(draw.rng, n, 15)
            )
            organic.place(out, air, at, gain * draw.uniform(0.85, 1.0))
            at += n / organic.RATE + 0.04 * cycle
    return out


def _snore(draw: Draw, rate: float, seconds: float) -> np.ndarray:
    """One snore: the soft palate flaps some thirty times a second and gates the indrawn air."""
    n = organic.count(seconds)
    flap = rate * organic.curve(n, [(0, 0.75), (0.5, 1.0), (1, 1.2)]) * (1 + 0.06 * organic.wander(draw.rng, n, 12))
    pulses = organic.glottal(draw.rng, flap, 0.25, 0.06)
    gate = np.exp(-4.0 * (organic.phase_of(flap) % 1.0))
    source = pulses + 0.5 * gate * draw.rng.standard_normal(n)
    nose = ((240, 80, 1.0), (560, 140, 0.7), (1150, 260, 0.3), (2300, 500, 0.12))
    palate = ((320, 100, 1.0), (850, 180, 0.8), (1500, 300, 0.4), (2600, 500, 0.2))
    return organic.peak(organic.morph(source, [(0, nose), (0.7, palate), (1, palate)]) * organic.swell(n, 0.3, 0.12))


@kind("snoring", group="body", phrases=("snoring", "person snoring", "snore"), sustained=True)
def snoring(draw: Draw) -> np.ndarray:
    """A rattling snore on each breath in, a soft blow on each breath out."""
    rate = draw.log_uniform(26, 42)
    cycle = draw.uniform(2.1, 3.0)
    out = np.zeros(draw.frames)
    at = 0.0
    while at < draw.seconds:
        snore = _snore(draw, rate, 0.45 * cycle * draw.uniform(0.9, 1.1))
        organic.place(out, snore, at, draw.uniform(0.8, 1.0))
        at += len(snore) / organic.RATE + 0.08 * cycle
        n = organic.count(0.32 * cycle)
        blow = organic.formants(organic.noise(draw.rng, n, 2.0), ((700, 300, 1.0), (1700, 500, 0.6), (3200, 900, 0.3)))
        organic.place(out, organic.peak(blow) * organic.swell(n, 0.12, 0.4), at, draw.uniform(0.1, 0.2))
        at += 0.44 * cycle * draw.uniform(0.9, 1.1)
    return out


@kind("human whistle", group="body", phrases=("human whistle", "person whistling", "whistling a tune"))
def human_whistle(draw: Draw) -> np.ndarray:
    """Pursed lips: a pure tone with a breath of noise around it that slides from note to note of a tune."""
    tonic = draw.log_uniform(900, 1350)
    steps = draw.rng.choice((0, 2, 4, 5, 7, 9, 12), draw.integer(5, 8))
    points: list[tuple[float, float]] = []
    gain: list[tuple[float, float]] = [(0.0, 0.0)]
    at = 0.0
    for step in steps:
        length = draw.choose((0.22, 0.3, 0.45, 0.6))
        points += [(at + 0.01, tonic * 2 ** (step / 12)), (at + length - 0.05, tonic * 2 ** (step / 12))]
        gain += [(at + 0.04, 1.0), (at + length - 0.05, 0.85), (at + length, 0.25)]
        at += length
    n = organic.count(at)
    pitch = organic.curve(n, [(t / at, f) for t, f in points])
    depth = draw.uniform(0.004, 0.012)
    pitch *= 1 + depth * organic.sine(np.full(n, draw.uniform(5, 6.5))) + 0.004 * organic.wander(draw.rng, n, 12)
    shape = np.interp(organic.clock(n) / at, [t / at for t, _ in gain], [g for _, g in gain])
    air = draw.uniform(0.06, 0.12) * organic.moving_band(draw.rng, pitch, 500)
    tone = organic.partials(pitch, (1.0, 0.02)) + air + 0.012 * organic.band(draw.rng.standard_normal(n), 2500, 8000, 1)
    return (tone * shape * organic.swell(n, 0.02, 0.08))[: draw.frames]


@kind("baby cry", group="body", phrases=("baby cry", "baby crying", "crying infant"), sustained=True)
def baby_cry(draw: Draw) -> np.ndarray:
    """Waah, gasp, waah: long strained cries that arch in pitch and crack, with a quick breath between them."""
    base = draw.log_uniform(400, 520)
    closed = ((550, 150, 1.0), (1500, 250, 0.4), (3500, 500, 0.2))
    wide = ((1050, 160, 1.0), (1950, 220, 0.9), (3400, 350, 0.8), (5200, 600, 0.4))
    out = np.zeros(draw.frames)
    at = 0.004
    while at < draw.seconds:
        n = organic.count(draw.uniform(0.65, 1.15))
        strain = draw.uniform(0.95, 1.2)
        pitch = base * strain * organic.curve(n, [(0, 0.78), (0.2, 1.05), (0.6, 1.0), (0.85, 0.9), (1, 0.7)])
        pitch *= 1 + 0.018 * organic.sine(np.full(n, draw.uniform(5.5, 8))) + 0.012 * organic.wander(draw.rng, n, 20)
        cry = organic.voice(
            draw.rng,
            pitch,
            [(0, closed), (0.15, wide), (0.8, wide), (1, closed)],
            openness=0.4,
            breath=0.06,
            rough=draw.uniform(0.1, 0.4),
        )
        organic.place(out, organic.peak(cry * organic.swell(n, 0.06, 0.18)), at, draw.uniform(0.8, 1.0))
        at += n / organic.RATE + 0.05
        m = organic.count(draw.uniform(0.16, 0.26))
        gasp = organic.formants(draw.rng.standard_normal(m), ((1300, 300, 0.7), (2900, 500, 1.0), (4800, 900, 0.6)))
        organic.place(out, organic.peak(gasp * organic.swell(m, 0.08, 0.06)), at, 0.18)
        at += m / organic.RATE + draw.uniform(0.02, 0.12)
    return out


@kind("laughter", group="body", phrases=("laughter", "person laughing", "laughing"))
def laughter(draw: Draw) -> np.ndarray:
    """Ha-ha-ha: about five breathy bursts a second, the pitch and the loudness running down."""
    base = draw.attribute("pitch", {"deep": (125, 165), "high": (300, 380)})
    size = (base / 150) ** 0.22
    vowel = draw.choose(
        (
            ((760, 110, 1.0), (1250, 130, 0.8), (2550, 200, 0.4), (3500, 300, 0.2)),
            ((560, 100, 1.0), (1800, 160, 0.6), (2550, 200, 0.4), (3600, 300, 0.2)),
        )
    )
    tract = organic.scaled(vowel, size)
    total = draw.integer(5, 10)
    parts, at = [], 0.003
    for index in range(total):
        n = organic.count(draw.uniform(0.17, 0.21))
        fall = 1.18 - 0.38 * index / total
        pitch = base * fall * organic.curve(n, [(0, 0.92), (0.5, 1.1), (1, 0.85)])
        puff = draw.rng.standard_normal(n) * organic.curve(
            n, [(0, 0.2), (0.15, 0.5), (0.4, 0.12), (0.8, 0.1), (1, 0.25)]
        )
        tone = organic.glottal(draw.rng, pitch, 0.65, 0.015) * organic.curve(
            n, [(0, 0), (0.25, 0.1), (0.5, 1), (0.8, 0.7), (1, 0)]
        )
        parts.append((at, organic.peak(organic.formants(tone + 0.35 * puff, tract)) * (1 - 0.55 * index / total)))
        at += n / organic.RATE + draw.uniform(0.0, 0.02)
        if at > 2.2:
            break
    return organic.sequence(parts)[: draw.frames]

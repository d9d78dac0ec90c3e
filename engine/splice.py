"""Putting new sound into a recording: seams that cannot be heard, and the measures that say so. Pure numpy.

A seam is the place where a source's own samples end and new ones begin. The source outside is never touched: what
happens, happens on the new side. There the source is first continued by linear prediction (Burg's method), so that
neither value nor slope jumps and nothing of what is being replaced is heard, and then faded into the new sound, whose
level follows the source's on the other side of the seam before it goes over into its own.

Everything takes float32 samples of shape (channels, frames); times are in seconds, rates in Hz, spans in frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.leaving import breathe

Samples = NDArray[np.float32]
Spans = tuple[tuple[int, int], ...]
"""(start, end) pairs in frames, sorted, not touching one another."""

FADE = 0.01
"""Seconds over which the continued source goes over into the new sound."""
LEVEL_EDGES = (0.0, 0.01, 0.02, 0.03, 0.05, 0.1)
"""Seconds from a seam: between them the new sound's level is the source's, as far outside as it is inside."""
LEVEL_END = 0.2
"""Seconds from a seam where the new sound has its own level again."""
GAIN_LIMITS = (-80.0, 30.0)
"""Decibels by which a seam may change the level of the new sound."""
SHORT_OF = 0.5
"""Decibels that a seam may lack with that; where it lacks more, the new sound is silence, and the source rings on."""
QUIET = 1e-4
"""-80 dBFS: what is below it counts as silence, whose level no one compares."""
KNEE = 0.9
"""Where new sound that a seam raises above full scale begins to be bent under it."""
ORDER = 96
"""Coefficients of the linear prediction."""
LEARNT = 0.05
"""Seconds of the source that the prediction learns from, at least 16 for each coefficient."""


def complement(spans: Spans, frames: int) -> Spans:
    """What `spans` leave of `frames` frames."""
    edges = [0, *(edge for span in spans for edge in span), frames]
    return tuple((start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if start < end)


def clipped(spans: Spans, start: int, end: int) -> Spans:
    """The part of `spans` between `start` and `end`, counted from `start`."""
    inside = ((max(a, start) - start, min(b, end) - start) for a, b in spans)
    return tuple((a, b) for a, b in inside if a < b)


def at_rate(spans: Spans, rate: int, new_rate: int) -> Spans:
    """Spans at another rate, rounded inwards, so that nothing outside of them is inside afterwards."""
    scaled = ((-(-a * new_rate // rate), b * new_rate // rate) for a, b in spans)
    return tuple((a, b) for a, b in scaled if a < b)


def level(samples: NDArray[np.floating]) -> float:
    """Root mean square, 1 is a full-scale square wave; 0 for no samples."""
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if samples.size else 0.0


def active_level(samples: Samples, rate: int) -> float:
    """The level of what is heard: of the stretches of 50 ms that are within 30 dB of the loudest one; 0 in silence."""
    size = max(1, min(round(0.05 * rate), samples.shape[1]))
    blocks = samples[:, : samples.shape[1] // size * size].reshape(samples.shape[0], -1, size)
    powers = np.mean(np.square(blocks, dtype=np.float64), axis=(0, 2))
    heard = powers[powers >= 1e-3 * powers.max(initial=0.0)]
    return float(np.sqrt(heard.mean())) if heard.size else 0.0


def decibels(ratio: float) -> float:
    """A ratio of amplitudes in dB; -inf for 0."""
    return float(20.0 * np.log10(ratio)) if ratio > 0 else -np.inf


def matching_gain(source: Samples, made: Samples, limit: float = 12.0) -> float:
    """The factor that brings `made` to the level of `source`, at most `limit` dB either way; 1 where one is silent."""
    have, want = level(made), level(source)
    if min(have, want) < QUIET:
        return 1.0
    bound = 10.0 ** (limit / 20.0)
    return float(np.clip(want / have, 1.0 / bound, bound))


def level_change(samples: Samples, seam: int, rate: int, seconds: float = 0.05) -> float:
    """How the level changes across a seam, in dB: the largest change of any channel between the `seconds` before
    frame `seam` and those after it. What is quieter than -80 dBFS counts as -80 dBFS."""
    count = max(1, min(round(seconds * rate), seam, samples.shape[1] - seam))
    changes = [
        decibels(max(level(channel[seam : seam + count]), QUIET) / max(level(channel[seam - count : seam]), QUIET))
        for channel in samples
    ]
    return max(changes, key=abs)


def click(samples: Samples, seam: int, rate: int, seconds: float = 0.025) -> float:
    """How far the seam is an outlier among the first differences: the largest step over the three pairs of samples
    about frame `seam`, as a part of the largest step within `seconds` on both sides of it. Up to 1 it is none; a seam
    in silence gives 0. The largest over the channels."""
    reach = max(8, round(seconds * rate))
    start, end = max(0, seam - reach), min(samples.shape[1], seam + reach)
    steps = np.abs(np.diff(samples[:, start:end].astype(np.float64), axis=1))
    middle = seam - 1 - start  # the step from the last frame before the seam to the first one after it
    about = slice(max(0, middle - 1), middle + 2)
    around = np.delete(steps, np.arange(steps.shape[1])[about], axis=1).max(axis=1, initial=0.0)
    across = steps[:, about].max(axis=1, initial=0.0)
    # One step of 24 bits: what is below it no file holds.
    return float(np.max(np.where(across > 2.0**-23, across / np.maximum(around, 2.0**-23), 0.0), initial=0.0))


def ramp(frames: int) -> Samples:
    """A raised cosine from almost 0 to almost 1, symmetric, so that it and its reverse add up to 1."""
    return (0.5 - 0.5 * np.cos(np.pi * (np.arange(frames) + 0.5) / max(1, frames))).astype(np.float32)


def crossfade(old: Samples, new: Samples) -> Samples:
    """From `old` to `new` over their common length, at constant power for what is unlike and at constant gain for
    what is alike: the law follows the correlation of the two in each channel."""
    rise = ramp(old.shape[1])
    products = np.sum(old.astype(np.float64) * new, axis=1)
    powers = np.sqrt(np.sum(old.astype(np.float64) ** 2, axis=1) * np.sum(new.astype(np.float64) ** 2, axis=1))
    alike = np.clip(np.divide(products, powers, out=np.zeros_like(products), where=powers > 0), 0.0, 1.0)[:, None]
    # The power of a sum of two parts of equal level, with correlation `alike`; divided by its root it stays constant.
    power = rise**2 + (1.0 - rise) ** 2 + 2.0 * alike * rise * (1.0 - rise)
    return ((old * (1.0 - rise) + new * rise) / np.sqrt(power)).astype(np.float32)


def predictor(channel: NDArray[np.float64], order: int = ORDER) -> tuple[NDArray[np.float64], float]:
    """The coefficients by which each sample of `channel` (frames,) follows from those before it, the nearest first,
    and the level of what does not follow from them.

    Burg, "Maximum entropy spectral analysis" (1967): never unstable. Zeros for silence.
    """
    forward, backward = channel[1:], channel[:-1]
    whitening = np.ones(1)
    for _ in range(min(order, len(channel) // 4)):
        breathe()
        power = forward @ forward + backward @ backward
        if power < 1e-20:
            break
        reflection = -2.0 * (forward @ backward) / power
        extended = np.append(whitening, 0.0)
        whitening = extended + reflection * extended[::-1]
        forward, backward = (forward + reflection * backward)[1:], (backward + reflection * forward)[:-1]
    return -whitening[1:], level(forward)


def continued(before: Samples, frames: int, rate: int, lasting: bool = False) -> Samples:
    """`frames` frames that go on where `before` ends, by linear prediction; tones go on, noise dies away.

    lasting: what could not be predicted of `before` goes on as noise, always the same, so that noise lasts, too.
    """
    learnt = before[:, -max(16 * ORDER, round(LEARNT * rate)) :].astype(np.float64)
    result = np.zeros((before.shape[0], frames), np.float32)
    for channel, samples in enumerate(learnt):
        weights, rest = predictor(samples)
        count = len(weights)
        if count == 0:
            continue
        noise = np.random.default_rng(channel).standard_normal(frames) * rest if lasting else np.zeros(frames)
        line = np.concatenate((samples[-count:], noise))
        backwards = weights[::-1].copy()
        for position in range(count, count + frames):
            line[position] += line[position - count : position] @ backwards
        result[channel] = line[count:]
    return result


def filled(samples: Samples, spans: Spans) -> Samples:
    """A copy in which the spans are bridged from the sound around them, mirrored at both edges and crossfaded.

    For what a network looks at: so nothing that is being replaced leaks into what it keeps.
    """
    result = samples.copy()
    for index, (start, end) in enumerate(spans):
        floor = spans[index - 1][1] if index else 0
        ceiling = spans[index + 1][0] if index + 1 < len(spans) else samples.shape[1]
        left, right = samples[:, floor:start][:, ::-1], samples[:, end:ceiling][:, ::-1]
        sides = [_cycled(side, end - start, from_end) for side, from_end in ((left, False), (right, True))]
        if left.shape[1] and right.shape[1]:
            result[:, start:end] = crossfade(*sides)
        else:
            result[:, start:end] = sides[0] if left.shape[1] else sides[1]
    return result


def _cycled(samples: Samples, frames: int, from_end: bool) -> Samples:
    """There and back again for `frames` frames, from the beginning or up to the end; zeros where there is nothing."""
    if samples.shape[1] == 0:
        return np.zeros((samples.shape[0], frames), np.float32)
    both = (samples[:, ::-1], samples) if from_end else (samples, samples[:, ::-1])
    cycle = np.concatenate(both, axis=1)
    repeated = np.tile(cycle, (1, -(-frames // cycle.shape[1])))
    return repeated[:, -frames:] if from_end else repeated[:, :frames]


def joined(before: Samples, new: Samples, rate: int) -> Samples:
    """`new` (channels, frames) so that it goes on from `before` without a click and without a step in level.

    Only the first half of `new` is changed, and only its first `LEVEL_END` seconds, so that its end can be joined in
    the same way.
    """
    half = new.shape[1] // 2
    if half == 0 or before.shape[1] == 0:
        return new
    old = bent(continued(before, min(half, round(FADE * rate)), rate), float(np.abs(before).max()))
    result = new.copy()
    edges = _level_edges(min(half, before.shape[1]), rate)
    stop = max(edges[-1], min(half, round(LEVEL_END * rate)))
    for channel in range(new.shape[0]):
        result[channel, :stop], short = _seamed(before[channel], old[channel], new[channel, :stop], edges)
        if short > SHORT_OF:
            lasting = continued(before[channel : channel + 1], stop, rate, lasting=True)[0]
            lasting[edges[-1] :] *= ramp(stop - edges[-1])[::-1]
            ringing = new[channel, :stop] + lasting
            result[channel, :stop], _ = _seamed(before[channel], old[channel], ringing, edges)
    return result


def joined_both(before: Samples, new: Samples, after: Samples, rate: int) -> Samples:
    """`new` so that it goes on from `before` and goes over into `after`; either may have no frames."""
    new = joined(before, new, rate)
    return joined(after[:, ::-1], new[:, ::-1], rate)[:, ::-1]


def _level_edges(frames: int, rate: int) -> list[int]:
    """The frames between which levels are matched; at least one stretch, none beyond `frames`."""
    edges = [round(edge * rate) for edge in LEVEL_EDGES if round(edge * rate) <= frames]
    return edges if len(edges) > 1 else [0, frames]


def bent(samples: NDArray[np.floating], peak: float = 0.0) -> NDArray[np.floating]:
    """What is above `KNEE` bent so that it stays under full scale; untouched where nothing is above full scale.

    peak: the highest sample of the sound around it, which is full scale where it is higher than that.
    """
    full = max(1.0, peak)
    if np.abs(samples).max(initial=0.0) <= full:
        return samples
    knee, room = KNEE * full, (1 - KNEE) * full
    above = np.maximum(np.abs(samples) - knee, 0.0)
    return np.sign(samples) * (np.minimum(np.abs(samples), knee) + room * np.tanh(above / room))


def _faded(old: NDArray[np.floating], new: NDArray[np.floating]) -> NDArray[np.floating]:
    rise = ramp(len(old))
    result = new.copy()
    result[: len(old)] = old * (1.0 - rise) + new[: len(old)] * rise
    return result


def _seamed(
    before: Samples, old: Samples, new: Samples, edges: Sequence[int], rounds: int = 20
) -> tuple[NDArray[np.floating], float]:
    """`new` faded in from `old`, its level between the edges that of `before` just as far from the seam; and how many
    dB it lacks of that at most. All are one channel."""
    stretches = list(pairwise(edges))
    wanted = np.array([level(before[len(before) - b : len(before) - a]) for a, b in stretches])
    low, high = (10.0 ** (limit / 20.0) for limit in GAIN_LIMITS)
    factors = np.ones(len(stretches))
    sound: NDArray[np.floating] = new
    have = wanted
    for _ in range(rounds + 1):
        sound = _faded(old, bent(new * _curve(factors, stretches, len(new))))
        have = np.array([level(sound[a:b]) for a, b in stretches])
        factors = np.clip(factors * np.maximum(wanted, 1e-9) / np.maximum(have, 1e-9), low, high)
    return sound, decibels(float(np.max(np.maximum(wanted, QUIET) / np.maximum(have, QUIET))))


def _curve(factors: NDArray[np.float64], stretches: Sequence[tuple[int, int]], frames: int) -> NDArray[np.float64]:
    """A curve through the factors at the middles of their stretches, down or up to 1 at its end, straight in dB."""
    middles = [(a + b) / 2 for a, b in stretches]
    places = [*middles, frames] if frames > stretches[-1][1] else middles
    values = [*np.log(factors), 0.0] if frames > stretches[-1][1] else list(np.log(factors))
    return np.exp(np.interp(np.arange(frames), places, values))

"""Super-resolution as the AudioLDM paper measures it: log-spectral distance, against leaving the clip as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from engine.bands import join_bands
from engine.evaluation.bench import RATE, Audio, Bench, Figures, quality
from engine.evaluation.metrics import log_spectral_distance
from engine.evaluation.tables import Column, Row, Table
from engine.finish import fit, resample
from engine.request import Clip, Request

CUTS = (4000, 8000)
"""Hz: clips of twice these rates are upsampled."""
SIZE, HOP = 2048, 512
"""Samples of a frame of the spectrograms that are compared, and between two frames."""
FLOOR = 1e-6
"""Magnitudes below this part of full scale, -120 dBFS, count as this: from there down 16-bit files are rounding."""

ABOUT = f"""
Clips at 8 and 16 kHz, made from the held-out ones, brought back to 48 kHz. Log-spectral distance (LSD) to the clip that
they were made from, in dB (a tenth of it is in the paper's unit), over spectrograms of {SIZE} samples every {HOP}, with
nothing below -120 dBFS counted, where the rounding of 16-bit files begins: of the whole spectrum, and of the band above
the cut alone; ± is the standard error of the mean. Then what the judge hears: Fréchet distance to the whole clips, and
the share whose kind it recognises. *Unprocessed* is plain resampling. *VAE and vocoder* joins the whole clip's own
upper band, once through the model's codec, to the lower one: what a perfect U-Net would reach. Lower is better but for
the share.
"""
COLUMNS = (
    Column("lsd", "LSD, dB", ".1f"),
    Column("lsd_error", "±", ".1f"),
    Column("above", "LSD above the cut, dB", ".1f"),
    Column("above_error", "±", ".1f"),
    Column("frechet", "Fréchet", ".0f"),
    Column("top1", "recognised", ".1%"),
)


def table(bench: Bench) -> Table:
    """One group of rows for each cut."""
    rows = []
    for cut in CUTS:
        makers: dict[str, Callable[[Bench, int], Sequence[Audio]]] = {
            "unprocessed": unprocessed,
            "upsampled, caption as prompt": partial(upsampled, worded=True),
            "upsampled, no prompt": partial(upsampled, worded=False),
            "VAE and vocoder": coded,
        }
        for name, maker in makers.items():
            rows.append(Row(f"{cut // 500} kHz to 48 kHz, {name}", partial(measured, bench, cut, maker)))
    return Table("super-resolution", "Super-resolution", ABOUT, COLUMNS, tuple(rows))


def measured(bench: Bench, cut: int, maker: Callable[[Bench, int], Sequence[Audio]]) -> Figures:
    """The figures of a row. Distances are means over clips; `…_error` the standard errors of those means."""
    made = maker(bench, cut)
    found = np.array([distances(clip, new, cut) for clip, new in zip(bench.held.audio, made, strict=True)])
    verdict = bench.verdict(made)
    heard = quality(verdict, bench.own, bench.own, bench.held.labels)
    error = found.std(axis=0, ddof=1) / np.sqrt(len(found)) if len(found) > 1 else np.zeros(2)
    return {
        "lsd": found[:, 0].mean(), "lsd_error": error[0], "above": found[:, 1].mean(), "above_error": error[1],
        "frechet": heard["frechet"], "top1": heard["top1"],
    }  # fmt: skip


def narrowed(clip: Audio, cut: int) -> Clip:
    """The clip as a file of the rate 2 * cut would have it."""
    return Clip(resample(clip[None], RATE, 2 * cut), 2 * cut)


def unprocessed(bench: Bench, cut: int) -> list[Audio]:
    """Nothing but another rate."""
    return [_wide(narrowed(clip, cut), len(clip)) for clip in bench.held.audio]


def upsampled(bench: Bench, cut: int, worded: bool) -> list[Audio]:
    """By the task `upsample`, as anybody would ask for it."""
    requests = [
        Request(task="upsample", source=narrowed(clip, cut), prompt=prompt.text if worded else "", rate=RATE,
                seed=prompt.seed)
        for clip, prompt in zip(bench.held.audio, bench.held.prompts, strict=True)
    ]  # fmt: skip
    frames = bench.held.audio.shape[1]
    return [fit(clip.samples, frames)[0] for clip in bench.edited(requests)]


def coded(bench: Bench, cut: int) -> list[Audio]:
    """The codec's version of the upper band above the plain lower one."""
    pairs = zip(bench.held.audio, bench.coded, strict=True)
    return [join_bands(_wide(narrowed(clip, cut), len(clip))[None], one[None], cut, RATE)[0] for clip, one in pairs]


def distances(clip: Audio, made: Audio, cut: int) -> tuple[float, float]:
    """Log-spectral distance in dB of the whole spectrum, and of what lies above `cut` Hz."""
    real, found = spectrogram(clip), spectrogram(made)
    above = int(np.ceil(cut * SIZE / RATE))
    return (
        log_spectral_distance(real, found, FLOOR),
        log_spectral_distance(real[:, above:], found[:, above:], FLOOR),
    )


def spectrogram(samples: Audio) -> np.ndarray:
    """Magnitudes (frames, SIZE / 2 + 1) of Hann frames; a sine at full scale has 1."""
    window = np.hanning(SIZE + 1)[:-1]
    frames = np.lib.stride_tricks.sliding_window_view(samples, SIZE)[::HOP]
    return np.abs(np.fft.rfft(frames * window, axis=1)) * (2.0 / window.sum())


def _wide(clip: Clip, frames: int) -> Audio:
    return fit(resample(clip.samples, clip.rate, RATE), frames)[0]

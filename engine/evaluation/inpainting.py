"""Inpainting as the AudioLDM paper measures it: half of every clip is lost, and Fréchet distance says how much of that
is made good, against leaving the hole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from engine.evaluation import samples
from engine.evaluation.bench import RATE, Audio, Bench, Figures, quality
from engine.evaluation.classifier import judge_mels
from engine.evaluation.tables import Column, Row, Table
from engine.mel import POCKET
from engine.request import Clip, Request

HOLE = (1.28, 3.84)
"""Seconds: the middle half of a clip."""

ABOUT = f"""
{HOLE[1] - HOLE[0]:.2f} s out of the middle of every clip of 5.12 s are lost and made anew. Only clips of sounds that go
on are used: in one that has ended by then, the hole would be right. Fréchet distance to the untouched clips, KL to each
of them, and the share whose kind the judge recognises: hearing the whole result, and then the hole alone. *Unprocessed*
has zeros in the hole. *VAE and vocoder* has the lost sound itself there, once through the model's codec: what a perfect
U-Net would reach. Lower is better but for the shares.
"""
COLUMNS = (
    Column("frechet", "Fréchet", ".0f"),
    Column("kl", "KL", ".2f"),
    Column("top1", "recognised", ".1%"),
    Column("hole_frechet", "Fréchet, hole", ".0f"),
    Column("hole_kl", "KL, hole", ".2f"),
    Column("hole_top1", "recognised, hole", ".1%"),
)


def table(bench: Bench) -> Table:
    """The rows. The clips of `bench` should sound throughout."""
    makers: dict[str, Callable[[Bench], Sequence[Audio]]] = {
        "unprocessed": unprocessed,
        "inpainted, caption as prompt": partial(inpainted, worded=True),
        "inpainted, no prompt": partial(inpainted, worded=False),
        "VAE and vocoder": coded,
        "untouched": lambda bench: list(bench.held.audio),
    }
    rows = tuple(Row(name, partial(measured, bench, maker)) for name, maker in makers.items())
    return Table("inpainting", "Inpainting", ABOUT, COLUMNS, rows)


def measured(bench: Bench, maker: Callable[[Bench], Sequence[Audio]]) -> Figures:
    """The figures of a row; those that begin with `hole_` are of the hole alone."""
    start, end = (round(edge * RATE / POCKET.hop) for edge in HOLE)
    mels, real, labels = samples.as_mels(maker(bench)), samples.as_mels(list(bench.held.audio)), bench.held.labels
    figures: Figures = {}
    for prefix, made, own in (("", mels, real), ("hole_", mels[:, start:end], real[:, start:end])):
        wanted = judge_mels(bench.judge, own)
        found = quality(judge_mels(bench.judge, made), wanted, wanted, labels)
        figures |= {prefix + name: value for name, value in found.items()}
    return figures


def hole() -> slice:
    """The samples of a clip that are lost."""
    return slice(*(round(edge * RATE) for edge in HOLE))


def unprocessed(bench: Bench) -> list[Audio]:
    """Zeros in the hole."""
    return _patched(bench, 0.0 * bench.held.audio)


def inpainted(bench: Bench, worded: bool) -> list[Audio]:
    """By the task `inpaint`, which is never shown what was lost."""
    region = f"{hole().start}-{hole().stop} samples"
    requests = [
        Request(task="inpaint", source=Clip(clip, RATE), regions=region, prompt=prompt.text if worded else "",
                seed=prompt.seed)
        for clip, prompt in zip(unprocessed(bench), bench.held.prompts, strict=True)
    ]  # fmt: skip
    return [clip.samples[0] for clip in bench.edited(requests)]


def coded(bench: Bench) -> list[Audio]:
    """The codec's version of what was lost."""
    return _patched(bench, bench.coded)


def _patched(bench: Bench, filling: Audio) -> list[Audio]:
    made = bench.held.audio.copy()
    made[:, hole()] = filling[:, hole()]
    return list(made)

"""Which vocoder the pocket ships with: Griffin-Lim unless the learned one passes every bar.

Judged through audio: real clips' mels are made into sound, and that sound is measured against the clips.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.evaluation.metrics import buzz_median, log_spectral_distance, top1
from engine.mel import POCKET, pocket_front_end, pocket_log_mel

__all__ = ["BUZZ_LIMIT", "VocoderFigures", "decide", "gate", "measure", "passes", "run"]

BUZZ_LIMIT = 6.0
Vocoder = Callable[[Tensor], Tensor]
Judge = Callable[[Tensor], np.ndarray]


@dataclass(frozen=True)
class VocoderFigures:
    """buzz: median envelope line at the frame rate, dB; distance: log-spectral, dB; mel: mean error, normalised units;
    recognised: share of clips that the independent classifier names rightly after the vocoder."""

    buzz: float
    distance: float
    mel: float
    recognised: float


def measure(vocoder: Vocoder, clips: Sequence[Tensor], labels: Sequence[int], judge: Judge) -> VocoderFigures:
    """Figures of a vocoder (normalised log-mel (T, 128) → samples) on clips (samples,) of 1 s or more at 48 kHz.

    judge: normalised log-mels (B, T, 128) to posteriors or logits (B, kinds); clips have one length.
    """
    front = pocket_front_end()
    sounds, mels, distances, errors = [], [], [], []
    with torch.inference_mode():
        for clip in clips:
            mel = pocket_log_mel(clip)
            sound = vocoder(mel).float().cpu()
            again = pocket_log_mel(sound)
            real, found = (front.magnitudes(x[None])[0].numpy() for x in (clip, sound))
            distances.append(log_spectral_distance(real, found, floor=1e-3))
            errors.append(float((again - mel).abs().mean()))
            sounds.append(sound.numpy())
            mels.append(again)
    recognised = top1(judge(torch.stack(mels)), labels)
    frame_rate = POCKET.rate / POCKET.hop
    return VocoderFigures(
        buzz_median(sounds, POCKET.rate, frame_rate), float(np.mean(distances)), float(np.mean(errors)), recognised
    )


def passes(learned: VocoderFigures, fallback: VocoderFigures) -> bool:
    """Whether the learned vocoder ships: no buzz, and no worse than the fallback in spectrum and recognition."""
    return (
        learned.buzz <= BUZZ_LIMIT
        and learned.distance <= fallback.distance
        and learned.recognised >= fallback.recognised - 0.005
    )


def decide(figures: Mapping[str, VocoderFigures]) -> str:
    """"vocos" or "griffin-lim", from the figures under these names; "real" may stand beside them for comparison."""
    return "vocos" if "vocos" in figures and passes(figures["vocos"], figures["griffin-lim"]) else "griffin-lim"


def gate(work: Path, limit: int = 145) -> str:
    """The choice for a work folder, also written to `stages/gate.json`: on at most `limit` clips of the test split.

    Without a trained vocoder only Griffin-Lim is measured.
    """
    from engine.evaluation import classifier
    from engine.griffin_lim import griffin_lim
    from engine.training import vocoder
    from engine.training.data import load_corpus
    from engine.vocos import vocode

    corpus, judge = load_corpus(work, "test"), classifier.train(work, 0.0).eval().cpu()
    audio = np.load(work / "corpus" / "test-audio.npy", mmap_mode="r")
    single = np.flatnonzero(corpus.labels[: len(audio)] >= 0)[:limit]
    clips = [torch.from_numpy(audio[i].astype(np.float32) / 32768.0) for i in single]
    vocoders: dict[str, Vocoder] = {"griffin-lim": griffin_lim}
    if (work / "stages" / "vocoder.pt").exists():
        network = vocoder.train(work, 0.0).cpu()
        vocoders["vocos"] = lambda mel: vocode(network, mel)

    def verdict(mels: Tensor) -> np.ndarray:
        with torch.inference_mode():
            return torch.cat([judge(part[:, None])[1] for part in mels.split(16)]).numpy()

    return run(vocoders, clips, corpus.labels[single].tolist(), verdict, work / "stages" / "gate.json")


def run(
    vocoders: Mapping[str, Vocoder], clips: Sequence[Tensor], labels: Sequence[int], judge: Judge, report: Path
) -> str:
    """Measures the vocoders and the real clips, prints a table, writes it to `report` (JSON), returns the choice."""
    figures = {name: measure(vocoder, clips, labels, judge) for name, vocoder in vocoders.items()}
    choice = decide(figures)
    mels = torch.stack([pocket_log_mel(clip) for clip in clips])
    sounds = [clip.numpy() for clip in clips]
    real = VocoderFigures(buzz_median(sounds, POCKET.rate), 0.0, 0.0, top1(judge(mels), labels))
    print(f"{'vocoder':14} {'buzz dB':>8} {'LSD dB':>8} {'mel':>8} {'named':>8}")
    for name, row in {"real": real, **figures}.items():
        print(f"{name:14} {row.buzz:8.2f} {row.distance:8.2f} {row.mel:8.3f} {row.recognised:8.1%}")
    print(f"the model ships with {choice}", flush=True)
    table = {"vocoder": choice, "real": asdict(real), **{name: asdict(row) for name, row in figures.items()}}
    report.write_text(json.dumps(table, indent=1))
    return choice

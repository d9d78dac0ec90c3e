"""Stage `pack`: the trained stages as the weights that ship, convolutions as 8-bit rows, at most 25 MB in all."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from engine.nets.vae import VAE
from engine.training import clap, unet, vae
from engine.training.data import load_corpus
from engine.weights import FOLDER, packed

LIMIT = 25_000_000


def network(work: Path, stage: str) -> dict[str, Tensor]:
    """A stage's weights; the average where one was kept."""
    state = torch.load(work / "stages" / f"{stage}.pt", map_location="cpu", weights_only=True)
    return state["average"]["weights"] if "average" in state else state["network"]


def facts(work: Path) -> dict[str, Any]:
    """config.json: shapes, scaling factor, kinds, which vocoder, and how long each stage was trained."""
    corpus = load_corpus(work, "train")
    _, scale = vae.latents(work, VAE(vae.CONFIG), corpus, "train")
    minutes = {
        path.stem: round(torch.load(path, map_location="cpu", weights_only=True)["spent"] / 60, 1)
        for path in sorted((work / "stages").glob("*.pt"))
    }
    gate = work / "stages" / "gate.json"
    return {
        "unet": dataclasses.asdict(unet.CONFIG),
        "vae": dataclasses.asdict(dataclasses.replace(vae.CONFIG, scaling_factor=scale)),
        "audio_tower": dataclasses.asdict(clap.CONFIG),
        "vocoder": json.loads(gate.read_text())["vocoder"] if gate.exists() else "griffin-lim",
        "kinds": list(corpus.kinds),
        "trained": {"clips": len(corpus), "minutes": minutes},
    }


def pack(work: Path, folder: Path = FOLDER) -> None:
    """Writes the package's weights. ValueError if they exceed 25 MB."""
    folder.mkdir(parents=True, exist_ok=True)
    config = facts(work)
    tuned = (work / "stages" / "tune.pt").exists()
    save_file(packed(network(work, "tune" if tuned else "unet")), folder / "unet.safetensors")
    save_file(packed(network(work, "vae")), folder / "vae.safetensors")
    save_file(packed(network(work, "clap")), folder / "audio.safetensors")
    save_file(packed(network(work, "classifier")), folder / "judge.safetensors")
    shutil.copyfile(work / "stages" / "text.safetensors", folder / "text.safetensors")
    if config["vocoder"] == "vocos":
        save_file(packed(network(work, "vocoder")), folder / "vocoder.safetensors")
    for path in folder.glob("*.safetensors"):
        path.chmod(0o644)  # safetensors writes for the owner alone, which a package must not
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(f"packed {size / 1e6:.1f} MB into {folder}", flush=True)
    if size > LIMIT:
        raise ValueError(f"the weights must not exceed {LIMIT / 1e6:.0f} MB, they have {size / 1e6:.1f} MB")

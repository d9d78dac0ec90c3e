"""What a checkpoint is, told from small files alone: configurations, and the headers of files with tensors."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from engine.errors import ModelError

PIPELINES: Mapping[str, str] = MappingProxyType({"audioldm": "AudioLDMPipeline", "audioldm2": "AudioLDM2Pipeline"})
"""The pipelines of diffusers that are read, by family."""

LICENCE = "CC-BY-NC-SA-4.0"
"""Licence of all published AudioLDM and AudioLDM 2 weights but those for speech: no commercial use."""
UNKNOWN = "unknown"

SCALES: Mapping[float, str] = MappingProxyType(
    {
        0.9227914214134216: "s-full",
        0.9392935633659363: "s-full-v2",
        0.9138255715370178: "m-full",
        0.9654927849769592: "l-full",
    }
)
"""The published checkpoints by the scaling factor of their VAE, which no two share."""
SCALE2 = 0.4110932946205139
"""Scaling factor of the VAE that the published AudioLDM 2 share."""
SHARED2 = ("base", "large", "t5")
"""Those that share it; the ones that speak have another licence."""
WIDTHS: Mapping[int, str] = MappingProxyType({128: "s", 192: "m", 256: "l"})
"""Sizes of the U-Net by the channels of its first level."""
HEAD_WIDTHS: Mapping[int, int] = MappingProxyType({256: 64})
"""Channels of a head in training by the channels of the first level, where they are not `HEAD_WIDTH`."""
HEAD_WIDTH = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a checkpoint is.

    path: of the folder or file. format: "diffusers" or "ckpt". family: "audioldm" or "audioldm2". shape: "s-full",
    "s-full-v2", "m-full" or "l-full" for a published AudioLDM, else "s", "m", "l" or "48k", or the U-Net's channels;
    "base" (which "music" is, too), "large", "t5" or "speech" for an AudioLDM 2. rate: in Hz. size: of its files in
    bytes. licence: as a short name, "unknown" where nothing says it. commercial: False where the licence forbids it,
    None where it is unknown. ema: averaged weights are in it. audio_tower: it can hear (rank takes, vary a recording).
    tokenizer: its text tokenizer is with it. heads: of each level, as the network was trained; config_heads: as the
    configuration names them, None where there is none.
    """

    path: Path
    format: str
    family: str = "audioldm"
    shape: str
    rate: int
    size: int
    licence: str
    commercial: bool | None
    ema: bool
    audio_tower: bool
    tokenizer: bool
    scaling_factor: float
    channels: tuple[int, ...]
    heads: tuple[int, ...]
    config_heads: tuple[int, ...] | None
    prediction: str

    @property
    def summary(self) -> str:
        """A line for people."""
        form = {"diffusers": "diffusers folder", "ckpt": "the authors' file"}[self.format]
        extras = ["averaged weights"] * self.ema + ["hears recordings"] * self.audio_tower
        lacks = [] if self.tokenizer else ["no tokenizer beside it"]
        return ", ".join([f"{TITLES[self.family]} {self.shape}", form, f"{self.rate / 1000:g} kHz", *extras, *lacks])


TITLES: Mapping[str, str] = MappingProxyType({"audioldm": "AudioLDM", "audioldm2": "AudioLDM 2"})


def shape_name2(contexts: tuple[int | None, ...], layers: int, *, speech: bool, language: bool) -> str:
    """The name of an AudioLDM 2: contexts and layers of the U-Net, and what the checkpoint has beside it."""
    if speech or not language:
        return "speech" if speech else "t5"
    return "large" if layers > 1 or contexts[-1] is None else "base"


def shape_name(channels: tuple[int, ...], scaling_factor: float, rate: int) -> str:
    """The name of a shape: of the published checkpoint where the scaling factor is one's, else of the size."""
    size = WIDTHS.get(channels[0], "x".join(map(str, channels)))
    if rate == 48_000:
        return "48k" if channels[0] == 128 else f"48k-{size}"
    for scale, name in SCALES.items():
        if abs(scale - scaling_factor) < 1e-6 and name.split("-")[0] == size:
            return name
    return size


def is_published(shape: str, scaling_factor: float) -> bool:
    """Whether the name of a shape and its VAE's scaling factor are those of a checkpoint published under `LICENCE`."""
    return shape in SCALES.values() or (shape in SHARED2 and abs(scaling_factor - SCALE2) < 1e-6)


def trained_heads(channels: tuple[int, ...]) -> tuple[int, ...]:
    """Head counts of the authors' training: one for every 32 channels of a level, 64 where the first level has 256."""
    width = HEAD_WIDTHS.get(channels[0], HEAD_WIDTH)
    return tuple(max(1, channel // width) for channel in channels)


def licence_of(text: str) -> tuple[str, bool | None]:
    """Licence and whether it allows commercial use, from a model card's front matter."""
    found = re.search(r"^license:\s*([\w.+-]+)", text.split("\n---")[0], re.MULTILINE) if text[:3] == "---" else None
    if found is None:
        return UNKNOWN, None
    name = found.group(1)
    return name.upper() if name.lower().startswith("cc") else name, "-nc" not in name.lower()


def of_folder(folder: Path) -> Facts:
    """Facts of a diffusers folder. Raises `ModelError` if it is not one of AudioLDM's."""
    from engine.checkpoints.files import read_json, weights_file

    index = pipeline_index(folder)
    second = index["_class_name"] == PIPELINES["audioldm2"]
    more = ("text_encoder_2", "language_model", "projection_model") if second else ()
    parts = ("unet", "vae", "vocoder", "text_encoder", *more)
    unet, vae, vocoder, text = [read_json(folder / part / "config.json") for part in parts][:4]
    for part in parts:
        weights_file(folder / part)
    for part, config, key in (("unet", unet, "block_out_channels"), ("vae", vae, "scaling_factor")):
        if key not in config:
            raise ModelError(f"{folder / part / 'config.json'}: {key} is missing")
    channels = tuple(unet["block_out_channels"])
    rate, scale = int(vocoder.get("sampling_rate", 16_000)), float(vae["scaling_factor"])
    shape = _shape2(unet, index) if second else shape_name(channels, scale, rate)
    licence, commercial = _licence(folder / "README.md", is_published(shape, scale))
    return Facts(
        path=folder,
        format="diffusers",
        family="audioldm2" if second else "audioldm",
        shape=shape,
        rate=rate,
        size=sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()),
        licence=licence,
        commercial=commercial,
        ema=False,
        audio_tower="audio_config" in text,
        tokenizer=all((folder / one).is_dir() and one in index for one in ("tokenizer", "tokenizer_2")[: 1 + second]),
        scaling_factor=scale,
        channels=channels,
        heads=trained_heads(channels),
        config_heads=config_heads(unet),
        prediction=str(read_json(folder / "scheduler/scheduler_config.json").get("prediction_type", "epsilon")),
    )


def _shape2(unet: Mapping[str, Any], index: Mapping[str, Any]) -> str:
    """The name of an AudioLDM 2's shape, from the U-Net's configuration and the classes of the pipeline's parts."""
    widths = unet.get("cross_attention_dim")
    first = widths[0] if isinstance(widths, list) and widths and isinstance(widths[0], list) and widths[0] else [None]
    speech = "VitsModel" in (index.get("text_encoder_2") or ())
    return shape_name2(tuple(first), unet.get("transformer_layers_per_block", 1), speech=speech, language=True)


def _licence(card: Path, published: bool) -> tuple[str, bool | None]:
    """What the model card says, or else what is known of a published checkpoint."""
    found = licence_of(card.read_text("utf-8", "replace") if card.is_file() else "")
    return (LICENCE, False) if found == (UNKNOWN, None) and published else found


def config_heads(unet: Mapping[str, Any]) -> tuple[int, ...]:
    """Heads of each level as diffusers reads them: its `attention_head_dim` counts heads, unless another key does."""
    counts = unet.get("num_attention_heads") or unet.get("attention_head_dim", 8)
    levels = len(unet["block_out_channels"])
    return tuple(counts) if isinstance(counts, list | tuple) else (int(counts),) * levels


def pipeline_index(folder: Path) -> dict[str, Any]:
    """`model_index.json` of an AudioLDM or AudioLDM 2. Raises `ModelError` if it is missing or of another pipeline."""
    path = folder / "model_index.json"
    if not path.is_file():
        found = ", ".join(sorted(entry.name for entry in folder.iterdir())[:8]) or "nothing"
        raise ModelError(f"{folder} is not a checkpoint: expected model_index.json in it, found {found}")
    try:
        index = json.loads(path.read_text("utf-8"))
        kind = index.get("_class_name")
    except (ValueError, AttributeError) as error:
        raise ModelError(f"{path} is damaged: expected a JSON object, found {error}") from error
    if kind not in PIPELINES.values():
        known = " or ".join(PIPELINES.values())
        raise ModelError(f"{folder} holds {kind}: expected {known}, the only ones that are read")
    return index

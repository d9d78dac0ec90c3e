"""What reading a checkpoint gives, whichever format it came in: a shape, the noise it was trained under, tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor

from engine.checkpoints.facts import trained_heads
from engine.clap_audio import ClapAudioConfig
from engine.errors import BadRequest
from engine.families.audioldm_shapes import AudioLDMShape
from engine.schedule import Training

HeadCounts = str | Sequence[int]
"""Which head counts to use: "trained", "config", or a count for each level, as numbers or as text "4,8,12,20"."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Conditioner:
    """What an AudioLDM 2 has more: tensors of its Flan-T5, language model and projection, None for such as it has not.

    phonemes: of the second encoder of one that speaks. audiomae: of AudioMAE, which the authors' files have.
    tokenizer: folder of Flan-T5's or of the phonemes, where there is one.
    """

    words: Mapping[str, Tensor] | None = None
    language: Mapping[str, Tensor] | None = None
    projection: Mapping[str, Tensor] | None = None
    phonemes: Mapping[str, Tensor] | None = None
    audiomae: Mapping[str, Tensor] | None = None
    tokenizer: Path | None = None

    @property
    def reads(self) -> bool:
        """Whether it has all that its second text encoder needs to read: that of phonemes knows them by itself."""
        return self.tokenizer is not None or self.phonemes is not None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Checkpoint:
    """The parts of an AudioLDM or AudioLDM 2, not yet in networks, tensors under diffusers' and transformers' names.

    config_heads: as the configuration names them, one a level; None in the authors' format, which needs none. listed:
    the configuration has a list of them, which the published ones do not, so somebody has corrected it.
    audio: the audio half of CLAP and its shape, where the checkpoint has one. tokenizer: folder, where there is one.
    conditioner: of an AudioLDM 2, whose shape is an `AudioLDM2Shape` then.
    """

    path: Path
    shape: AudioLDMShape
    training: Training
    unet: Mapping[str, Tensor]
    vae: Mapping[str, Tensor]
    text: Mapping[str, Tensor]
    vocoder: Mapping[str, Tensor]
    audio: Mapping[str, Tensor] | None = None
    audio_shape: ClapAudioConfig | None = None
    tokenizer: Path | None = None
    conditioner: Conditioner | None = None
    config_heads: tuple[int, ...] | None = None
    listed: bool = False
    ema: bool = False

    def with_heads(self, heads: HeadCounts) -> Checkpoint:
        """The checkpoint with these head counts. Raises `BadRequest` for such as do not fit its channels."""
        counts = self.heads(heads)
        try:
            unet = replace(self.shape.unet, heads=counts)
        except ValueError as error:
            raise BadRequest("heads", f"heads {counts} do not fit the checkpoint: {error}") from error
        return replace(self, shape=replace(self.shape, unet=unet))

    def heads(self, heads: HeadCounts) -> tuple[int, ...]:
        """The counts that "trained", "config" or a list of them stand for. Raises `BadRequest`."""
        if heads == "trained":
            return self.config_heads if self.listed and self.config_heads else trained_heads(self.shape.unet.channels)
        if heads == "config":
            if self.config_heads is None:
                text = f"heads must be trained for {self.path.name}: a file of the authors has no other configuration"
                raise BadRequest("heads", text)
            return self.config_heads
        try:
            counts = tuple(int(part) for part in (heads.split(",") if isinstance(heads, str) else heads))
        except ValueError:
            text = f"heads must be trained | config | counts such as 4,8,12,20, got {heads!r}"
            raise BadRequest("heads", text) from None
        if len(counts) != len(self.shape.unet.channels) or min(counts) < 1:
            levels = len(self.shape.unet.channels)
            raise BadRequest("heads", f"heads must be {levels} counts of 1 or more, got {','.join(map(str, counts))}")
        return counts

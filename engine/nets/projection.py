"""What stands between AudioLDM 2's encoders and its language model: both sequences get one width and are framed."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectionConfig:
    """Shape of the projection; the defaults are those of the models for effects and music.

    first, second: widths of the two encoders, CLAP and Flan-T5 (or the phonemes' encoder). width: the language
    model's. positions: of a learned embedding that is added to the second encoder's output, which then has exactly so
    many vectors; 0 for none (speech has 310).
    """

    first: int = 512
    second: int = 1024
    width: int = 768
    positions: int = 0


class Projection(nn.Module):
    """Two linear layers, and a learned vector before and after each of the two sequences.

    Tensor names are those of diffusers' AudioLDM2ProjectionModel.
    """

    def __init__(self, config: ProjectionConfig) -> None:
        super().__init__()
        self.config = config
        self.projection = nn.Linear(config.first, config.width)
        self.projection_1 = nn.Linear(config.second, config.width)
        self.sos_embed, self.eos_embed, self.sos_embed_1, self.eos_embed_1 = (
            nn.Parameter(torch.ones(config.width)) for _ in range(4)
        )
        if config.positions:
            self.learnable_positional_embedding = nn.Parameter(torch.zeros(1, config.second, config.positions))

    def forward(self, first: Tensor, second: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """The language model's prefix (B, N + L + 4, width) and its boolean mask, from (B, N, first), (B, L, second).

        mask: boolean (B, L), False where `second` is padding; the frames and `first` are always looked at.
        """
        if self.config.positions:
            second = second + self.learnable_positional_embedding.transpose(1, 2)
        parts = (
            self._framed(self.projection(first), self.sos_embed, self.eos_embed),
            self._framed(self.projection_1(second), self.sos_embed_1, self.eos_embed_1),
        )
        ones = mask.new_ones(mask.shape[0], 1)
        seen = torch.cat((ones.expand(-1, parts[0].shape[1]), ones, mask, ones), dim=1)
        return torch.cat(parts, dim=1), seen

    @staticmethod
    def _framed(x: Tensor, begin: Tensor, end: Tensor) -> Tensor:
        batch = x.shape[0]
        return torch.cat((begin.expand(batch, 1, -1), x, end.expand(batch, 1, -1)), dim=1)

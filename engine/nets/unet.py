"""The U-Net that predicts noise (or velocity) in the latent, conditioned on a time, an embedding and sequences.

AudioLDM's network (Liu et al. 2023) takes one embedding, which is concatenated to the time embedding and reaches every
residual block; there is no cross-attention. AudioLDM 2's takes none: behind each residual block several transformers
follow one another, some with cross-attention to a sequence, each to its own. Tensor names and numbers are those of
diffusers' UNet2DConditionModel with class_embed_type "simple_projection" and class_embeddings_concat, and of its
AudioLDM2UNet2DConditionModel.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.nets.attention import Crossing, Transformer
from engine.nets.blocks import Downsample, Resnet, Upsample
from engine.nets.embedding import TimeEmbedding


@dataclass(frozen=True, slots=True, kw_only=True)
class UNetConfig:
    """Shape of a U-Net; the defaults are AudioLDM S. Levels run from the widest image to the smallest.

    `heads` counts the attention heads of each level; diffusers' published configs say 8 everywhere, training used a
    head for every 32 channels (64 in L). `double_attention=False` drops the second self-attention of each transformer
    block. `transformers` stand one after the other behind each residual block (2 in the 48 kHz checkpoint); `contexts`,
    where it is not empty, says of each of them how wide the vectors are that its second attention looks at, None for
    its own tokens. `class_dim` is None where there is no embedding.
    `unshuffle=2` folds 2x2 latent positions into channels at the entry and unfolds them at the exit.
    ValueError if levels, heads or groups do not fit the channels.
    """

    in_channels: int = 8
    out_channels: int = 8
    channels: tuple[int, ...] = (128, 256, 384, 640)
    layers: int = 2
    heads: tuple[int, ...] = (4, 8, 12, 20)
    attention: tuple[bool, ...] = (False, True, True, True)
    transformer_layers: int = 1
    transformers: int = 1
    contexts: tuple[int | None, ...] = ()
    double_attention: bool = True
    groups: int = 32
    class_dim: int | None = 512
    unshuffle: int = 1

    def __post_init__(self) -> None:
        if not len(self.channels) == len(self.heads) == len(self.attention):
            raise ValueError(
                f"channels, heads and attention need one entry a level, got {self.channels}, "
                f"{self.heads}, {self.attention}"
            )
        for width, heads in zip(self.channels, self.heads, strict=True):
            if width % heads or width % self.groups:
                raise ValueError(f"{width} channels must divide by {heads} heads and by {self.groups} groups")

    @property
    def embedding(self) -> int:
        """Width of the concatenated time and class embedding, or of the time embedding alone."""
        return (4 if self.class_dim is None else 8) * self.channels[0]

    @property
    def stack(self) -> tuple[int | None, ...]:
        """The transformers behind a residual block, in order: the width of each one's context, None for none."""
        return self.contexts or (None,) * self.transformers

    @property
    def widths(self) -> tuple[int, ...]:
        """Widths of the sequences that the network takes, in the order in which it does."""
        return tuple(width for width in self.stack if width is not None)


class Level(nn.Module):
    """What the down path, the middle and the up path have in common: residual blocks, each maybe with attention."""

    def __init__(self, config: UNetConfig, level: int, inputs: Sequence[int], *, attentions: int) -> None:
        """Residual blocks with `inputs` channels each; behind the first `attentions` of them stand the transformers."""
        super().__init__()
        self.stack = config.stack
        width, heads = config.channels[level], config.heads[level]
        self.resnets = nn.ModuleList(
            Resnet(entry, width, groups=config.groups, eps=1e-5, embedding=config.embedding) for entry in inputs
        )
        self.attentions = nn.ModuleList(
            Transformer(
                width,
                heads,
                layers=config.transformer_layers,
                groups=config.groups,
                context=context,
                double=config.double_attention,
            )
            for _ in range(attentions)
            for context in config.stack
        )

    def block(self, index: int, x: Tensor, embedding: Tensor, crossings: Iterator[Crossing]) -> Tensor:
        """Residual block `index`, and its transformers where there are some; `crossings` are taken as they come."""
        x = self.resnets[index](x, embedding)
        begin = index * len(self.stack)
        for attention, width in zip(self.attentions[begin : begin + len(self.stack)], self.stack, strict=False):
            x = attention(x) if width is None else attention(x, next(crossings))
        return x


class DownLevel(Level):
    """One level on the way down; every intermediate result is kept as a skip."""

    def __init__(self, config: UNetConfig, level: int) -> None:
        width, entry = config.channels[level], config.channels[max(level - 1, 0)]
        super().__init__(
            config, level, [entry] + [width] * (config.layers - 1), attentions=config.layers * config.attention[level]
        )
        last = level == len(config.channels) - 1
        self.downsamplers = nn.ModuleList([] if last else [Downsample(width)])

    def forward(self, x: Tensor, embedding: Tensor, skips: list[Tensor], crossings: Iterator[Crossing]) -> Tensor:
        """Image in, smaller image out; appends to `skips`."""
        for index in range(len(self.resnets)):
            x = self.block(index, x, embedding, crossings)
            skips.append(x)
        for downsample in self.downsamplers:
            x = downsample(x)
            skips.append(x)
        return x


class MidLevel(Level):
    """The bottom: a residual block, attention, a residual block."""

    def __init__(self, config: UNetConfig) -> None:
        super().__init__(config, -1, [config.channels[-1]] * 2, attentions=1)

    def forward(self, x: Tensor, embedding: Tensor, crossings: Iterator[Crossing]) -> Tensor:
        """Same shape out."""
        return self.block(1, self.block(0, x, embedding, crossings), embedding, crossings)


class UpLevel(Level):
    """One level on the way up; every residual block takes a skip beside its input."""

    def __init__(self, config: UNetConfig, level: int) -> None:
        width, blocks = config.channels[level], config.layers + 1
        below = config.channels[min(level + 1, len(config.channels) - 1)]
        skips = [width] * config.layers + [config.channels[max(level - 1, 0)]]
        super().__init__(
            config,
            level,
            [a + b for a, b in zip([below] + [width] * config.layers, skips, strict=True)],
            attentions=blocks * config.attention[level],
        )
        self.upsamplers = nn.ModuleList([Upsample(width)] if level else [])

    def forward(self, x: Tensor, embedding: Tensor, skips: list[Tensor], crossings: Iterator[Crossing]) -> Tensor:
        """Image in, larger image out, exactly as large as the next skip; pops from `skips`."""
        for index in range(len(self.resnets)):
            x = self.block(index, torch.cat((x, skips.pop()), dim=1), embedding, crossings)
        for upsample in self.upsamplers:
            x = upsample(x, skips[-1].shape[2:])
        return x


class UNet(nn.Module):
    """See the module's first lines. Made with torch's default initialisation: load weights or call zero_residuals."""

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        self.config = config
        base, levels, fold = config.channels[0], range(len(config.channels)), config.unshuffle**2
        self.conv_in = nn.Conv2d(config.in_channels * fold, base, 3, padding=1)
        self.time_embedding = TimeEmbedding(base, 4 * base)
        self.class_embedding = None if config.class_dim is None else nn.Linear(config.class_dim, 4 * base)
        self.down_blocks = nn.ModuleList(DownLevel(config, level) for level in levels)
        self.mid_block = MidLevel(config)
        self.up_blocks = nn.ModuleList(UpLevel(config, level) for level in reversed(levels))
        self.conv_norm_out = nn.GroupNorm(config.groups, base, eps=1e-5)
        self.conv_out = nn.Conv2d(base, config.out_channels * fold, 3, padding=1)

    def crossings(self, *contexts: Tensor) -> tuple[Crossing, ...]:
        """The sequences (B, M, width) that the network looks at, made ready for all its calls.

        As many as `config.widths`, in the network's dtype. Returns one crossing for each transformer with a context, in
        the order in which `forward` comes to them.
        """
        if len(contexts) != len(self.config.widths):
            raise ValueError(f"the network looks at {len(self.config.widths)} sequences, got {len(contexts)}")
        made = []
        for level in (*self.down_blocks, self.mid_block, *self.up_blocks):
            given = [iter(contexts) for _ in range(len(level.attentions) // len(self.config.stack))]
            for index, attention in enumerate(level.attentions):
                block, place = divmod(index, len(self.config.stack))
                if self.config.stack[place] is not None:
                    made.append(attention.crossing(next(given[block])))
        return tuple(made)

    def forward(
        self, x: Tensor, t: Tensor, class_embedding: Tensor | None = None, crossings: Sequence[Crossing] = ()
    ) -> Tensor:
        """Predicts from latents (B, in_channels, T, F), times (B,) and what the configuration says: (B, out, T, F).

        class_embedding: (B, class_dim). crossings: what the method of that name gives. Any T and F. All but the times
        come in the network's dtype (or under autocast).
        """
        embedding = self.time_embedding(t)
        if self.class_embedding is not None:
            embedding = torch.cat((embedding, self.class_embedding(class_embedding)), dim=1)
        embedding = F.silu(embedding)
        ahead = iter(crossings)
        h = self.conv_in(fold(x, self.config.unshuffle))
        skips = [h]
        for down in self.down_blocks:
            h = down(h, embedding, skips, ahead)
        h = self.mid_block(h, embedding, ahead)
        for up in self.up_blocks:
            h = up(h, embedding, skips, ahead)
        h = self.conv_out(F.silu(self.conv_norm_out(h)))
        return unfold(h, self.config.unshuffle, x.shape[2], x.shape[3])

    @torch.no_grad()
    def zero_residuals(self) -> None:
        """Zeroes the last layer of every residual branch and of the network: where training begins (as in ADM)."""
        for module in self.modules():
            last = module.conv2 if isinstance(module, Resnet) else getattr(module, "proj_out", None)
            for parameter in last.parameters() if last is not None else ():
                parameter.zero_()
        for parameter in self.conv_out.parameters():
            parameter.zero_()


def fold(x: Tensor, by: int) -> Tensor:
    """(B, C, T, F) to (B, C * by^2, ceil(T / by), ceil(F / by)); missing rows and columns repeat the last one."""
    if by == 1:
        return x
    rows, columns = -x.shape[2] % by, -x.shape[3] % by
    padded = F.pad(x, (0, columns, 0, rows), mode="replicate") if rows or columns else x
    return F.pixel_unshuffle(padded, by)


def unfold(x: Tensor, by: int, rows: int, columns: int) -> Tensor:
    """The inverse of fold, cropped to `rows` and `columns`."""
    return x if by == 1 else F.pixel_shuffle(x, by)[:, :, :rows, :columns]

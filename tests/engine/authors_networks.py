"""AudioLDM's networks in the arrangement that the authors' checkpoints have: flat lists of blocks, convolutions for the
VAE's attention. Written anew from the description of the format, to have something to compare the reading with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.hifigan import HifiGanConfig
from engine.nets.attention import Transformer
from engine.nets.embedding import sinusoid
from engine.nets.unet import UNetConfig
from engine.nets.vae import VAEConfig


class Block(nn.Module):
    """A residual block of the U-Net."""

    def __init__(self, inputs: int, outputs: int, embedding: int, groups: int) -> None:
        super().__init__()
        self.in_layers = nn.Sequential(nn.GroupNorm(groups, inputs), nn.SiLU(), nn.Conv2d(inputs, outputs, 3, 1, 1))
        self.emb_layers = nn.Sequential(nn.SiLU(), nn.Linear(embedding, outputs))
        self.out_layers = nn.Sequential(
            nn.GroupNorm(groups, outputs), nn.SiLU(), nn.Dropout(0.0), nn.Conv2d(outputs, outputs, 3, 1, 1)
        )
        self.skip_connection = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        h = self.in_layers(x) + self.emb_layers(embedding)[:, :, None, None]
        return self.skip_connection(x) + self.out_layers(h)


class Down(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.op = nn.Conv2d(channels, channels, 3, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.op(x)


class Up(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.interpolate(x, scale_factor=2, mode="nearest"))


class AuthorsUNet(nn.Module):
    """The U-Net; rows and columns of its input must divide by 2 for every level but the last."""

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        base, last, wide = config.channels[0], len(config.channels) - 1, config.embedding
        self.base = base
        self.time_embed = nn.Sequential(nn.Linear(base, 4 * base), nn.SiLU(), nn.Linear(4 * base, 4 * base))
        if config.class_dim is not None:
            self.film_emb = nn.Linear(config.class_dim, 4 * base)

        def stage(inputs: int, level: int) -> list[nn.Module]:
            width, heads = config.channels[level], config.heads[level]
            stack = config.stack if config.attention[level] else ()
            layers, groups = config.transformer_layers, config.groups
            block = Block(inputs, width, wide, config.groups)
            return [block, *(Transformer(width, heads, layers=layers, groups=groups, context=one) for one in stack)]

        self.input_blocks = nn.ModuleList([nn.ModuleList([nn.Conv2d(config.in_channels, base, 3, 1, 1)])])
        now, skips = base, [base]
        for level, width in enumerate(config.channels):
            for _ in range(config.layers):
                self.input_blocks.append(nn.ModuleList(stage(now, level)))
                now = width
                skips.append(now)
            if level < last:
                self.input_blocks.append(nn.ModuleList([Down(now)]))
                skips.append(now)
        self.middle_block = nn.ModuleList([*stage(now, last), Block(now, now, wide, config.groups)])
        self.output_blocks = nn.ModuleList()
        for level in reversed(range(last + 1)):
            for index in range(config.layers + 1):
                modules = stage(now + skips.pop(), level)
                now = config.channels[level]
                if level and index == config.layers:
                    modules.append(Up(now))
                self.output_blocks.append(nn.ModuleList(modules))
        self.out = nn.Sequential(
            nn.GroupNorm(config.groups, base), nn.SiLU(), nn.Conv2d(base, config.out_channels, 3, 1, 1)
        )

    def forward(self, x: Tensor, t: Tensor, y: Tensor | None = None, contexts: Sequence[Tensor] = ()) -> Tensor:
        embedding = self.time_embed(sinusoid(t, self.base))
        if y is not None:
            embedding = torch.cat((embedding, self.film_emb(y)), dim=1)

        def through(modules: Any, h: Tensor) -> Tensor:
            """Transformers behind a block look at nothing, then at each of the contexts, then at nothing again."""
            ahead = [None, *contexts, None]
            for module in modules:
                if isinstance(module, Transformer):
                    context = ahead.pop(0)
                    h = module(h) if context is None else module(h, module.crossing(context))
                else:
                    h = module(h, embedding) if isinstance(module, Block) else module(h)
            return h

        skips = []
        for modules in self.input_blocks:
            x = through(modules, x)
            skips.append(x)
        x = through(self.middle_block, x)
        for modules in self.output_blocks:
            x = through(modules, torch.cat((x, skips.pop()), dim=1))
        return self.out(x)


class CoderBlock(nn.Module):
    """A residual block of the VAE."""

    def __init__(self, inputs: int, outputs: int, groups: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, inputs, eps=1e-6)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, 1, 1)
        self.norm2 = nn.GroupNorm(groups, outputs, eps=1e-6)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1)
        if inputs != outputs:
            self.nin_shortcut = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv2(F.silu(self.norm2(self.conv1(F.silu(self.norm1(x))))))
        return h + (self.nin_shortcut(x) if hasattr(self, "nin_shortcut") else x)


class CoderAttention(nn.Module):
    def __init__(self, width: int, groups: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(groups, width, eps=1e-6)
        self.q, self.k, self.v, self.proj_out = (nn.Conv2d(width, width, 1) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        h = self.norm(x)
        q, k, v = (one(h).flatten(2) for one in (self.q, self.k, self.v))
        weights = (q.transpose(1, 2) @ k / q.shape[1] ** 0.5).softmax(dim=2)
        return x + self.proj_out((v @ weights.transpose(1, 2)).reshape(x.shape))


class Middle(nn.Module):
    def __init__(self, width: int, groups: int) -> None:
        super().__init__()
        self.block_1 = CoderBlock(width, width, groups)
        self.attn_1 = CoderAttention(width, groups)
        self.block_2 = CoderBlock(width, width, groups)

    def forward(self, x: Tensor) -> Tensor:
        return self.block_2(self.attn_1(self.block_1(x)))


class Coder(nn.Module):
    """Encoder or decoder: a list of levels counted from the mel on either way."""

    def __init__(self, config: VAEConfig, *, up: bool) -> None:
        super().__init__()
        channels, groups = config.channels, config.groups
        levels, last = nn.ModuleList(), len(channels) - 1
        for level, width in enumerate(channels):
            entry = channels[min(level + 1, last)] if up else channels[max(level - 1, 0)]
            count = config.layers + 1 if up else config.layers
            one = nn.Module()
            one.block = nn.ModuleList(CoderBlock(width if k else entry, width, groups) for k in range(count))
            one.attn = nn.ModuleList()
            if up and level:
                one.upsample = Up(width)
            if not up and level < last:
                one.downsample = nn.Module()
                one.downsample.conv = nn.Conv2d(width, width, 3, 2, 0)
            levels.append(one)
        self.mid = Middle(channels[-1], groups)
        ends = (config.latent_channels, channels[-1], channels[0], 1)
        ends = ends if up else (1, channels[0], channels[-1], 2 * config.latent_channels)
        self.conv_in = nn.Conv2d(ends[0], ends[1], 3, 1, 1)
        self.norm_out = nn.GroupNorm(groups, ends[2], eps=1e-6)
        self.conv_out = nn.Conv2d(ends[2], ends[3], 3, 1, 1)
        setattr(self, "up" if up else "down", levels)

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv_in(x)
        if hasattr(self, "down"):
            for level in self.down:
                for block in level.block:
                    h = block(h)
                h = level.downsample.conv(F.pad(h, (0, 1, 0, 1))) if hasattr(level, "downsample") else h
            h = self.mid(h)
        else:
            h = self.mid(h)
            for level in reversed(self.up):
                for block in level.block:
                    h = block(h)
                h = level.upsample(h) if hasattr(level, "upsample") else h
        return self.conv_out(F.silu(self.norm_out(h)))


class ResidualConvolutions(nn.Module):
    def __init__(self, width: int, kernel: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.convs1 = nn.ModuleList(nn.Conv1d(width, width, kernel, 1, "same", d) for d in dilations)
        self.convs2 = nn.ModuleList(nn.Conv1d(width, width, kernel, 1, "same") for _ in dilations)

    def forward(self, x: Tensor) -> Tensor:
        for one, two in zip(self.convs1, self.convs2, strict=True):
            x = x + two(F.leaky_relu(one(F.leaky_relu(x, 0.1)), 0.1))
        return x


class AuthorsVocoder(nn.Module):
    def __init__(self, config: HifiGanConfig) -> None:
        super().__init__()
        widths = [config.width >> index for index in range(len(config.rates) + 1)]
        self.conv_pre = nn.Conv1d(config.bands, widths[0], 7, 1, 3)
        self.ups = nn.ModuleList(
            nn.ConvTranspose1d(a, b, kernel, rate, (kernel - rate) // 2)
            for a, b, kernel, rate in zip(widths[:-1], widths[1:], config.kernels, config.rates, strict=True)
        )
        self.resblocks = nn.ModuleList(
            ResidualConvolutions(width, kernel, config.dilations)
            for width in widths[1:]
            for kernel in config.block_kernels
        )
        self.kinds = len(config.block_kernels)
        self.conv_post = nn.Conv1d(widths[-1], 1, 7, 1, 3)

    def forward(self, mel: Tensor) -> Tensor:
        x = self.conv_pre(mel.transpose(1, 2))
        for index, up in enumerate(self.ups):
            x = up(F.leaky_relu(x, 0.1))
            blocks = self.resblocks[index * self.kinds : (index + 1) * self.kinds]
            x = torch.stack([block(x) for block in blocks]).mean(dim=0)
        return torch.tanh(self.conv_post(F.leaky_relu(x)))[:, 0]


class AuthorsVAE(nn.Module):
    def __init__(self, config: VAEConfig, vocoder: HifiGanConfig) -> None:
        super().__init__()
        self.encoder, self.decoder = Coder(config, up=False), Coder(config, up=True)
        self.quant_conv = nn.Conv2d(2 * config.latent_channels, 2 * config.latent_channels, 1)
        self.post_quant_conv = nn.Conv2d(config.latent_channels, config.latent_channels, 1)
        self.vocoder = AuthorsVocoder(vocoder)

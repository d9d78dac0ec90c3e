"""Attention over the positions of an image, as latent diffusion builds it."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F

from engine.leaving import breathe

KeysValues = tuple[Tensor, Tensor]
"""Keys and values of a context, (B, M, channels) each."""


@dataclass(frozen=True, slots=True, eq=False)
class Crossing:
    """What the cross-attentions of one transformer look at.

    pairs: keys and values for each of its blocks; they depend on nothing but the context, so they are computed once for
    all steps. mask: boolean (B, M), False where the context is padding; None is all True.
    """

    pairs: tuple[KeysValues, ...]
    mask: Tensor | None = None


def to_tokens(x: Tensor) -> Tensor:
    """(B, C, rows, columns) to (B, rows * columns, C); a view, and contiguous where `x` is channels_last."""
    return x.flatten(2).transpose(1, 2)


def to_image(tokens: Tensor, rows: int, columns: int) -> Tensor:
    """(B, rows * columns, C) to (B, C, rows, columns); a view, channels_last where the tokens are contiguous."""
    return tokens.transpose(1, 2).unflatten(2, (rows, columns))


class Attention(nn.Module):
    """Multi-head attention of tokens (B, N, channels) to a context (B, M, context), by default to themselves.

    Queries, keys and values have a bias only in the VAE (`bias`); the output always has one.
    """

    def __init__(self, channels: int, heads: int, *, context: int | None = None, bias: bool = False) -> None:
        super().__init__()
        self.heads = heads
        context = channels if context is None else context
        self.to_q = nn.Linear(channels, channels, bias=bias)
        self.to_k = nn.Linear(context, channels, bias=bias)
        self.to_v = nn.Linear(context, channels, bias=bias)
        self.to_out = nn.ModuleList([nn.Linear(channels, channels)])

    def keys_values(self, context: Tensor) -> KeysValues:
        """What `forward` makes of a context (B, M, context) first."""
        return self.to_k(context), self.to_v(context)

    def forward(self, x: Tensor, seen: KeysValues | None = None, mask: Tensor | None = None) -> Tensor:
        """(B, N, C) to (B, N, C), attending to `seen`, by default to `x` itself. mask: as in `Crossing`."""
        q, k, v = (
            part.unflatten(2, (self.heads, -1)).transpose(1, 2)
            for part in (self.to_q(x), *(seen or self.keys_values(x)))
        )
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=None if mask is None else mask[:, None, None, :])
        return self.to_out[0](y.transpose(1, 2).flatten(2))


class GatedUnit(nn.Module):
    """Linear layer whose second half of outputs gates the first through a GELU (GEGLU, Shazeer 2020)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.proj = nn.Linear(inputs, 2 * outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(B, N, inputs) to (B, N, outputs)."""
        value, gate = self.proj(x).chunk(2, dim=-1)
        return value * F.gelu(gate)


class FeedForward(nn.Module):
    """Gated expansion to four times the width and back."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        # The identity stands where diffusers has a dropout: it keeps the last layer's name, net.2.
        self.net = nn.ModuleList([GatedUnit(channels, 4 * channels), nn.Identity(), nn.Linear(4 * channels, channels)])

    def forward(self, x: Tensor) -> Tensor:
        """(B, N, C) to (B, N, C)."""
        return self.net[2](self.net[0](x))


class TransformerBlock(nn.Module):
    """Self-attention, a second attention, feed-forward; each on normalised tokens, each added to them.

    The second attention looks at a context of width `context`, or at the tokens themselves where that is None, as
    AudioLDM's does; `double=False` leaves it out.
    """

    def __init__(self, channels: int, heads: int, *, context: int | None = None, double: bool = True) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(channels)
        self.attn1 = Attention(channels, heads)
        self.norm2 = nn.LayerNorm(channels) if double else None
        self.attn2 = Attention(channels, heads, context=context) if double else None
        self.norm3 = nn.LayerNorm(channels)
        self.ff = FeedForward(channels)

    def forward(self, x: Tensor, seen: KeysValues | None = None, mask: Tensor | None = None) -> Tensor:
        """(B, N, C) to (B, N, C). seen, mask: of the second attention's context, as Attention takes them."""
        breathe()
        x = x + self.attn1(self.norm1(x))
        if self.attn2 is not None and self.norm2 is not None:
            x = x + self.attn2(self.norm2(x), seen, mask)
        return x + self.ff(self.norm3(x))


class Transformer(nn.Module):
    """A residual stack of `layers` transformer blocks over the positions of an image."""

    def __init__(
        self,
        channels: int,
        heads: int,
        *,
        layers: int = 1,
        groups: int = 32,
        context: int | None = None,
        double: bool = True,
    ) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(groups, channels, eps=1e-6)
        self.proj_in = nn.Conv2d(channels, channels, 1)
        self.transformer_blocks = nn.ModuleList(
            TransformerBlock(channels, heads, context=context, double=double) for _ in range(layers)
        )
        self.proj_out = nn.Conv2d(channels, channels, 1)

    def crossing(self, context: Tensor, mask: Tensor | None = None) -> Crossing:
        """A context (B, M, context) made ready for `forward`, for as many calls as there are."""
        seconds = [block.get_submodule("attn2") for block in self.transformer_blocks]
        return Crossing(tuple(one.keys_values(context) for one in seconds if isinstance(one, Attention)), mask)

    def forward(self, x: Tensor, crossing: Crossing | None = None) -> Tensor:
        """(B, C, rows, columns) to the same shape."""
        tokens = to_tokens(self.proj_in(self.norm(x)))
        for index, block in enumerate(self.transformer_blocks):
            tokens = block(tokens) if crossing is None else block(tokens, crossing.pairs[index], crossing.mask)
        return x + self.proj_out(to_image(tokens, x.shape[2], x.shape[3]))


class ImageAttention(Attention):
    """The VAE's attention: one head over all positions of an image, with biases, added to its input."""

    def __init__(self, channels: int, *, groups: int) -> None:
        super().__init__(channels, heads=1, bias=True)
        self.group_norm = nn.GroupNorm(groups, channels, eps=1e-6)

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]
        """(B, C, rows, columns) to the same shape."""
        tokens = super().forward(to_tokens(self.group_norm(x)))
        return x + to_image(tokens, x.shape[2], x.shape[3])

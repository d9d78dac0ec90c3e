"""Phonemes to vectors: the text encoder of VITS (Kim et al. 2021), which AudioLDM 2's speech models listen to.

A transformer with relative positions, through transformers, which is imported where it is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor, nn

from engine.clap_text import REMEMBERED
from engine.phonemes import PAD, Symbols


@dataclass(frozen=True, slots=True, kw_only=True)
class VitsTextConfig:
    """Shape of the encoder; the defaults are those of the published speech models.

    vocabulary: symbols. kernel: of the convolutions in its feed-forward parts. window: places to either side whose
    distance attention knows. flow: half of the channels of its last projection, which VITS's own decoder would read and
    AudioLDM 2 does not.
    """

    vocabulary: int = 183
    width: int = 192
    layers: int = 6
    heads: int = 2
    feed_forward: int = 768
    kernel: int = 3
    window: int = 4
    flow: int = 192


def build_vits_text(config: VitsTextConfig) -> nn.Module:
    """The encoder with random weights, in eval mode, under the tensor names of VitsModel's `text_encoder`."""
    import transformers
    from transformers.models.vits.modeling_vits import VitsTextEncoder

    shape = transformers.VitsConfig(
        vocab_size=config.vocabulary,
        hidden_size=config.width,
        num_hidden_layers=config.layers,
        num_attention_heads=config.heads,
        ffn_dim=config.feed_forward,
        ffn_kernel_size=config.kernel,
        window_size=config.window,
        flow_size=config.flow,
        pad_token_id=0,
        # The encoder adds its mask to its logits. Only this way of attending, which VitsModel sets for itself, makes
        # the mask for that. transformers takes the option in every configuration and declares it in none.
        attn_implementation="eager",  # type: ignore[call-arg]
    )
    return VitsTextEncoder(shape).eval()


class VitsText:
    """An encoder and what it knows of phonemes. `encode` remembers the last texts."""

    def __init__(self, encoder: nn.Module, symbols: Symbols) -> None:
        self.encoder = encoder
        self.symbols = symbols
        self.width = int(encoder.embed_tokens.weight.shape[1])  # type: ignore[union-attr, index]
        self.encode = lru_cache(maxsize=REMEMBERED)(self._encode)

    @torch.no_grad()
    def _encode(self, phonemes: str) -> tuple[Tensor, Tensor]:
        """Vectors float32 (length, width), and which of them are phonemes: boolean (length,), the end included.

        Always the model's full length, as its learned positions were trained. Raises `BadRequest` for too many phonemes
        and for such as it does not know.
        """
        own = self.symbols.ids(phonemes)
        ids = torch.full((1, self.symbols.length), self.symbols.numbers[PAD])
        ids[0, : len(own)] = torch.tensor(own)
        seen = torch.arange(self.symbols.length)[None] < len(own)
        seen = seen.to(next(self.encoder.parameters()).device)
        mask = seen.long()
        output = self.encoder(ids.to(seen.device), padding_mask=mask[..., None], attention_mask=mask)
        return output.last_hidden_state[0].float(), seen[0]

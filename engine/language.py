"""The language of audio: the GPT-2 with which AudioLDM 2 (Liu et al. 2023) outlines a sound, through transformers.

It reads a sequence of vectors, what the prompt's encoders say, and goes on with vectors of its own: each is its last
output, put behind the sequence as it is. There is no vocabulary, nothing is sampled, so equal prefixes give equal
outlines.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from engine.leaving import breathe


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageConfig:
    """Shape of the model; the defaults are GPT-2's, which all published AudioLDM 2 have.

    positions: how many vectors prefix and outline may have together.
    """

    width: int = 768
    layers: int = 12
    heads: int = 12
    positions: int = 1024


def build_language(config: LanguageConfig) -> nn.Module:
    """The model with random weights, in eval mode, under GPT2Model's tensor names.

    Its table of words, 154 MB that a model without words never reads, is left out but for one row.
    """
    import transformers

    shape = transformers.GPT2Config(
        vocab_size=1,
        n_embd=config.width,
        n_layer=config.layers,
        n_head=config.heads,
        n_positions=config.positions,
        bos_token_id=0,
        eos_token_id=0,
    )
    return transformers.GPT2Model(shape).eval()


def generate(model: nn.Module, prefix: Tensor, mask: Tensor, count: int, given: Tensor | None = None) -> Tensor:
    """The `count` vectors (B, count, width) with which the model goes on after `prefix` (B, N, width).

    mask: boolean (B, N), False where the prefix is padding, which takes up a position and is not looked at. given:
    (B, K, width), the beginning of the outline, to be gone on with instead of begun. What was computed for earlier
    vectors is kept, so each new one costs one vector's work. ValueError if it gets longer than the model can count.
    """
    sequence = prefix if given is None else torch.cat((prefix, given), dim=1)
    return write_on(model, Writing(sequence, extended(mask, sequence.shape[1]), count), count).made


@dataclass(frozen=True, slots=True, eq=False)
class Writing:
    """An outline that is being written. prefix, mask, count: as in `generate`. written: (B, K, width), what there is.
    memory: what the model has kept of the prefix and of all that is written but the last vector."""

    prefix: Tensor
    mask: Tensor
    count: int
    written: Tensor | None = None
    memory: Any = None

    @property
    def made(self) -> Tensor:
        """The vectors (B, K, width) that are written."""
        return self.prefix[:, :0] if self.written is None else self.written

    @property
    def done(self) -> bool:
        """True when all are."""
        return self.made.shape[1] >= self.count


def write_on(model: nn.Module, writing: Writing, most: int) -> Writing:
    """The same with `most` vectors more, or as many as are wanted. ValueError as in `generate`."""
    _check_length(model, writing.prefix.shape[1] + writing.count)
    made = [] if writing.written is None else [writing.written]
    memory: Any = copy.deepcopy(writing.memory)  # the model adds to it in place
    step = writing.prefix if writing.written is None else writing.written[:, -1:]
    begun = writing.prefix.shape[1] + writing.made.shape[1]
    for end in range(begun, min(begun + most, writing.prefix.shape[1] + writing.count)):
        breathe()
        output = model(
            inputs_embeds=step,
            attention_mask=extended(writing.mask, end).long(),
            position_ids=torch.arange(end - step.shape[1], end, device=step.device)[None],
            past_key_values=memory,
            use_cache=True,
        )
        memory = output.past_key_values
        step = output.last_hidden_state[:, -1:]
        made.append(step)
    return replace(writing, written=torch.cat(made, dim=1) if made else None, memory=memory)


def predict(model: nn.Module, prefix: Tensor, mask: Tensor, target: Tensor) -> Tensor:
    """What the model would say at each place of `target` (B, K, width) after seeing all before it (teacher forcing).

    prefix (B, N, width) and mask (B, N) as in `generate`. Returns (B, K, width), with gradients where they are on.
    """
    sequence = torch.cat((prefix, target), dim=1)
    length = sequence.shape[1]
    _check_length(model, length)
    output = model(
        inputs_embeds=sequence,
        attention_mask=extended(mask, length).long(),
        position_ids=torch.arange(length, device=sequence.device)[None],
        use_cache=False,
    ).last_hidden_state
    return output[:, prefix.shape[1] - 1 : -1]


def extended(mask: Tensor, length: int) -> Tensor:
    """A boolean mask (B, N) for a sequence that goes on to `length`, all of which is looked at."""
    return torch.cat((mask, mask.new_ones(mask.shape[0], length - mask.shape[1])), dim=1)


def _check_length(model: Any, length: int) -> None:
    positions = int(model.config.n_positions)
    if length > positions:
        raise ValueError(f"prefix and outline must be {positions} vectors or fewer together, got {length}")

"""AudioLDM's vocoder: HiFi-GAN (Kong et al. 2020) as transformers' SpeechT5HifiGan, whose tensor names we keep."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from engine.passes import Samples

REACH = 32
"""Mel frames to either side, more than the vocoder looks at: what it is shown of a loop, and of a window."""
WINDOW = 128
"""Mel frames of a window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HifiGanConfig:
    """Shape of the vocoder; the defaults are AudioLDM's at 16 kHz. `rates` are the upsampling factors of its stages.

    The vocoder takes log-mel (B, T, bands) in nats to samples (B, `hop` * T + a few), full scale -1 to 1.
    """

    bands: int = 64
    rate: int = 16_000
    width: int = 1024
    rates: tuple[int, ...] = (5, 4, 2, 2, 2)
    kernels: tuple[int, ...] = (16, 16, 8, 4, 4)
    block_kernels: tuple[int, ...] = (3, 7, 11)
    dilations: tuple[int, ...] = (1, 3, 5)

    @property
    def hop(self) -> int:
        """Samples per mel frame."""
        return math.prod(self.rates)

    def samples(self, frames: int) -> int:
        """Exact number of samples for `frames` mel frames: a stage with an odd difference of sizes adds one."""
        for rate, kernel in zip(self.rates, self.kernels, strict=True):
            frames = (frames - 1) * rate - 2 * ((kernel - rate) // 2) + kernel
        return frames


def in_windows(vocode: Callable[[Tensor], Samples], mel: Tensor, hop: int) -> Iterator[Samples]:
    """What `vocode` makes of a log-mel (T, bands), window by window, so that the first samples are there early.

    Each window is shown with `REACH` frames to either side, more than the network looks at: the pieces together are the
    whole but for the rounding of floats.
    """
    frames = len(mel)
    for start in range(0, frames, WINDOW):
        first, end = max(0, start - REACH), min(start + WINDOW, frames)
        samples = vocode(mel[first : end + REACH])[(start - first) * hop :]
        yield samples if end == frames else samples[: (end - start) * hop]


def build_hifigan(config: HifiGanConfig) -> nn.Module:
    """The vocoder with random weights, in eval mode. transformers is imported here, where it is needed."""
    from transformers import SpeechT5HifiGan

    # mypy cannot see through transformers' lazy modules.
    return SpeechT5HifiGan(_upstream(config)).eval()


def _upstream(config: HifiGanConfig) -> Any:
    from transformers import SpeechT5HifiGanConfig

    return SpeechT5HifiGanConfig(
        model_in_dim=config.bands,
        sampling_rate=config.rate,
        upsample_initial_channel=config.width,
        upsample_rates=list(config.rates),
        upsample_kernel_sizes=list(config.kernels),
        resblock_kernel_sizes=list(config.block_kernels),
        resblock_dilation_sizes=[list(config.dilations) for _ in config.block_kernels],
        leaky_relu_slope=0.1,
        normalize_before=False,
    )

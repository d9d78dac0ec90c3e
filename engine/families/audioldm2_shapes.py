"""The shapes of AudioLDM 2: one row for each published checkpoint, and tiny ones for tests.

Source: the checkpoints' configs on the hub and the authors' training configs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

from engine.clap_audio import ClapAudioConfig
from engine.clap_text import ClapTextConfig
from engine.families.audioldm_shapes import AudioLDMShape
from engine.flan_t5 import FlanT5Config
from engine.hifigan import HifiGanConfig
from engine.language import LanguageConfig
from engine.nets.audiomae import AudioMaeConfig
from engine.nets.projection import ProjectionConfig
from engine.nets.unet import UNetConfig
from engine.nets.vae import VAEConfig
from engine.vits_text import VitsTextConfig

Unconditional = Literal["zeros", "empty"]
"""What guidance leads away from where there is no negative prompt. "zeros": an outline of zeros, as in the authors'
code. "empty": the outline that the language model writes for the empty prompt, as in diffusers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioLDM2Shape(AudioLDMShape):
    """All that has to be known to build an AudioLDM 2 before its weights are there.

    The U-Net's contexts are, in this order, the outline (where there is a language model) and the words (where there
    are some and they are not only read by the language model). words: None for speech, whose second encoder is another.
    language, projection: None for the model that knows only Flan-T5. outline: vectors that the language model writes,
    8 for 10.24 s of anything, 512 for speech. audio: CLAP's audio tower; None where there is none. phonemes: the second
    encoder of a model that speaks. audiomae: the encoder of recordings' outlines, where there is one.
    """

    words: FlanT5Config | None
    language: LanguageConfig | None
    projection: ProjectionConfig | None
    outline: int = 8
    audio: ClapAudioConfig | None = None
    phonemes: VitsTextConfig | None = None
    audiomae: AudioMaeConfig | None = None


HTSAT_BASE = ClapAudioConfig(patch_width=128, width=1024, depths=(2, 2, 12, 2))
SCALE = 0.4110932946205139
"""Scaling factor of the published VAE for 10.24 s, which base, music and large share."""


def _published(contexts: tuple[int | None, ...], layers: int = 1, **other: object) -> AudioLDM2Shape:
    one = AudioLDM2Shape(
        unet=UNetConfig(contexts=contexts, transformer_layers=layers, class_dim=None),
        vae=VAEConfig(scaling_factor=SCALE),
        text=ClapTextConfig(),
        vocoder=HifiGanConfig(),
        words=FlanT5Config(),
        language=LanguageConfig(),
        projection=ProjectionConfig(),
        audio=HTSAT_BASE,
    )
    return replace(one, **other)  # type: ignore[arg-type]


def _tiny(contexts: tuple[int | None, ...], **other: object) -> AudioLDM2Shape:
    one = AudioLDM2Shape(
        unet=UNetConfig(
            channels=(8, 16, 24, 40), layers=1, heads=(2, 4, 6, 10), groups=8, contexts=contexts, class_dim=None
        ),
        vae=VAEConfig(channels=(8, 16, 32), layers=1, groups=8, scaling_factor=0.41),
        text=ClapTextConfig(vocabulary=300, width=32, layers=2, heads=2, feed_forward=64, embedding=16),
        vocoder=HifiGanConfig(width=32, block_kernels=(3,), dilations=(1,)),
        words=FlanT5Config(vocabulary=128, width=24, layers=2, heads=2, head=12, feed_forward=32),
        language=LanguageConfig(width=32, layers=2, heads=2, positions=256),
        projection=ProjectionConfig(first=16, second=24, width=32),
        audio=ClapAudioConfig(patch_width=8, width=64, depths=(1, 1, 1, 1), heads=(2, 2, 2, 2), embedding=16),
    )
    return replace(one, **other)  # type: ignore[arg-type]


SHAPES: Mapping[str, AudioLDM2Shape] = MappingProxyType(
    {
        "base": _published((None, 768, 1024)),
        "music": _published((None, 768, 1024)),
        "large": _published((None, 768, 1024, None), 2),
        "speech": _published(
            (None, 768),
            words=None,
            projection=ProjectionConfig(second=192, positions=310),
            outline=512,
            phonemes=VitsTextConfig(),
        ),
        "t5": _published((None, 1024), language=None, projection=None),
        "tiny": _tiny((None, 32, 24)),
        "tiny-large": _tiny((None, 32, 24, None)),
        "tiny-t5": _tiny((None, 24), language=None, projection=None),
        "tiny-speech": _tiny(
            (None, 32),
            words=None,
            projection=ProjectionConfig(first=16, second=24, width=32, positions=40),
            outline=16,
            phonemes=VitsTextConfig(width=24, layers=2, heads=2, feed_forward=32, flow=8),
        ),
        "tiny-hearing": _tiny((None, 32, 24), audiomae=AudioMaeConfig(width=32, layers=3, heads=2)),
    }
)
"""Shapes by name, as the checkpoints are called. That of 48 kHz has no cross-attention and is AudioLDM's."""

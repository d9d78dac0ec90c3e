"""AudioLDM 2 on random weights, in any of its shapes: for tests, and to see what a machine can do.

A checkpoint's state dicts fit into the networks that are built here as they are.
"""

from __future__ import annotations

import torch

from engine.clap_audio import build_clap_audio
from engine.clap_text import Tokenizer, build_clap_text, byte_tokenizer
from engine.devices import DTYPES
from engine.errors import BadRequest
from engine.families.audioldm2 import UNCONDITIONAL, AudioLDM2, Networks2
from engine.families.audioldm2_shapes import SHAPES, AudioLDM2Shape, Unconditional
from engine.families.audioldm2_speech import family_of
from engine.families.audioldm_shapes import Heads
from engine.flan_t5 import build_flan_t5, character_tokenizer
from engine.hifigan import build_hifigan
from engine.language import build_language
from engine.nets.audiomae import AudioMae
from engine.nets.projection import Projection
from engine.nets.unet import UNet
from engine.nets.vae import VAE
from engine.phonemes import Symbols
from engine.vits_text import build_vits_text


def build(shape: AudioLDM2Shape, tokenizer: Tokenizer, words_tokenizer: Tokenizer | None) -> Networks2:
    """The networks of a shape with random weights."""
    return Networks2(
        shape=shape,
        unet=UNet(shape.unet).eval(),
        vae=VAE(shape.vae).eval(),
        text=build_clap_text(shape.text),
        vocoder=build_hifigan(shape.vocoder),
        tokenizer=tokenizer,
        audio=None if shape.audio is None else build_clap_audio(shape.audio),
        words=None if shape.words is None else build_flan_t5(shape.words),
        words_tokenizer=words_tokenizer,
        language=None if shape.language is None else build_language(shape.language),
        projection=None if shape.projection is None else Projection(shape.projection).eval(),
        phonemes=None if shape.phonemes is None else build_vits_text(shape.phonemes),
        symbols=None if shape.projection is None else Symbols(length=shape.projection.positions),
        audiomae=None if shape.audiomae is None else AudioMae(shape.audiomae).eval().requires_grad_(False),
    )


def load_random(
    shape: str = "tiny",
    *,
    heads: Heads = "trained",
    unconditional: Unconditional = "zeros",
    seed: int = 0,
    dtype: str = "float32",
    device: str = "cpu",
) -> AudioLDM2:
    """AudioLDM 2 of any shape in `SHAPES` on random weights, always the same for a `seed`: audioldm2-SHAPE-random.

    Raises `BadRequest` for a value that there is not.
    """
    for name, value, known in (
        ("shape", shape, SHAPES),
        ("heads", heads, ("trained", "config")),
        ("unconditional", unconditional, UNCONDITIONAL),
        ("dtype", dtype, DTYPES),
    ):
        if value not in known:
            raise BadRequest(name, f"{name} must be {' | '.join(known)}, got {value!r}")
    sizes = SHAPES[shape].with_heads(heads)
    words = None if sizes.words is None else character_tokenizer(sizes.words)
    # Forked, so that a program's own random numbers are not disturbed.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        networks = build(sizes, byte_tokenizer(sizes.text), words)
    name = f"audioldm2-{shape}-random"
    return family_of(name, networks, dtype=DTYPES[dtype], device=device, unconditional=unconditional)


def load_tiny_random(*, dtype: str = "float32", device: str = "cpu") -> AudioLDM2:
    """The tiny shape on random weights: every part of AudioLDM 2 at a size for tests."""
    return load_random("tiny", dtype=dtype, device=device)


def load_tiny_speech_random(*, dtype: str = "float32", device: str = "cpu") -> AudioLDM2:
    """A tiny one that speaks, after its fashion."""
    return load_random("tiny-speech", dtype=dtype, device=device)

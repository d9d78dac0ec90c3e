"""An AudioLDM 2 of random weights in the form in which diffusers publishes it, and diffusers' own pipeline from one.

What the engine is compared with: by the tests to see that it computes the same, by the benchmark to see how fast.
"""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from benchmarks.diffusers_networks import scheduler_of, unet_of, vae_of
from engine.clap_text import byte_tokenizer
from engine.families.audioldm2_shapes import AudioLDM2Shape
from engine.flan_t5 import build_flan_t5, character_tokenizer
from engine.hifigan import build_hifigan
from engine.phonemes import PAD, VOCABULARY


def clap(shape: AudioLDM2Shape) -> Any:
    """A whole CLAP, as the published folders have it."""
    import transformers

    text, audio = shape.text, shape.audio
    assert audio is not None
    config = transformers.ClapConfig(
        text_config={
            "vocab_size": text.vocabulary,
            "hidden_size": text.width,
            "num_hidden_layers": text.layers,
            "num_attention_heads": text.heads,
            "intermediate_size": text.feed_forward,
            "max_position_embeddings": text.tokens + 2,
            "projection_dim": text.embedding,
        },
        audio_config={
            "patch_embeds_hidden_size": audio.patch_width,
            "hidden_size": audio.width,
            "depths": list(audio.depths),
            "num_attention_heads": list(audio.heads),
            "projection_dim": audio.embedding,
            "enable_fusion": False,
        },
        projection_dim=text.embedding,
    )
    return transformers.ClapModel(config).eval()


def language_model(shape: AudioLDM2Shape, words: int = 50) -> Any:
    """The language model as the published folders have it, words included."""
    import transformers

    sizes = shape.language
    assert sizes is not None
    config = transformers.GPT2Config(
        vocab_size=words,
        n_embd=sizes.width,
        n_layer=sizes.layers,
        n_head=sizes.heads,
        n_positions=sizes.positions,
        bos_token_id=0,
        eos_token_id=0,
    )
    config.max_new_tokens = shape.outline
    return transformers.GPT2Model(config).eval()


def vits(shape: AudioLDM2Shape) -> Any:
    """A whole VITS, as the published speech models have it, though only its text encoder is needed."""
    import transformers

    sizes = shape.phonemes
    assert sizes is not None
    config = transformers.VitsConfig(
        vocab_size=sizes.vocabulary,
        hidden_size=sizes.width,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads,
        ffn_dim=sizes.feed_forward,
        flow_size=sizes.flow,
        pad_token_id=0,
        upsample_initial_channel=32,
        duration_predictor_num_flows=1,
        prior_encoder_num_flows=1,
    )
    return transformers.VitsModel(config).eval()


def phoneme_tokenizer(shape: AudioLDM2Shape) -> Any:
    """VITS's tokenizer with the authors' symbols; it has espeak read the words, as they do."""
    import transformers

    assert shape.projection is not None
    with TemporaryDirectory() as folder:
        path = Path(folder, "vocab.json")
        path.write_text(json.dumps(dict(VOCABULARY), ensure_ascii=False), encoding="utf-8")
        return transformers.VitsTokenizer(
            str(path), pad_token=PAD, unk_token=PAD, add_blank=False, model_max_length=shape.projection.positions
        )


def save_folder2(folder: Path, shape: AudioLDM2Shape, seed: int = 0) -> None:
    """A diffusers folder with an AudioLDM 2 of this shape."""
    import diffusers
    import transformers

    torch.manual_seed(seed)
    projection = shape.projection
    assert projection is not None
    learned = (True, projection.positions) if projection.positions else ()
    widths = (projection.first, projection.second, projection.width)
    framing: Any = diffusers.AudioLDM2ProjectionModel(*widths, *learned)
    for name, parameter in framing.named_parameters():
        if "embed" in name:  # ones, as it is made, would not tell one from the other
            parameter.data.normal_()
    pipeline: Any = diffusers.AudioLDM2Pipeline(
        vae=vae_of(shape.vae),
        text_encoder=clap(shape),
        text_encoder_2=vits(shape) if shape.words is None else build_flan_t5(shape.words),
        projection_model=framing,
        language_model=language_model(shape),
        tokenizer=byte_tokenizer(shape.text),
        tokenizer_2=phoneme_tokenizer(shape) if shape.words is None else character_tokenizer(shape.words),
        feature_extractor=transformers.ClapFeatureExtractor(frequency_min=50),
        unet=unet_of(shape.unet),
        scheduler=scheduler_of(),
        vocoder=build_hifigan(shape.vocoder),
    )
    pipeline.save_pretrained(folder)


def pipeline_of(folder: Path) -> Any:
    """diffusers' pipeline from a folder, with the one class that today's libraries need for it to run."""
    import diffusers
    import transformers

    language = transformers.GPT2LMHeadModel.from_pretrained(folder / "language_model")
    pipeline = diffusers.AudioLDM2Pipeline.from_pretrained(folder, language_model=language)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline

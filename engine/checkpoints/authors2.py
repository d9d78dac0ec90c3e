"""What the authors' AudioLDM 2 files hold beside an AudioLDM: Flan-T5, the language model and what frames its input.

The conditioner with the language model has its own copies of CLAP and Flan-T5 in it; they are the same weights, as both
were frozen, and are left where they are. AudioMAE, which was its teacher, lies there, too, and the encoder of phonemes
of one that speaks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor

from engine.checkpoints.audiomae import encoder_tensors
from engine.checkpoints.authors_shapes import Tensors, count
from engine.checkpoints.checkpoint import Conditioner
from engine.checkpoints.folders2 import TOKENS, language_tensors, words_tensors
from engine.checkpoints.names import under
from engine.checkpoints.speech import OWN, POSITIONS, authors_vits, authors_vits_config, outline_of
from engine.clap_audio import ClapAudioConfig
from engine.errors import ModelError
from engine.families.audioldm2_shapes import AudioLDM2Shape
from engine.families.audioldm_shapes import AudioLDMShape
from engine.flan_t5 import FlanT5Config
from engine.language import LanguageConfig
from engine.nets.projection import ProjectionConfig
from engine.vits_text import VitsTextConfig

FIRST, SECOND = "cond_stage_models.0.", "cond_stage_models.1."
LANGUAGE, WORDS, ONLY_WORDS = f"{FIRST}model.", f"{SECOND}model.", f"{FIRST}model.encoder."
FRAMES = ("start_of_sequence_tokens", "end_of_sequence_tokens")
LINEAR = "input_sequence_embed_linear"
PREFIXES = (
    LANGUAGE, WORDS, *(f"{FIRST}{name}." for name in (*FRAMES, LINEAR)), f"{FIRST}{OWN}text_encoder.",
    f"{FIRST}{OWN}{POSITIONS}",
)  # fmt: skip
"""Where the tensors lie that are used."""


@dataclass(frozen=True, slots=True, eq=False)
class Second:
    """An AudioLDM 2's own parts and their shapes."""

    conditioner: Conditioner
    words: FlanT5Config | None
    language: LanguageConfig | None
    projection: ProjectionConfig | None
    phonemes: VitsTextConfig | None = None

    def shape(self, common: AudioLDMShape, audio: ClapAudioConfig | None) -> AudioLDM2Shape:
        """The whole shape, with what it has in common with AudioLDM's."""
        return AudioLDM2Shape(
            unet=common.unet,
            vae=common.vae,
            text=common.text,
            vocoder=common.vocoder,
            words=self.words,
            language=self.language,
            projection=self.projection,
            audio=audio,
            phonemes=self.phonemes,
            outline=8
            if self.phonemes is None or self.language is None or self.projection is None
            else outline_of(self.language, self.projection),
        )


def read_second(path: Path, tensors: Tensors) -> Second | None:
    """The own parts of an AudioLDM 2; None if there is nothing of one. KeyError or ValueError if a part is missing.

    Flan-T5's tokenizer, which such a file has not, is looked for beside it in a folder `tokenizer_2`.
    """
    tokenizer = path.parent / "tokenizer_2" if (path.parent / "tokenizer_2").is_dir() else None
    if any(name.startswith(ONLY_WORDS) for name in tensors):
        words = words_tensors(under(tensors, LANGUAGE))
        return Second(Conditioner(words=words, tokenizer=tokenizer), words_config(words), None, None)
    if f"{LANGUAGE}wpe.weight" not in tensors:
        return None
    language = language_tensors(under(tensors, LANGUAGE))
    framing = projection_tensors(under(tensors, FIRST))
    framed = (language_config(language), projection_config(framing))
    teacher = encoder_tensors(under(tensors, FIRST)) or None
    own = Conditioner(language=language, projection=framing, tokenizer=tokenizer, audiomae=teacher)
    if phonemes := authors_vits(under(tensors, FIRST)):
        return Second(replace(own, phonemes=phonemes), None, *framed, authors_vits_config(phonemes))
    words = words_tensors(under(tensors, WORDS))
    if not words:
        raise ModelError(f"{path} is not complete: expected Flan-T5 in tensors named {WORDS}..., found none")
    return Second(replace(own, words=words), words_config(words), *framed)


def projection_tensors(tensors: Tensors) -> dict[str, Tensor]:
    """The projection under diffusers' names: of its tables of 32 learned vectors the first row each encoder's own."""
    out = {}
    for short, table in zip(("sos", "eos"), FRAMES, strict=True):
        out[f"{short}_embed"], out[f"{short}_embed_1"] = tensors[f"{table}.weight"][:2]
    for index, name in enumerate(("projection", "projection_1")):
        for part in ("weight", "bias"):
            out[f"{name}.{part}"] = tensors[f"{LINEAR}.{index}.{part}"]
    if f"{OWN}{POSITIONS}" in tensors:
        out[POSITIONS] = tensors[f"{OWN}{POSITIONS}"]
    return out


def words_config(tensors: Tensors) -> FlanT5Config:
    """The shape of Flan-T5's encoder."""
    block = "encoder.block.0.layer"
    words, width = tensors["shared.weight"].shape
    heads = tensors[f"{block}.0.SelfAttention.relative_attention_bias.weight"].shape[1]
    return FlanT5Config(
        vocabulary=words,
        width=width,
        layers=count(tensors, r"encoder\.block\.(\d+)\."),
        heads=heads,
        head=tensors[f"{block}.0.SelfAttention.q.weight"].shape[0] // heads,
        feed_forward=tensors[f"{block}.1.DenseReluDense.wo.weight"].shape[1],
        tokens=TOKENS,
    )


def language_config(tensors: Tensors) -> LanguageConfig:
    """The shape of the language model; GPT-2's heads are 64 wide."""
    positions, width = tensors["wpe.weight"].shape
    layers = count(tensors, r"h\.(\d+)\.")
    return LanguageConfig(width=width, layers=layers, heads=max(1, width // 64), positions=positions)


def projection_config(tensors: Tensors) -> ProjectionConfig:
    """The shape of the projection."""
    width, first = tensors["projection.weight"].shape
    positions = tensors[POSITIONS].shape[2] if POSITIONS in tensors else 0
    return ProjectionConfig(
        first=first, second=tensors["projection_1.weight"].shape[1], width=width, positions=positions
    )

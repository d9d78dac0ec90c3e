"""AudioLDM 2 that speaks: read from diffusers folders and the authors' files, computing what diffusers computes."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from engine.checkpoints import inspect_checkpoint, load
from engine.checkpoints.authors import contents, leftovers
from engine.checkpoints.loading import read
from engine.checkpoints.speech import outline_of
from engine.errors import BadRequest, ModelError
from engine.families.audioldm2_shapes import SHAPES
from engine.families.audioldm2_speech import SpeakingAudioLDM2
from engine.nets.projection import Projection
from engine.request import Request
from tests.engine import audioldm2_makers as makers
from tests.engine import speech_makers
from tests.engine.checkpoint_makers import begun
from tests.engine.parity import compared, relative

VOICE, NEGATIVE, SAID = "a man whispers", "noise", "Good night, all."
READ = "ɡˈʊd nˈaɪt, ˈɔːl."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "small-speech"
    makers.save_folder2(path, makers.SMALL_SPEECH)
    return path


@pytest.fixture(scope="module")
def family(folder: Path) -> SpeakingAudioLDM2:
    found = load(folder, heads="config", unconditional="empty", dtype="float32", device="cpu")
    assert isinstance(found, SpeakingAudioLDM2)
    return found


@pytest.mark.peers
def test_speaks_as_diffusers_does(
    folder: Path, family: SpeakingAudioLDM2, peer, capsys: pytest.CaptureFixture[str]
) -> None:
    """From words, which both have espeak-ng read: outlines, five steps, the waveform."""
    peer("espeak-ng")
    pipeline = makers.pipeline_of(folder)
    outline = family.shape.outline
    with torch.inference_mode():
        _, _, outlines = pipeline.encode_prompt(
            VOICE, "cpu", 1, True, transcription=SAID, negative_prompt=NEGATIVE, max_new_tokens=outline
        )
    ours = [family.spoken(NEGATIVE, ""), family.spoken(VOICE, READ)]
    written = max(relative(got, want) for got, want in zip(ours, outlines, strict=True))
    request = Request(
        prompt=VOICE, negative=NEGATIVE, transcript=SAID, seconds=0.7, seed=3, steps=5, guidance=3.5, sampler="ddim",
        rate=16_000,
    )  # fmt: skip
    found = compared(pipeline, family, request, transcription=SAID, max_new_tokens=outline)
    with capsys.disabled():
        sys.stdout.write(f"\nspeech, ddim, 5 steps: outlines {written:.1e}, {found}\n")
    assert found.holds(request) and written < 1e-4


def test_the_checkpoint_is_recognised(folder: Path, family: SpeakingAudioLDM2) -> None:
    facts = inspect_checkpoint(folder)
    assert (facts.family, facts.shape, facts.commercial) == ("audioldm2", "speech", None)
    assert family.shape.outline == 61 - 45
    assert family.phonemes.symbols.length == 40
    assert "speak" in family.tasks


def test_phonemes_say_the_same_as_the_words_that_they_were_read_from(family: SpeakingAudioLDM2, peer) -> None:
    peer("espeak-ng")
    words = Request(task="speak", transcript=SAID)
    assert family.read_aloud(words) == READ == family.read_aloud(words.replace(transcript=READ, spelling="phonemes"))


def test_speech_without_a_transcript_and_too_long_ones_are_refused(family: SpeakingAudioLDM2) -> None:
    with pytest.raises(BadRequest, match="transcript must say what small-speech is to speak, got none"):
        begun(family, Request(prompt=VOICE, seed=1, steps=2, guidance=2.0, rate=16_000))
    with pytest.raises(BadRequest, match="transcript must be 1 to 39 phonemes with this model, got 40"):
        family.read_aloud(Request(task="speak", transcript="a" * 40, spelling="phonemes"))


def test_a_missing_encoder_of_phonemes_is_named(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    shutil.rmtree(copy / "text_encoder_2")
    with pytest.raises(ModelError, match="text_encoder_2"):
        load(copy)


def test_the_published_projection_has_diffusers_tensors() -> None:
    """The U-Net's are compared in test_checkpoint_audioldm2, the encoder's in test_vits_text."""
    diffusers = pytest.importorskip("diffusers")
    shape = SHAPES["speech"].projection
    assert shape is not None
    with torch.device("meta"):
        ours = Projection(shape).state_dict()
        theirs = diffusers.AudioLDM2ProjectionModel(512, 192, 768, True, 310).state_dict()
    assert {name: one.shape for name, one in ours.items()} == {name: one.shape for name, one in theirs.items()}
    assert sum(one.numel() for one in ours.values()) == pytest.approx(0.605e6, rel=0.01)


def test_the_published_outline_fits_behind_its_prefix() -> None:
    shape = SHAPES["speech"]
    assert shape.language is not None and shape.projection is not None
    assert outline_of(shape.language, shape.projection) == shape.outline == 512


@torch.inference_mode()
def test_the_authors_file_speaks_alike(tmp_path: Path) -> None:
    """Every tensor under the authors' names is used or superfluous, and the outline is what they compute from it."""
    one = speech_makers.made(tmp_path)
    found, checkpoint = contents(one.path), read(one.path)
    assert leftovers(found) == []
    facts = inspect_checkpoint(one.path)
    assert (facts.family, facts.shape, facts.tokenizer, facts.commercial) == ("audioldm2", "speech", True, None)
    assert checkpoint.shape == replace(one.shape, audiomae=None)
    family = load(one.path, dtype="float32", device="cpu")
    assert isinstance(family, SpeakingAudioLDM2) and family.outlines and family.language is not None
    vectors, seen = family.phonemes.encode(READ)
    ids = torch.zeros(1, 40, dtype=torch.long)
    ids[0, : int(seen.sum())] = torch.tensor(family.phonemes.symbols.ids(READ))
    mask = (ids != 0).long()
    own = one.encoder(ids, padding_mask=mask[..., None], attention_mask=mask).last_hidden_state[0]
    assert torch.equal(vectors, own)
    linear = {name: found.all[f"{speech_makers.OWN}{name}"] for name in speech_makers.framing(1, 1, 1)}
    clap = family.text.embed(VOICE)
    parts = []
    for index, part in enumerate((clap[None], own + one.positions[0].T)):
        weight, bias = (linear[f"input_sequence_embed_linear.{index}.{kind}"] for kind in ("weight", "bias"))
        ends = [linear[f"{end}_of_sequence_tokens.weight"][index : index + 1] for end in ("start", "end")]
        parts += [ends[0], torch.nn.functional.linear(part, weight, bias), ends[1]]
    sequence = torch.cat(parts)[None]
    mask = torch.cat((torch.ones(1, 4), mask, torch.ones(1, 1)), dim=1)
    for _ in range(one.shape.outline):
        output = family.language(inputs_embeds=sequence, attention_mask=mask, use_cache=False).last_hidden_state
        sequence, mask = torch.cat((sequence, output[:, -1:]), dim=1), torch.cat((mask, torch.ones(1, 1)), dim=1)
    assert relative(family.spoken(VOICE, READ), sequence[0, -one.shape.outline :]) < 1e-5
    x = torch.randn(1, 1024, 128)
    assert family.outliner is not None and torch.equal(family.outliner.ears.encoder(x), one.teacher.eval()(x))

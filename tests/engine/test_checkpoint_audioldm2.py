"""AudioLDM 2 from diffusers folders: read as diffusers wrote them, computing what diffusers computes from the same."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
import torch

from benchmarks.diffusers_networks import unet_of
from engine.checkpoints import inspect_checkpoint, load
from engine.checkpoints.folders import contexts_of, unet_config
from engine.families.audioldm2 import AudioLDM2
from engine.families.audioldm2_shapes import SHAPES
from engine.nets.unet import UNet
from engine.request import Request
from tests.engine import audioldm2_makers as makers
from tests.engine.parity import compared, relative

PROMPT, NEGATIVE = "a dog barks", "low"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "small-audioldm2"
    makers.save_folder2(path, makers.SMALL)
    return path


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "copy"))


def assert_parity(
    folder: Path, sampler: str, seconds: float, capsys: pytest.CaptureFixture[str], negative: str = NEGATIVE
) -> None:
    """Outlines, five steps and the waveform, ours and diffusers' from the same files; prints the errors."""
    diffusers = pytest.importorskip("diffusers")
    pipeline = makers.pipeline_of(folder)
    if sampler == "dpm++":
        config = {**pipeline.scheduler.config, "timestep_spacing": "trailing"}
        pipeline.scheduler = diffusers.DPMSolverMultistepScheduler.from_config(config)
    family = load(folder, heads="config", unconditional="empty", dtype="float32", device="cpu")
    assert isinstance(family, AudioLDM2) and family.words is not None
    with torch.inference_mode():
        words, _, outlines = pipeline.encode_prompt(PROMPT, "cpu", 1, True, negative_prompt=negative)
    length = int(family.words.length(PROMPT))
    ours = [family.written(negative, length - family.words.length(negative)), family.written(PROMPT)]
    outline = max(relative(got, want) for got, want in zip(ours, outlines, strict=True) if got is not None)
    spoken = relative(family.words.encode(PROMPT), words[1])

    request = Request(
        prompt=PROMPT, negative=negative, seconds=seconds, seed=3, steps=5, guidance=3.5, sampler=sampler, rate=16_000
    )
    found = compared(pipeline, family, request)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{folder.name}, {sampler}, 5 steps: Flan-T5 {spoken:.1e}, outlines {outline:.1e}, {found}\n"
        )
    assert found.holds(request), found
    assert spoken < 1e-4 and outline < 1e-4


@pytest.mark.parametrize(("sampler", "negative"), [("ddim", NEGATIVE), ("dpm++", "")])
def test_computes_what_diffusers_computes(
    folder: Path, sampler: str, negative: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert_parity(folder, sampler, 0.7, capsys, negative)


def test_computes_what_diffusers_computes_as_large(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A fourth transformer behind each residual block, two blocks in each."""
    makers.save_folder2(tmp_path / "small-audioldm2-large", makers.SMALL_LARGE)
    assert inspect_checkpoint(tmp_path / "small-audioldm2-large").shape == "large"
    assert_parity(tmp_path / "small-audioldm2-large", "ddim", 0.7, capsys)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_computes_what_diffusers_computes_at_the_true_size(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The published base, with a tokenizer of few words."""
    path = tmp_path / "audioldm2"
    try:
        makers.save_folder2(path, SHAPES["base"])
        assert inspect_checkpoint(path).shape == "base"
        assert_parity(path, "ddim", 0.64, capsys)
    finally:
        shutil.rmtree(path)  # 4.5 GB


@pytest.mark.parametrize("name", ["base", "large", "speech", "t5"])
def test_published_shapes_have_diffusers_tensors(name: str) -> None:
    """Names and shapes of the whole U-Net, built without memory."""
    shape = SHAPES[name]
    with torch.device("meta"):
        theirs, ours = unet_of(shape.unet).state_dict(), UNet(shape.unet).state_dict()
    assert {key: tensor.shape for key, tensor in ours.items()} == {key: one.shape for key, one in theirs.items()}
    millions = sum(tensor.numel() for tensor in ours.values()) / 1e6
    expected = {"base": 346.94, "large": 718.01, "speech": 261.93, "t5": 265.53}[name]
    assert millions == pytest.approx(expected, abs=0.01)


def test_the_u_net_for_48_khz_has_diffusers_tensors() -> None:
    """It has two transformers behind each block, an embedding of CLAP's and no cross-attention."""
    diffusers = pytest.importorskip("diffusers")
    kinds = ["", "CrossAttn", "CrossAttn", "CrossAttn"]
    with torch.device("meta"):
        theirs = diffusers.AudioLDM2UNet2DConditionModel(
            in_channels=16,
            out_channels=16,
            block_out_channels=(128, 256, 384, 640),
            attention_head_dim=8,
            cross_attention_dim=[[None, None]] * 4,
            down_block_types=[f"{kind}DownBlock2D" for kind in kinds],
            up_block_types=[f"{kind}UpBlock2D" for kind in reversed(kinds)],
            class_embed_type="simple_projection",
            projection_class_embeddings_input_dim=512,
            class_embeddings_concat=True,
        )
        config = unet_config(dict(theirs.config))
        ours = UNet(config).state_dict()
    assert config.class_dim == 512 and config.widths == () and config.heads == (8, 8, 8, 8)
    assert {key: tensor.shape for key, tensor in ours.items()} == {
        key: one.shape for key, one in theirs.state_dict().items()
    }


@pytest.mark.parametrize(
    ("widths", "text"),
    [
        ([[None, 48], [None, 40]], "must be the same at every level"),
        ([[48, 40]] * 4, "must begin with null at every level"),
    ],
)
def test_contexts_that_are_not_understood_are_said(widths: list[list[int | None]], text: str) -> None:
    with pytest.raises(ValueError, match=f"cross_attention_dim {text}"):
        contexts_of(widths)
    assert contexts_of([128, 256, 384, 640]) == ()  # AudioLDM's own, of which nothing depends

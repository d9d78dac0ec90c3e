"""Diffusers folders: read as diffusers wrote them, computing what diffusers computes from the same folder."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import engine
from engine.checkpoints import inspect_checkpoint, load
from engine.checkpoints.folders import modern_attention, training_of
from engine.errors import BadRequest, ModelError
from engine.families.audioldm import AudioLDM
from engine.families.audioldm_shapes import SHAPES, AudioLDMShape
from engine.request import Clip, Request
from tests.engine import checkpoint_makers as makers
from tests.engine.parity import compared

SCHEDULER = "scheduler/scheduler_config.json"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "small-audioldm"
    makers.save_folder(path, makers.SMALL)
    return path


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "copy"))


def edit(path: Path, **changes: Any) -> None:
    """Changes fields of a JSON file; `...` takes one out."""
    config = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps({key: value for key, value in config.items() if value is not ...}))


def assert_parity(folder: Path, sampler: str, seconds: float, capsys: pytest.CaptureFixture[str]) -> None:
    """Five steps and the waveform, ours and diffusers' from the same files; prints the errors."""
    diffusers = pytest.importorskip("diffusers")
    pipeline = diffusers.AudioLDMPipeline.from_pretrained(folder)
    pipeline.set_progress_bar_config(disable=True)
    if sampler == "dpm++":
        config = {**pipeline.scheduler.config, "timestep_spacing": "trailing"}
        pipeline.scheduler = diffusers.DPMSolverMultistepScheduler.from_config(config)
    family = load(folder, heads="config", dtype="float32", device="cpu")
    prompts = {"prompt": "a door slams", "negative": "music"}
    request = Request(**prompts, seconds=seconds, seed=3, steps=5, guidance=2.5, sampler=sampler, rate=16_000)
    found = compared(pipeline, family, request)
    with capsys.disabled():
        sys.stdout.write(f"\n{folder.name}, {sampler}, 5 steps: {found}\n")
    assert found.holds(request), found


@pytest.mark.parametrize("sampler", ["ddim", "dpm++"])
def test_computes_what_diffusers_computes(folder: Path, sampler: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert_parity(folder, sampler, 0.7, capsys)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_computes_what_diffusers_computes_at_the_true_size(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "audioldm-s-full-v2"
    try:
        makers.save_folder(path, SHAPES["s-full-v2"])
        assert inspect_checkpoint(path).shape == "s-full-v2"
        for sampler in ("ddim", "dpm++"):
            assert_parity(path, sampler, 0.5, capsys)
    finally:
        shutil.rmtree(path)  # 1.7 GB


def test_pickles_are_read_like_safetensors(folder: Path, tmp_path: Path) -> None:
    makers.save_folder(tmp_path / "pickles", makers.SMALL, safetensors=False)
    assert not list((tmp_path / "pickles").rglob("*.safetensors"))
    one, other = load(folder, dtype="float32"), load(tmp_path / "pickles", dtype="float32")
    for part in ("unet", "vae", "vocoder"):
        theirs = getattr(other, part).state_dict()
        assert all(torch.equal(tensor, theirs[name]) for name, tensor in getattr(one, part).state_dict().items())


def test_weights_are_mapped_and_not_copied(folder: Path) -> None:
    """A matrix of the loaded network lies where the file is mapped, so changing the network cannot change the file."""
    from engine.checkpoints.folders import read_folder
    from engine.checkpoints.loading import networks_of

    checkpoint = read_folder(folder)
    networks = networks_of(checkpoint)
    name = "mid_block.attentions.0.transformer_blocks.0.attn1.to_q.weight"
    assert networks.unet.state_dict()[name].data_ptr() == checkpoint.unet[name].data_ptr()
    before = {file: file.stat().st_mtime_ns for file in folder.rglob("*.safetensors")}
    networks.unet.state_dict()[name].zero_()
    assert {file: file.stat().st_mtime_ns for file in before} == before
    assert read_folder(folder).unet[name].any()


def test_heads_as_trained_and_as_configured(folder: Path, copy: Path) -> None:
    assert load(folder).shape.unet.heads == (1, 2, 3, 5)
    assert load(folder, heads="config").shape.unet.heads == (8, 8, 8, 8)
    assert load(folder, heads="2,4,6,10").shape.unet.heads == load(folder, heads=[2, 4, 6, 10]).shape.unet.heads
    edit(copy / "unet/config.json", attention_head_dim=[2, 4, 6, 10])  # somebody has put it right
    assert load(copy).shape.unet.heads == load(copy, heads="config").shape.unet.heads == (2, 4, 6, 10)


def test_old_names_of_the_vaes_attention(folder: Path, copy: Path) -> None:
    from safetensors.torch import load_file, save_file

    path = copy / "vae/diffusion_pytorch_model.safetensors"
    old = {".to_q.": ".query.", ".to_k.": ".key.", ".to_v.": ".value.", ".to_out.0.": ".proj_attn."}
    tensors = {}
    for name, tensor in load_file(path).items():
        renamed = name
        for new, former in old.items():
            renamed = renamed.replace(new, former)
        tensors[renamed] = tensor.clone()
    assert set(tensors) != set(load_file(path))
    save_file(tensors, path)
    want = load(folder, dtype="float32").vae.state_dict()
    assert all(torch.equal(tensor, want[name]) for name, tensor in load(copy, dtype="float32").vae.state_dict().items())
    convolution = modern_attention({"mid_block.attentions.0.key.weight": torch.zeros(4, 4, 1, 1)})
    assert convolution["mid_block.attentions.0.to_k.weight"].shape == (4, 4)


def test_scaling_noise_and_prediction_come_from_the_files(copy: Path) -> None:
    edit(copy / "vae/config.json", scaling_factor=0.37)
    edit(copy / SCHEDULER, prediction_type="v_prediction", beta_start=0.001, beta_schedule="linear", steps_offset=0)
    edit(copy / SCHEDULER, set_alpha_to_one=True, timestep_spacing="trailing", num_train_timesteps=500)
    family = load(copy, dtype="float32")
    assert family.shape.vae.scaling_factor == 0.37
    assert len(family.training.alphas2) == 500
    assert family.training.alphas2[0] == pytest.approx(0.999)
    state = makers.begun(family, Request(prompt="x", seconds=0.2, seed=1, steps=5, sampler="ddim", guidance=1.0))
    plan = state.run.plan
    assert plan.prediction == "v_prediction"
    assert plan.schedule.times == (499, 399, 299, 199, 99)
    assert plan.schedule.sigmas[-1] == 0.0


@pytest.mark.parametrize("kind", ["DDIMScheduler", "PNDMScheduler", "DPMSolverMultistepScheduler"])
def test_noise_levels_equal_any_scheduler_of_diffusers(kind: str) -> None:
    diffusers = pytest.importorskip("diffusers")
    scheduler = getattr(diffusers, kind)(beta_start=0.0015, beta_end=0.0195, beta_schedule="scaled_linear")
    config = {**scheduler.config, "clip_sample": False}
    torch.testing.assert_close(torch.tensor(training_of(config).alphas2), scheduler.alphas_cumprod)


@pytest.mark.parametrize(
    ("file", "changes", "text"),
    [
        ("vae/config.json", {"scaling_factor": ...}, "scaling_factor is missing"),
        ("vae/config.json", {"act_fn": "gelu"}, "act_fn must be 'silu', found 'gelu'"),
        ("unet/config.json", {"class_embed_type": None}, "class_embed_type must be 'simple_projection', found None"),
        ("unet/config.json", {"block_out_channels": [32, 64, 96, 192]}, r"must have the shape \(192.*found \(160"),
        ("unet/config.json", {"layers_per_block": 2}, "tensors are missing, such as down_blocks.0.resnets.1"),
        ("unet/config.json", {"block_out_channels": "wide"}, "config.json"),
        (SCHEDULER, {"prediction_type": "sample"}, r"epsilon \| v_prediction, found 'sample'"),
        (SCHEDULER, {"clip_sample": True}, "clip_sample must be False, found True"),
        (SCHEDULER, {"beta_schedule": "squaredcos_cap_v2"}, r"beta_schedule must be linear \| scaled_linear"),
        ("vocoder/config.json", {"normalize_before": True}, "normalize_before must be False"),
        ("text_encoder/config.json", {"vocab_size": 299}, "word_embeddings.weight must have the shape"),
        ("model_index.json", {"_class_name": "MusicLDMPipeline"}, "MusicLDMPipeline: expected AudioLDMPipeline or"),
    ],
)
def test_what_is_not_understood_is_said(copy: Path, file: str, changes: dict[str, Any], text: str) -> None:
    edit(copy / file, **changes)
    with pytest.raises(ModelError, match=text):
        load(copy)


def test_incomplete_and_damaged_folders_are_said(copy: Path, tmp_path: Path) -> None:
    weights = copy / "unet/diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[: weights.stat().st_size // 2])
    with pytest.raises(ModelError, match=r"diffusion_pytorch_model.safetensors is truncated, damaged"):
        load(copy)
    weights.unlink()
    with pytest.raises(ModelError, match=r"unet must hold one of diffusion_pytorch_model.*found config.json"):
        inspect_checkpoint(copy)
    (copy / "vae/config.json").write_text("{")
    with pytest.raises(ModelError, match=r"vae/config.json cannot be read as JSON"):
        load(copy)
    (copy / "unet/config.json").unlink()
    with pytest.raises(ModelError, match=r"unet/config.json is missing"):
        inspect_checkpoint(copy)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"expected model_index.json in it, found nothing"):
        load(tmp_path / "empty")
    with pytest.raises(ModelError, match="no such file or folder"):
        load(tmp_path / "nowhere")
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(ModelError, match=r"expected a diffusers folder or a file ending in .ckpt"):
        load(tmp_path / "notes.txt")


def test_a_tokenizer_that_is_missing_or_too_large_is_said(copy: Path) -> None:
    shutil.rmtree(copy / "tokenizer")
    with pytest.raises(ModelError, match=r"has no text tokenizer: put vocab.json and merges.txt"):
        load(copy)
    with pytest.raises(ModelError, match=r"expected vocab.json and merges.txt"):
        load(copy, tokenizer=copy)


def test_facts(folder: Path, copy: Path) -> None:
    facts = inspect_checkpoint(folder)
    assert (facts.format, facts.rate, facts.shape, facts.prediction) == ("diffusers", 16_000, "32x64x96x160", "epsilon")
    assert facts.heads == (1, 2, 3, 5) and facts.config_heads == (8, 8, 8, 8)
    assert facts.size > 1e6 and facts.tokenizer and not facts.audio_tower
    assert (facts.licence, facts.commercial) == ("unknown", None)
    (copy / "README.md").write_text("---\nlicense: cc-by-nc-sa-4.0\ntags: [audio]\n---\n# A model\n")
    assert inspect_checkpoint(copy).licence == "CC-BY-NC-SA-4.0"
    assert inspect_checkpoint(copy).commercial is False
    assert facts.summary == "AudioLDM 32x64x96x160, diffusers folder, 16 kHz"


def test_facts_of_a_folder_need_no_torch(folder: Path) -> None:
    code = f"import engine, sys; engine.inspect_checkpoint({str(folder)!r}); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, timeout=120, capture_output=True, text=True)
    assert done.stdout.strip() == "False"


def test_engine_loads_a_path_and_renders_under_its_name(folder: Path) -> None:
    with engine.load(str(folder)) as model:
        assert model.name == "small-audioldm"
        model.warm_up()
        take = model.render(Request(prompt="rain", seconds=0.3, seed=1, steps=2))[0]
        assert take.clip.frames == 14_400
        clip = Clip(np.ones((1, 8_000), np.float32), 16_000)
        with pytest.raises(ModelError, match="small-audioldm cannot vary a clip: it has no audio tower"):
            model.render(Request(task="vary", source=clip, seconds=0.3))
    with engine.load("audioldm", path=str(folder), name="mine", heads="config", dtype="float32") as model:
        assert model.name == "mine"
    with pytest.raises(ModelError, match=r"unknown model 'nothing'.*the path of a checkpoint"):
        engine.load("nothing")
    with pytest.raises(ModelError, match="no such file or folder"):
        engine.load("./nothing")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"heads": "many"}, r"trained \| config \| counts"),
        ({"heads": "8,8"}, "4 counts"),
        ({"heads": (3, 3, 3, 3)}, "do not fit"),
        ({"ema": True}, "holds no averaged weights"),
        ({"ema": "yes"}, "true or false"),
        ({"dtype": "int8"}, "bfloat16"),
        ({"device": "toaster"}, "device must be one of this machine's"),
    ],
)
def test_options_are_checked(folder: Path, options: dict[str, Any], text: str) -> None:
    with pytest.raises(BadRequest, match=text):
        load(folder, **options)


@pytest.mark.parametrize("shape", ["m-full", "l-full"])
def test_larger_shapes_have_diffusers_names_and_sizes(shape: str) -> None:
    """Every tensor that diffusers has, ours has under its name, in its shape; no memory is taken."""
    from engine.nets.unet import UNet
    from engine.nets.vae import VAE

    sizes: AudioLDMShape = SHAPES[shape]
    with torch.device("meta"):
        theirs = makers.parts(sizes)
        ours = {"unet": UNet(sizes.unet), "vae": VAE(sizes.vae)}
    for part, network in ours.items():
        want = {name: tensor.shape for name, tensor in getattr(theirs, part).state_dict().items()}
        assert {name: tensor.shape for name, tensor in network.state_dict().items()} == want


def test_prompts_are_encoded_unpadded_and_once(folder: Path) -> None:
    family: AudioLDM = load(folder, dtype="float32")
    assert family.text.embed("") is family.text.embed("")
    ids = family.text.tokenizer("a door slams", truncation=True, max_length=512)["input_ids"]
    assert 1 not in ids
    assert dataclasses.is_dataclass(family.shape)

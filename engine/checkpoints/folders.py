"""Diffusers folders: configurations to a shape, files to tensors. Sizes, scaling and noise are read, never assumed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from engine.checkpoints.checkpoint import Checkpoint
from engine.checkpoints.facts import PIPELINES, config_heads, pipeline_index
from engine.checkpoints.files import as_expected, configured, read_json, read_tensors, weights_file
from engine.checkpoints.folders2 import read_conditioner, shape2
from engine.clap_audio import ClapAudioConfig
from engine.clap_text import ClapTextConfig
from engine.families.audioldm_shapes import AudioLDMShape
from engine.hifigan import HifiGanConfig
from engine.nets.unet import UNetConfig
from engine.nets.vae import VAEConfig
from engine.schedule import SPACINGS, Training, linear, scaled_linear

UNET = {
    "act_fn": "silu",
    "conv_in_kernel": 3,
    "conv_out_kernel": 3,
    "norm_eps": 1e-5,
    "downsample_padding": 1,
    "mid_block_type": "UNetMidBlock2DCrossAttn",
    "mid_block_scale_factor": 1,
    "flip_sin_to_cos": True,
    "freq_shift": 0,
    "only_cross_attention": False,
    "use_linear_projection": False,
    "dual_cross_attention": False,
    "resnet_time_scale_shift": "default",
    "resnet_skip_time_act": False,
    "time_embedding_type": "positional",
    "time_embedding_dim": None,
    "time_embedding_act_fn": None,
    "time_cond_proj_dim": None,
    "timestep_post_act": None,
    "addition_embed_type": None,
    "encoder_hid_dim": None,
    "center_input_sample": False,
}
EMBEDDING = {"class_embed_type": "simple_projection", "class_embeddings_concat": True}
NO_EMBEDDING = {"class_embed_type": None, "class_embeddings_concat": False}
VAE = {
    "act_fn": "silu",
    "in_channels": 1,
    "out_channels": 1,
    "shift_factor": None,
    "latents_mean": None,
    "use_quant_conv": True,
    "use_post_quant_conv": True,
}
VOCODER = {"leaky_relu_slope": 0.1, "normalize_before": False}
TEXT = {
    "hidden_act": "gelu",
    "projection_hidden_act": "relu",
    "layer_norm_eps": 1e-12,
    "type_vocab_size": 1,
    "pad_token_id": 1,
}
SCHEDULER = {
    "clip_sample": False,
    "thresholding": False,
    "rescale_betas_zero_snr": False,
    "trained_betas": None,
}
"""What the engine's networks and samplers are, field by field; a configuration that says otherwise is refused."""
BUFFERS = ("position_ids", "token_type_ids")
"""Tensors that some versions of transformers write and others do not."""
OLD_ATTENTION = {".query.": ".to_q.", ".key.": ".to_k.", ".value.": ".to_v.", ".proj_attn.": ".to_out.0."}
"""Names in the VAE's attention before diffusers 0.15, and after."""


def read_folder(folder: Path) -> Checkpoint:
    """An AudioLDM or AudioLDM 2 that diffusers wrote.

    Raises `ModelError` if it is incomplete, damaged, or not what is understood.
    """
    second = pipeline_index(folder)["_class_name"] == PIPELINES["audioldm2"]
    unet = configured(folder / "unet/config.json", unet_config)
    vocoder = configured(folder / "vocoder/config.json", vocoder_config)
    clap = read_json(folder / "text_encoder/config.json")
    heard = "audio_config" in clap
    text = read_tensors(weights_file(folder / "text_encoder"))
    audio_shape = configured(folder / "text_encoder/config.json", audio_config) if heard else None
    shape = AudioLDMShape(
        unet=unet,
        vae=configured(folder / "vae/config.json", vae_config),
        text=configured(folder / "text_encoder/config.json", text_config),
        vocoder=vocoder,
    )
    return Checkpoint(
        path=folder,
        shape=shape2(folder, shape, audio_shape) if second else shape,
        training=configured(folder / "scheduler/scheduler_config.json", training_of),
        unet=read_tensors(weights_file(folder / "unet")),
        vae=modern_attention(read_tensors(weights_file(folder / "vae"))),
        text={name: tensor for name, tensor in text.items() if name.startswith("text_")},
        vocoder=read_tensors(weights_file(folder / "vocoder")),
        audio={name: tensor for name, tensor in text.items() if name.startswith("audio_")} if heard else None,
        audio_shape=audio_shape,
        conditioner=read_conditioner(folder) if second else None,
        tokenizer=folder / "tokenizer" if (folder / "tokenizer").is_dir() else None,
        config_heads=config_heads(read_json(folder / "unet/config.json")),
        listed=isinstance(read_json(folder / "unet/config.json").get("attention_head_dim"), list),
    )


def unet_config(config: Mapping[str, Any]) -> UNetConfig:
    """The shape of the U-Net, with the heads of the configuration. ValueError or KeyError as in all of these."""
    contexts = contexts_of(config.get("cross_attention_dim"))
    as_expected(config, {**UNET, **(NO_EMBEDDING if any(contexts) else EMBEDDING)})
    return UNetConfig(
        in_channels=config["in_channels"],
        out_channels=config["out_channels"],
        channels=tuple(config["block_out_channels"]),
        layers=config["layers_per_block"],
        heads=config_heads(config),
        attention=tuple("CrossAttn" in kind for kind in config["down_block_types"]),
        transformer_layers=config.get("transformer_layers_per_block", 1),
        groups=config["norm_num_groups"],
        contexts=contexts,
        class_dim=None if any(contexts) else config["projection_class_embeddings_input_dim"],
    )


def contexts_of(widths: Any) -> tuple[int | None, ...]:
    """What stands behind each residual block, from AudioLDM 2's lists of widths, one a level; () for AudioLDM.

    AudioLDM's own list has a number a level, of which nothing depends, as it has no cross-attention.
    """
    if not (isinstance(widths, list | tuple) and widths and isinstance(widths[0], list | tuple)):
        return ()
    first = tuple(widths[0])
    if any(tuple(level) != first for level in widths):
        raise ValueError(f"cross_attention_dim must be the same at every level, found {widths}")
    if first[:1] != (None,):  # the first two places share the first sequence in diffusers, whatever they are
        raise ValueError(f"cross_attention_dim must begin with null at every level, found {widths}")
    return first


def vae_config(config: Mapping[str, Any]) -> VAEConfig:
    """The shape of the VAE, and its scaling factor, which must be there: no two checkpoints share it."""
    as_expected(config, VAE)
    return VAEConfig(
        latent_channels=config["latent_channels"],
        channels=tuple(config["block_out_channels"]),
        layers=config["layers_per_block"],
        groups=config["norm_num_groups"],
        mid_attention=config.get("mid_block_add_attention", True),
        scaling_factor=float(config["scaling_factor"]),
    )


def vocoder_config(config: Mapping[str, Any]) -> HifiGanConfig:
    """The shape of the vocoder."""
    as_expected(config, VOCODER)
    dilations = {tuple(one) for one in config["resblock_dilation_sizes"]}
    if len(dilations) != 1:
        raise ValueError(f"resblock_dilation_sizes must be the same for every kernel, found {sorted(dilations)}")
    return HifiGanConfig(
        bands=config["model_in_dim"],
        rate=config["sampling_rate"],
        width=config["upsample_initial_channel"],
        rates=tuple(config["upsample_rates"]),
        kernels=tuple(config["upsample_kernel_sizes"]),
        block_kernels=tuple(config["resblock_kernel_sizes"]),
        dilations=dilations.pop(),
    )


def text_config(config: Mapping[str, Any]) -> ClapTextConfig:
    """The shape of the text tower, from its own configuration or from that of a whole CLAP.

    transformers leaves out what is its default, so every field has one.
    """
    own = {**config, **config.get("text_config", {})}
    as_expected(own, TEXT)
    return ClapTextConfig(
        vocabulary=own.get("vocab_size", 50_265),
        width=own.get("hidden_size", 768),
        layers=own.get("num_hidden_layers", 12),
        heads=own.get("num_attention_heads", 12),
        feed_forward=own.get("intermediate_size", 3072),
        tokens=own.get("max_position_embeddings", 514) - 2,
        embedding=config.get("projection_dim", own.get("projection_dim", 512)),
    )


def audio_config(config: Mapping[str, Any]) -> ClapAudioConfig:
    """The shape of the audio tower in the configuration of a whole CLAP."""
    own = config["audio_config"]
    as_expected(own, {"enable_fusion": False, "num_mel_bins": 64, "spec_size": 256, "window_size": 8})
    return ClapAudioConfig(
        patch_width=own.get("patch_embeds_hidden_size", 96),
        width=own.get("hidden_size", 768),
        depths=tuple(own.get("depths", (2, 2, 6, 2))),
        heads=tuple(own.get("num_attention_heads", (4, 8, 16, 32))),
        embedding=config.get("projection_dim", 512),
    )


def training_of(config: Mapping[str, Any]) -> Training:
    """The noise of training. Any scheduler of diffusers will do, as they all tell the same about it."""
    as_expected(config, SCHEDULER)
    steps, start, end = config["num_train_timesteps"], config["beta_start"], config["beta_end"]
    kinds = {"linear": linear, "scaled_linear": scaled_linear}
    kind, prediction = config["beta_schedule"], config.get("prediction_type", "epsilon")
    spacing = config.get("timestep_spacing", "leading")
    for name, value, known in (
        ("beta_schedule", kind, kinds),
        ("prediction_type", prediction, ("epsilon", "v_prediction")),
        ("timestep_spacing", spacing, SPACINGS),
    ):
        if value not in known:
            raise ValueError(f"{name} must be {' | '.join(known)}, found {value!r}")
    return Training(
        alphas2=kinds[kind](start, end, steps),
        prediction=prediction,
        spacing=spacing,
        offset=config.get("steps_offset", 0),
        clean_end=config.get("set_alpha_to_one", True),
    )


def modern_attention(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A VAE's tensors under today's names: those of its attention have changed, and once were 1x1 convolutions."""
    out = {}
    for name, tensor in tensors.items():
        if ".attentions." in name:
            for old, new in OLD_ATTENTION.items():
                name = name.replace(old, new)
            tensor = tensor[:, :, 0, 0] if tensor.ndim == 4 else tensor
        out[name] = tensor
    return out

"""Work that nobody waits for any more is left in the middle, and nothing else is."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from engine.bands import cutoff_of, join_bands
from engine.decoding import run_out
from engine.finish import resample
from engine.leaving import Abandoned, breathe, leaving
from engine.nets.audio_tower import AudioTower, AudioTowerConfig
from engine.nets.unet import UNet, UNetConfig
from engine.nets.vae import VAE, VAEConfig
from engine.splice import continued


def test_nothing_is_left_that_is_wanted() -> None:
    breathe()
    with leaving(lambda: False):
        breathe()
    with leaving(lambda: True):
        with leaving(lambda: False):
            breathe()
        with pytest.raises(Abandoned):
            breathe()
    breathe()


def test_the_question_is_for_one_thread() -> None:
    failures: list[BaseException] = []

    def work() -> None:
        try:
            breathe()
        except Abandoned as error:
            failures.append(error)

    with leaving(lambda: True):
        other = threading.Thread(target=work)
        other.start()
        other.join()
    assert not failures


def test_it_is_no_failure_that_somebody_on_the_way_could_take_in() -> None:
    with leaving(lambda: True), pytest.raises(Abandoned), contextlib.suppress(Exception):
        breathe()


UNET = UNetConfig(channels=(8, 16), heads=(1, 2), attention=(False, True), groups=4, class_dim=8)
VAE_SHAPE = VAEConfig(channels=(8, 16), groups=4)


def unet() -> Any:
    return UNet(UNET)(torch.zeros(1, 8, 8, 4), torch.zeros(1), torch.zeros(1, 8))


def decoder() -> Any:
    return run_out(VAE(VAE_SHAPE).decoding(torch.zeros(1, 8, 4, 4)))


def encoder() -> Any:
    return VAE(VAE_SHAPE).encode(torch.zeros(1, 1, 16, 16))


def tower() -> Any:
    return AudioTower(AudioTowerConfig(channels=(8, 8, 8))).eval()(torch.zeros(1, 1, 64, 128))


@pytest.mark.parametrize("run", [unet, decoder, encoder, tower])
def test_networks_can_be_left_between_all_their_blocks(run: Callable[[], Any]) -> None:
    asked, convolved = 0, []

    def after(times: int) -> Callable[[], bool]:
        def unwanted() -> bool:
            nonlocal asked
            asked += 1
            return asked > times

        return unwanted

    def count(module: nn.Module, *_: Any) -> None:
        if isinstance(module, nn.Conv2d):
            convolved.append(module)

    handle = nn.modules.module.register_module_forward_hook(count)
    try:
        with torch.inference_mode():
            run()
            whole = len(convolved)
            for times in range(3):
                asked = 0
                convolved.clear()
                with leaving(after(times)), pytest.raises(Abandoned):
                    run()
                assert asked == times + 1
                assert len(convolved) < whole / 2 + 2 * times
    finally:
        handle.remove()


NOISE = np.random.default_rng(0).standard_normal((2, 9000)).astype(np.float32)


@pytest.mark.parametrize(
    "run",
    [
        lambda: resample(NOISE, 44100, 48000),
        lambda: cutoff_of(NOISE, 48000),
        lambda: join_bands(NOISE, NOISE, 8000.0, 48000),
        lambda: continued(NOISE, 10, 48000),
    ],
    ids=["resample", "cutoff", "join", "continue"],
)
def test_long_work_on_samples_can_be_left(run: Callable[[], Any]) -> None:
    run()
    with leaving(lambda: True), pytest.raises(Abandoned):
        run()

"""The stage tune by itself: that its gradient does what it is for."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from engine.nets.unet import UNet, UNetConfig
from engine.sampling import Denoising, Plan, denoise_step
from engine.schedule import schedule
from engine.training import tune
from engine.training.critic import Critic, critic_loss

SMALL = UNetConfig(
    channels=(16, 24, 32), heads=(1, 1, 2), attention=(False, True, True), layers=1, groups=4, class_dim=8,
    double_attention=False, unshuffle=2,
)  # fmt: skip


def test_rendering_for_training_is_the_sampler_of_the_run_time() -> None:
    torch.manual_seed(0)
    unet, noise, condition = UNet(SMALL).eval(), torch.randn(2, 8, 16, 16), torch.randn(2, 8)
    with torch.no_grad(), torch.autocast("cpu", enabled=False):
        found = tune.rendered(unet, noise, condition, 4)
        plan = Plan(schedule("dpm++", 4, "trailing"), prediction="v_prediction")
        for row in range(2):
            run = Denoising(noise[row], plan, 0)
            while not run.done:
                run = denoise_step(run, unet(run.x[None], torch.tensor([run.time]), condition[row : row + 1])[0])
            assert (run.x - found[row]).norm() / run.x.norm() < 0.05  # bfloat16 where the machine has it


def test_the_gradient_of_a_rendering_raises_its_reward() -> None:
    """A network of one layer for ears: what it hears has to come nearer to what was asked for."""
    torch.manual_seed(1)
    unet = UNet(SMALL)
    ear = nn.Linear(8, 4)
    optimizer = torch.optim.AdamW(unet.parameters(), lr=1e-3)
    noise, condition, kind = torch.randn(4, 8, 16, 16), torch.eye(8)[:4], torch.arange(4)

    def loss() -> Tensor:
        latent = tune.rendered(unet, noise, condition, 3)
        return nn.functional.cross_entropy(4 * ear(latent.mean(dim=(2, 3))), kind)

    before = loss().item()
    for _ in range(30):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
    assert loss().item() < 0.5 * before


def test_kinds_that_go_wrong_come_more_often() -> None:
    choice, rng = tune.Choice(np.repeat(np.arange(4), 5)), np.random.default_rng(0)
    for _ in range(60):
        choice.learn(np.arange(4), np.array([1.0, 1.0, 1.0, 0.0]))
    clips, kinds = choice.draw(rng, 2000)
    assert (clips // 5 == kinds).all()
    assert np.mean(kinds == 3) > 2 * np.mean(kinds == 0)
    assert np.mean(kinds == 0) > 0.05


def test_the_critic_learns_kinds_and_what_is_real() -> None:
    torch.manual_seed(2)
    critic = Critic(3)
    optimizer = torch.optim.AdamW(critic.parameters(), lr=1e-3)
    kind = torch.arange(12) % 3
    real = torch.randn(12, 8, 16, 16) + 3 * nn.functional.one_hot(kind, 8).float()[:, :, None, None]
    made = torch.randn(12, 8, 16, 16) * 0.2
    for _ in range(80):
        optimizer.zero_grad()
        loss = critic_loss(critic(real, kind), critic(made, kind), kind)
        loss.backward()
        optimizer.step()
    logits, realness = critic(real, kind)
    assert (logits.argmax(dim=1) == kind).float().mean() > 0.9
    assert realness.mean() > critic(made, kind)[1].mean() + 1

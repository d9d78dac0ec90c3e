"""The loop that every stage of training shares: budget, learning rate, resuming, the average, the checkpoint."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch import nn

from engine.training import loop
from engine.training.loop import Average, Meter, Run, rate_factor


class Clock:
    """A clock for `loop` that only moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(loop, "time", found)
    return found


def network_and_optimizer(seed: int = 0) -> tuple[nn.Linear, torch.optim.AdamW]:
    torch.manual_seed(seed)
    network = nn.Linear(3, 2)
    return network, torch.optim.AdamW(network.parameters(), lr=0.01)


def learn(network: nn.Linear, optimizer: torch.optim.Optimizer, step: int) -> None:
    x = torch.randn(4, 3, generator=torch.Generator().manual_seed(step))
    optimizer.zero_grad()
    network(x).square().mean().backward()
    optimizer.step()


def test_the_rate_is_flat_and_then_falls_without_a_step() -> None:
    assert [rate_factor(f) for f in (0.0, 0.3, 0.55)] == [1.0, 1.0, 1.0]
    falling = [rate_factor(0.55 + 0.045 * k) for k in range(11)]
    assert all(a > b for a, b in pairwise(falling))
    assert falling[5] == pytest.approx(0.51)  # halfway between 1 and the lowest
    assert rate_factor(1.0) == rate_factor(1.7) == pytest.approx(0.02)
    assert rate_factor(0.55 + 1e-6) == pytest.approx(1.0, abs=1e-6)


def test_a_run_ends_with_its_budget_and_sets_the_rate_by_it(tmp_path: Path, clock: Clock) -> None:
    network, optimizer = network_and_optimizer()
    run = Run(tmp_path, "stage", 10.0, optimizer, {"network": network})
    rates = []
    for _ in run:
        rates.append(optimizer.param_groups[0]["lr"])
        clock.now += 1.0
    assert len(rates) == 600
    assert run.fraction == 1.0
    assert rates[0] == pytest.approx(0.01 / loop.WARM_UP)
    assert rates[loop.WARM_UP : 330] == pytest.approx([0.01] * (330 - loop.WARM_UP))
    assert rates[-1] < 0.021 * 0.01


def test_time_between_steps_is_not_charged(tmp_path: Path, clock: Clock) -> None:
    """The budget is for steps: neither saving nor what surrounds the loop eats it."""
    network, optimizer = network_and_optimizer()
    run = Run(tmp_path, "stage", 1.0, optimizer, {"network": network})
    steps = iter(run)
    next(steps)
    clock.now += 5.0
    next(steps)
    assert run.spent == 5.0
    assert run.fraction == pytest.approx(5 / 60)


def test_a_run_that_was_cut_off_goes_on_where_it_was(tmp_path: Path, clock: Clock) -> None:
    def run_until(folder: Path, stop: int | None, seed: int) -> tuple[nn.Linear, Run, Average]:
        network, optimizer = network_and_optimizer(seed)
        average = Average(network, 0.9)
        run = Run(folder, "stage", 1.0, optimizer, {"network": network, "average": average})
        for step in run:
            learn(network, optimizer, step)
            average.update(network)
            clock.now += 1.5
            if step == stop:
                run.step, run.spent = step + 1, run.spent + 1.5  # as the loop counts a step that was not cut off
                run.save()
                break
        return network, run, average

    whole, run, average = run_until(tmp_path / "whole", None, seed=0)
    run_until(tmp_path / "cut", 16, seed=0)
    resumed, again, again_average = run_until(tmp_path / "cut", None, seed=99)  # other first weights: all come back
    assert (again.step, again.spent) == (run.step, run.spent) == (40, 60.0)
    assert torch.equal(whole.weight, resumed.weight)
    assert torch.equal(average.weights["weight"], again_average.weights["weight"])
    assert average.count == again_average.count == 40


def test_a_longer_budget_goes_on_with_a_finished_run(tmp_path: Path, clock: Clock) -> None:
    counts = []
    for minutes in (0.5, 0.5, 1.0):
        network, optimizer = network_and_optimizer()
        run = Run(tmp_path, "stage", minutes, optimizer, {"network": network})
        count = 0
        for _ in run:
            clock.now += 3.0
            count += 1
        counts.append(count)
    assert counts == [10, 0, 10]


def test_a_checkpoint_is_saved_every_minute_and_at_the_end(tmp_path: Path, clock: Clock) -> None:
    network, optimizer = network_and_optimizer()
    run = Run(tmp_path, "stage", 5.0, optimizer, {"network": network})
    kept = []
    for _ in run:
        kept.append(torch.load(run.path, weights_only=True)["spent"] if run.path.exists() else None)
        clock.now += 25.0
    assert kept[:7] == [None, None, None, 75.0, 75.0, 75.0, 150.0]
    assert torch.load(run.path, weights_only=True)["spent"] == 300.0


def test_a_save_that_fails_leaves_the_last_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network, optimizer = network_and_optimizer()
    run = Run(tmp_path, "stage", 1.0, optimizer, {"network": network})
    run.save()
    good = run.path.read_bytes()

    def full_disk(state: object, path: Path) -> None:
        Path(path).write_bytes(b"half of a checkpo")
        raise OSError("no space left on device")

    monkeypatch.setattr(torch, "save", full_disk)
    with pytest.raises(OSError, match="no space"):
        run.save()
    assert run.path.read_bytes() == good
    Run(tmp_path, "stage", 1.0, optimizer, {"network": network})  # and it can be read


def test_no_minutes_only_read(tmp_path: Path) -> None:
    network, optimizer = network_and_optimizer()
    with pytest.raises(FileNotFoundError, match="stage vae has not been trained yet"):
        Run(tmp_path, "vae", 0.0, optimizer, {"network": network})
    Run(tmp_path, "vae", 1.0, optimizer, {"network": network}).save()
    before = (tmp_path / "vae.pt").stat().st_mtime_ns
    other, its_optimizer = network_and_optimizer(seed=5)
    assert list(Run(tmp_path, "vae", 0.0, its_optimizer, {"network": other})) == []
    assert torch.equal(other.weight, network.weight)
    assert (tmp_path / "vae.pt").stat().st_mtime_ns == before


def test_the_average_follows_the_network() -> None:
    network = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(network.weight)
    average = Average(network, 0.99)
    nn.init.ones_(network.weight)
    average.update(network)
    assert average.weights["weight"].item() == pytest.approx(1 - 2 / 11)  # a young average forgets quickly
    for _ in range(2000):
        average.update(network)
    assert average.weights["weight"].item() == pytest.approx(1.0, abs=1e-3)
    nn.init.zeros_(network.weight)
    average.update(network)
    assert average.weights["weight"].item() == pytest.approx(0.99, abs=1e-3)  # an old one by its decay
    assert network.weight.item() == 0.0


def test_figures_are_averaged_printed_and_logged(
    tmp_path: Path, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    network, optimizer = network_and_optimizer()
    run = Run(tmp_path, "stage", 10.0, optimizer, {"network": network})
    meter = Meter(run)
    for step in run:
        meter.add(loss=float(step), **({"rare": torch.tensor(2.0)} if step % 2 else {}))
        clock.now += 10.0
        if step == 3:
            break
    rows = [json.loads(line) for line in run.logbook.read_text().splitlines()]
    assert [row["loss"] for row in rows] == [1.0]  # the mean of steps 0, 1 and 2
    assert rows[0]["rare"] == 2.0
    assert rows[0]["steps_per_second"] == pytest.approx(0.15)
    assert "stage:" in capsys.readouterr().out

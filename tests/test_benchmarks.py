"""The benchmark's own arithmetic: each stage counts its own time once, and a bar is read the right way round."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import audioldm2, cancel, cancel_engine, endless, freed, live_latency, seams
from benchmarks.first_sound import bar, rows, verdicts
from benchmarks.live_latency import percentile
from benchmarks.serving import Serving
from benchmarks.stages import STAGES, Measured, Stopwatch, attention_flops


class Family:
    """Methods that move a clock by hand, one inside another as in a real family."""

    def __init__(self) -> None:
        self.now = 0.0

    def encode_text(self) -> None:
        self.now += 1

    def begin(self) -> None:
        self.encode_text()
        self.now += 10

    def step(self) -> None:
        self.now += 100

    def decode_latent(self) -> None:
        self.now += 1000

    def decode(self) -> None:
        self.decode_latent()
        self.now += 10000


def test_every_stage_counts_its_own_time_once() -> None:
    family = Family()
    with Stopwatch(family, lambda: family.now).running() as stages:
        family.begin()
        family.step()
        family.step()
        family.decode()
        family.now += 5
    assert stages == {"text": 1, "denoise": 210, "vae": 1000, "vocoder": 10000, "finish": 5}
    assert sum(stages.values()) == family.now


def test_the_family_is_left_as_it_was() -> None:
    family = Family()
    with Stopwatch(family).running():
        assert "step" in vars(family)
    assert list(vars(family)) == ["now"]


def test_attention_counts_two_matrix_products() -> None:
    shape = (1, 4, 64, 32)  # batch, heads, positions, width
    assert attention_flops(shape, shape, shape) == 2 * (2 * 4 * 64 * 64 * 32)


@pytest.mark.parametrize(("value", "missed"), [(0.25, False), (0.5, False), (0.75, True)])
def test_a_ratio_above_one_is_a_missed_bar(value: float, missed: bool) -> None:
    line = bar("a take", value, 0.5)
    assert f"ratio {value / 0.5:.2f}" in line
    assert line.endswith("MISSED") is missed


def test_the_table_has_a_line_for_each_measurement() -> None:
    one = Measured(
        model="pocket", dtype="float32", seconds=5.12, steps=8, threads=2, runs=5, loaded=2.0, cold=0.6, warm=0.32,
        stages=dict.fromkeys(STAGES, 0.064), gflop=dict.fromkeys(STAGES, 4.0), peak=125.0, memory=512.0,
    )  # fmt: skip
    table = list(rows([one, one]))
    assert len(table) == 3
    assert len({len(line) for line in table}) == 1
    assert table[1].split()[-2:] == ["62", "50%"]  # 20 GFLOP in 0.32 s, of 125 GFLOP/s
    assert list(verdicts([one], 6.0))[1].endswith("MISSED")


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert (percentile(values, 0.0), percentile(values, 0.5), percentile(values, 0.99)) == (1.0, 51.0, 100.0)
    assert percentile([3.0], 0.99) == 3.0


@pytest.mark.parametrize(("busy", "late", "missed"), [(0.14, 0.019, 0), (0.16, 0.019, 1), (0.14, 0.021, 1)])
def test_latency_says_which_bar_was_missed(busy: float, late: float, missed: int) -> None:
    found = live_latency.Measured(idle=[0.1] * 5, busy=[busy] * 5, acknowledged=[0.001] * 98 + [late] * 2)
    assert sum(line.endswith("MISSED") for line in live_latency.rows(found)) == missed


@pytest.mark.parametrize(("decoded", "missed"), [(0.05, False), (0.2, True)])
def test_a_cancel_that_takes_longer_than_the_longest_step_misses_the_bar(decoded: float, missed: bool) -> None:
    found = freed.Measured(steps=[0.1, 0.08], decoding=[0.3], denoised=[0.04], decoded=[decoded])
    assert ("MISSED" in list(freed.rows(found))[-1]) is missed


@pytest.mark.slow
def test_latency_and_cancels_are_measured_on_a_real_daemon() -> None:
    with Serving("--model", "tone", "--option", "step_seconds=0.005") as daemon:
        waits = live_latency.measure(daemon, rounds=1, seconds=0.5, requests=3, stream=False)
        cancels = cancel.measure(daemon, cancels=3, seconds=0.5, takes=1)
    assert (len(waits.idle), len(waits.busy), len(waits.acknowledged)) == (1, 1, 3)
    assert 0 < waits.acknowledged[0] < 5
    assert len(cancels.freed) == 3
    assert len(cancels.steps) >= 7


@pytest.mark.slow
def test_cancels_are_measured_in_the_engine_by_two_clocks() -> None:
    wall, thread = cancel_engine.measure("tone", cancels=6, seconds=0.5, takes=1, step_seconds=0.01)
    assert len(wall.freed) == len(thread.freed) == 6
    assert len(wall.steps) == len(thread.steps) >= 7
    assert 0 < max(thread.steps) < min(wall.steps)  # such a step sleeps, and the thread's clock stands still


def test_two_sides_are_compared_stage_by_stage() -> None:
    """Medians of a stage's calls, takes of so many steps added up, and the ratio of both sides."""
    stages = {"prompt": [1.0], "step": [9.0, 2.0, 2.0], "vae": [3.0], "vocoder": [4.0]}
    ours, theirs = audioldm2.Measured(10.0, 512.0, stages), audioldm2.Measured(5.0, 1024.0, {**stages, "step": [4.0]})
    table = [line.split() for line in audioldm2.rows(ours, theirs)]
    assert [line[-1] for line in table[1:]] == ["2.00", "1.00", "0.50", "1.00", "1.00", "0.55", "0.50", "0.50"]
    assert table[6][-3:-1] == ["48.00", "88.00"]  # 1 + 20 * 2 + 3 + 4, and the same with steps of 4


def test_a_call_is_timed_also_when_it_fails() -> None:
    times: list[float] = []
    ticks = iter([1.0, 3.0])
    with pytest.raises(ZeroDivisionError):
        audioldm2.timed(times, lambda: 1 // 0, lambda: next(ticks))()
    assert times == [2.0]


def test_the_stream_is_measured_by_what_a_listener_hears() -> None:
    told = endless.measure(("--model", "tone"), 5.0, 1.5, 1.0, busy=True)
    assert told.failures == [] and told.windows and told.changes
    assert {"generate", "long", "inpaint"} == set(told.others) and min(told.factors()) > 0.0
    assert told.sound.shape[1] > 3 * told.rate
    here = seams.heard(told.sound, told.joins, told.rate)
    assert max(here.clicks, default=0.0) <= 1.2
    table = "\n".join(endless.rows(told, 5.0))
    assert "| real-time factor |" in table and "| underruns of the player |" in table


def test_a_seam_is_heard_where_it_is_loud_where_it_clicks_and_where_nothing_is() -> None:
    rate = 48000
    sound = (0.05 * np.random.default_rng(0).standard_normal((1, 10 * rate))).astype(np.float32)
    loud, clicking, silent = 2 * rate, 5 * rate, 8 * rate
    sound[:, loud : loud + rate // 20] *= 4.0
    sound[:, clicking:] += 0.9
    sound[:, silent : silent + rate // 100] = 0.0
    here = seams.heard(sound, [loud, clicking, 3 * rate, 9 * rate], rate)
    assert len(here.excess) == 3  # the last one is too near to the end
    assert here.excess[0] > 9.0 and here.excess[2] < 1.0
    assert here.clicks[1] > 2.0 and here.clicks[2] <= 1.0
    assert here.steps[0] > 9.0 and here.steps[2] < 1.0
    assert seams.gaps(sound, rate) == 1
    assert seams.middles([0, 10, 30]) == [5, 20]


def test_changes_are_measured_against_what_was_stated() -> None:
    told = endless.Measured()
    told.changes = [(0.0, "a", 3.0), (5.0, "b", 3.0), (10.0, "c", 3.0)]
    told.windows = [(2.0, "a", 4.0, 0.5), (9.0, "b", 4.0, 2.0), (14.0, "d", 4.0, 0.0)]
    assert told.waits() == [(2.0, 3.0), (4.0, 3.0)] and told.overtaken == 1
    assert endless.late(told.waits()) == 1 and told.factors() == [8.0, 2.0]


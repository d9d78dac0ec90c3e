"""The tables of edits: which clips they use, that a stopped run goes on, and what they say of good and bad results."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine import load
from engine.evaluation import inpainting, steps, super_resolution
from engine.evaluation.bench import RATE, Bench, HeldOut, held_out
from engine.evaluation.classifier import Judge
from engine.evaluation.samples import Prompt, as_mels
from engine.evaluation.tables import Column, Record, Row, Table, document, marks, remarks, wrapped
from engine.request import Clip, Request
from engine.training.data import Corpus
from engine.weights import FOLDER, fingerprint

KINDS = ("kick drum", "laser", "rain", "theremin")
FRAMES = 245760


def small_corpus(folder: Path, each: int) -> Corpus:
    """Clips of four kinds in turn, whose first sample is their number."""
    (folder / "corpus").mkdir()
    count = each * len(KINDS)
    audio = np.zeros((count, 1000), np.int16)
    audio[:, 0] = np.arange(count)
    np.save(folder / "corpus" / "test-audio.npy", audio)
    facts: dict[str, Any] = {"second": None, "sustained": True, "attributes": {}}
    rows = [{"kind": KINDS[i % 4], "caption": f"clip {i}", **facts} for i in range(count)]
    mels = np.broadcast_to(np.arange(count)[:, None, None], (count, 4, 2)).astype(np.float16)
    return Corpus(mels, rows, KINDS)


def numbers(held: HeldOut) -> list[int]:
    return [round(float(clip[0]) * 32768) for clip in held.audio]


@pytest.mark.parametrize(("count", "kinds"), [(2, [0, 3]), (4, [0, 1, 2, 3]), (6, [0, 1, 2, 3, 0, 1])])
def test_clips_are_spread_over_the_kinds_and_the_others_are_other_clips(
    tmp_path: Path, count: int, kinds: list[int]
) -> None:
    held = held_out(tmp_path, small_corpus(tmp_path, 5), count)
    assert held.labels.tolist() == kinds
    assert numbers(held) == held.mels[:, 0, 0].tolist() == [int(prompt.text.split()[1]) for prompt in held.prompts]
    others = {int(mel[0, 0]) for mel in held.others}
    assert not others & set(numbers(held))
    assert {number % 4 for number in others} == set(kinds)


def test_at_most_half_of_the_clips_of_a_kind_are_used(tmp_path: Path) -> None:
    held = held_out(tmp_path, small_corpus(tmp_path, 5), 100)
    assert len(held) == 8
    assert len(held.others) == 12


def test_only_suitable_clips_are_used(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path, 5)
    suitable = np.array([i % 4 == 2 and i > 4 for i in range(20)])
    held = held_out(tmp_path, corpus, 2, suitable)
    assert numbers(held) == [6, 10]
    assert held.others[:, 0, 0].tolist() == [14, 18]
    with pytest.raises(ValueError, match="no kind with two clips"):
        held_out(tmp_path, corpus, 2, np.zeros(20, bool))


def a_table(calls: list[str]) -> Table:
    def measure(name: str, value: float) -> Callable[[], dict[str, float]]:
        def measured() -> dict[str, float]:
            calls.append(name)
            return {"share": value}

        return measured

    rows = (Row("plain", measure("plain", 0.25)), Row("better", measure("better", 0.5)))
    return Table("demo", "A demonstration", "What it shows.", (Column("share", "share", ".1%"), Column("n", "n")), rows)


def test_a_run_that_was_stopped_goes_on_and_other_weights_begin_anew(tmp_path: Path) -> None:
    calls: list[str] = []
    table, path = a_table(calls), tmp_path / "deep" / "numbers.json"
    first = Record(path, {"weights": "a"})
    assert [row.name for _, row in first.lacking([table])] == ["plain", "better"]
    assert first.measure(table, table.rows[0]) == {"share": 0.25}

    again = Record(path, {"weights": "a"})
    assert [row.name for _, row in again.lacking([table])] == ["better"]
    assert again.measure(table, table.rows[0]) == {"share": 0.25}
    assert calls == ["plain"]
    assert len(Record(path, {"weights": "b"}).lacking([table])) == 2
    assert [one.name for one in path.parent.iterdir()] == ["numbers.json"]


def test_the_document_has_the_rows_that_are_there_and_keeps_what_people_wrote(tmp_path: Path) -> None:
    table = a_table([])
    record = Record(tmp_path / "numbers.json", {})
    record.measure(table, table.rows[1])
    text = document("# Head\n\n    a command  --as it is", [table], record, "")
    assert "    a command  --as it is\n\n## A demonstration\n\nWhat it shows.\n\n|  | share | n |\n" in text
    assert "| better | 50.0% | – |" in text
    assert "| plain" not in text
    first, last = marks("demo")
    written = text.replace(f"{first}\n{last}", f"{first}\n\nIt is *better*.\n\nMuch.\n\n{last}")
    later = document("# Another head", [table], record, written)
    assert remarks(later, "demo") == "It is *better*.\n\nMuch."
    assert document("# Another head", [table], record, later) == later
    assert remarks("nothing here", "demo") == ""


def test_long_paragraphs_are_wrapped_and_commands_are_not() -> None:
    words = "word " * 60
    text = wrapped(f"{words}\n\n    {words}")
    prose, command = text.split("\n\n")
    assert max(len(line) for line in prose.splitlines()) <= 120
    assert command == f"    {words}".rstrip()


def noise(seed: int, level: float = 0.1, frames: int = FRAMES) -> np.ndarray:
    return (level * np.random.default_rng(seed).standard_normal(frames)).astype(np.float32)


def test_a_sine_at_full_scale_has_magnitude_one() -> None:
    frequency = 100 * RATE / super_resolution.SIZE
    sine = np.sin(2 * np.pi * frequency * np.arange(RATE) / RATE).astype(np.float32)
    spectrum = super_resolution.spectrogram(sine)
    assert spectrum.shape == (1 + (RATE - 2048) // 512, 1025)
    assert spectrum[:, 100] == pytest.approx(1.0, abs=1e-4)


def test_the_distance_tells_a_missing_band_from_a_wrong_one() -> None:
    clip = noise(0, frames=RATE)
    held = HeldOut(clip[None], torch.zeros(1, 512, 128), (Prompt("a", 0, 0),), torch.zeros(1, 512, 128))
    bench = Bench(load("tone"), Judge(4), held)
    assert super_resolution.distances(clip, clip, 4000) == (0.0, 0.0)
    missing = super_resolution.distances(clip, super_resolution.unprocessed(bench, 4000)[0], 4000)
    assert missing[1] > 60
    assert missing[0] < missing[1]
    # A band of the right level, but of other noise: two Rayleigh magnitudes differ by 7.9 dB (rms).
    below = super_resolution.unprocessed(bench, 4000)[0]
    other = noise(1, frames=RATE)
    wrong = below + other - super_resolution._wide(super_resolution.narrowed(other, 4000), RATE)
    assert super_resolution.distances(clip, wrong, 4000)[1] == pytest.approx(7.9, abs=0.4)
    # With a perfect codec there is next to nothing left to lose.
    bench.__dict__["coded"] = clip[None]
    assert super_resolution.distances(clip, super_resolution.coded(bench, 4000)[0], 4000)[1] < 1.5


@pytest.fixture(scope="module")
def bench() -> Bench:
    """Three clips of noise of different colours, a family that needs no weights, and a judge that was not trained."""
    torch.manual_seed(0)
    audio = np.stack([noise(0), np.cumsum(noise(1, 1e-4)), np.diff(noise(2), prepend=np.float32(0))])
    mels = as_mels(list(audio))
    prompts = tuple(Prompt(f"{100 * (i + 1)} Hz", i, i) for i in range(3))
    return Bench(load("tone"), Judge(4).eval(), HeldOut(audio, mels, prompts, mels.flip(0)), lambda text: None)


def test_edits_in_a_batch_are_those_that_a_request_gives_alone(bench: Bench) -> None:
    requests = [Request(task="upsample", source=Clip(noise(i, frames=8000), 8000), prompt=f"{i + 5} kHz", seed=i)
                for i in range(3)]  # fmt: skip
    together = [clip.samples for clip in bench.edited(requests)]
    assert [clip.shape for clip in together] == [(1, 48000)] * 3
    for request, found in zip(requests, together, strict=True):
        assert np.array_equal(bench.model.render(request)[0].clip.samples, found)


def test_only_the_hole_is_lost_and_only_the_hole_is_filled(bench: Bench) -> None:
    hole = inpainting.hole()
    lost, made = inpainting.unprocessed(bench), inpainting.inpainted(bench, worded=True)
    for clip, zeros, new in zip(bench.held.audio, lost, made, strict=True):
        assert not zeros[hole].any()
        assert new[hole].std() > 0.01
        for outside in (slice(0, hole.start), slice(hole.stop, None)):
            assert np.array_equal(zeros[outside], clip[outside])
            assert np.array_equal(new[outside], clip[outside])


def test_untouched_clips_are_at_no_distance_and_holes_are_at_some(bench: Bench) -> None:
    table = inpainting.table(bench)
    rows = {row.name: row.measure for row in table.rows}
    with torch.inference_mode():
        untouched, holes = rows["untouched"](), rows["unprocessed"]()
    assert untouched["frechet"] == pytest.approx(0.0, abs=1e-6)
    assert untouched["hole_kl"] == pytest.approx(0.0, abs=1e-9)
    assert holes["hole_frechet"] > holes["frechet"] > 1e-6
    assert {column.figure for column in table.columns} <= set(holes)


def test_the_rows_of_all_tables_have_names_of_their_own(bench: Bench) -> None:
    for table in (super_resolution.table(bench), steps.steps_table(bench), steps.guidance_table(bench)):
        names = [row.name for row in table.rows]
        assert len(set(names)) == len(names)
    names = [row.name for row in steps.steps_table(bench).rows]
    assert [f"DDIM, {n} steps" in names for n in (10, 25, 50, 100, 200)] == [True] * 5
    assert [f"DPM-Solver++, {n} steps" in names for n in (8, 25)] == [True] * 2


def test_the_figures_of_the_document_are_those_of_the_weights_that_ship() -> None:
    docs = FOLDER.parents[1] / "docs"
    shipped = fingerprint(FOLDER)
    assert json.loads((docs / "numbers.json").read_text(encoding="utf-8"))["identity"]["weights"] == shipped
    assert shipped in (docs / "numbers.md").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_toy_fills_every_table(toy_settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.evaluation import __main__ as command

    monkeypatch.setattr(super_resolution, "CUTS", (4000,))
    for name, values in {"DDIM": (2,), "ANCESTRAL": (2,), "SOLVER": (1,), "GUIDANCE": (1.0,)}.items():
        monkeypatch.setattr(steps, name, values)
    places = ["--weights", str(toy_settings.weights), "--work", str(toy_settings.work), "--out", str(tmp_path)]
    monkeypatch.setattr("sys.argv", ["x", "edits", "--clips", "2", "--only", "guidance", *places])
    assert command.main() == 0
    assert "rows are still to be measured" in (tmp_path / "numbers.md").read_text(encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["x", "edits", "--clips", "2", *places])
    assert command.main() == 0
    text = (tmp_path / "numbers.md").read_text(encoding="utf-8")
    assert "still to be measured" not in text
    assert "python -m engine.evaluation edits --clips 2" in text
    for row in ("| 8 kHz to 48 kHz, upsampled, no prompt |", "| inpainted, caption as prompt |", "| DDIM, 2 steps |",
                "| DPM-Solver++, 1 steps |", "| guidance 1 |"):  # fmt: skip
        assert row in text
    assert "nan" not in text

"""The corpus: every kind of sound through spaces, levels and captions, and rendering that goes on where it stopped."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.training import lexicon
from engine.training.corpus import draw as drawing
from engine.training.corpus import render as rendering
from engine.training.corpus.draw import FRAMES, RATE, Draw, Kind, all_kinds, kind
from engine.training.corpus.render import clip_at, render, render_clip, rows
from engine.training.corpus.spaces import SPACES, heard
from engine.training.data import STARTS, load_corpus, random_crops

KINDS = all_kinds()
PROGRAMS = {"instruments": "fluidsynth", "voices": "espeak-ng"}
SYNTHETIC = [name for name, one in KINDS.items() if one.group not in PROGRAMS]
PLAYED = [name for name, one in KINDS.items() if one.group in PROGRAMS]
FEW = {name: KINDS[name] for name in ("kick drum", "laser", "rain", "siren")}


def check(name: str) -> None:
    """One clip as the corpus has it: sound, length, level, repeatable; and what its row says of it."""
    first, same, other = (render_clip(KINDS[name], (9, seed)) for seed in (0, 0, 1))
    assert first.samples.shape == (FRAMES,)
    assert first.samples.dtype == np.float32
    assert np.isfinite(first.samples).all()
    peak = float(np.abs(first.samples).max())
    assert 0.1 < peak <= 0.95
    assert float(np.sqrt(np.mean(first.samples[: RATE * 2] ** 2))) > 1e-3 * peak
    assert abs(first.samples[-1]) < 1e-3
    assert np.array_equal(first.samples, same.samples)
    assert first.row == same.row
    assert not np.array_equal(first.samples, other.samples)
    assert first.row["kind"] == name
    assert any(phrase in first.row["caption"] for phrase in KINDS[name].phrases)
    assert json.loads(json.dumps(first.row)) == first.row


@pytest.mark.parametrize("name", SYNTHETIC)
def test_every_synthetic_kind_renders(name: str) -> None:
    check(name)


@pytest.mark.peers
@pytest.mark.parametrize("name", PLAYED)
def test_every_played_and_spoken_kind_renders(name: str, peer: Callable[[str], str]) -> None:
    peer(PROGRAMS[KINDS[name].group])
    check(name)


def test_there_are_at_least_a_hundred_kinds_with_attributes() -> None:
    assert len(KINDS) >= 100
    assert list(KINDS) == sorted(KINDS)
    assert all(one.name == name == name.lower() and one.phrases for name, one in KINDS.items())
    drawn = set()
    for seed, name in enumerate(SYNTHETIC):
        source = Draw(np.random.default_rng(seed), frames=RATE)
        KINDS[name].render(source)
        drawn |= set(source.words)
    assert {"pitch", "speed", "size", "intensity", "count", "character"} <= drawn


def test_every_kind_has_forty_wordings_of_its_own_and_a_fifth_of_them_is_held_out() -> None:
    table = lexicon.load()
    assert sorted(table) == list(KINDS)
    assert {name: len(wordings) for name, wordings in table.items() if len(wordings) < 40} == {}
    said = [wording for wordings in table.values() for wording in wordings]
    assert len(set(said)) == len(said)  # none means two kinds
    learnt, held = lexicon.split()
    assert 0.17 < len(held) / (len(learnt) + len(held)) < 0.23
    assert not {text for _, text in learnt} & {text for _, text in held}
    assert {kind for kind, _ in held} == set(KINDS)


def test_no_caption_uses_a_held_out_wording_of_more_than_the_kinds_own_name() -> None:
    """Captions are trained on; a phrase of the corpus that is also in the held-out fifth would leak."""
    held = {text for _, text in lexicon.split()[1]}
    leaks = {phrase for one in KINDS.values() for phrase in one.phrases if phrase in held}
    from engine.training.text import wordings

    assert not leaks & {wording.text for wording in wordings(KINDS, lexicon.split()[0])}


def test_train_and_test_clips_of_one_number_differ() -> None:
    for index in range(len(FEW)):
        one, two = clip_at(index, "train", FEW), clip_at(index, "test", FEW)
        assert one.row["kind"] == two.row["kind"]
        assert not np.array_equal(one.samples, two.samples)


def test_a_clips_number_is_all_that_it_depends_on() -> None:
    again = [clip_at(index, "train", FEW).row for index in (5, 2)]
    assert [clip_at(index, "train", FEW).row for index in (2, 5)] == again[::-1]


def test_some_training_clips_have_two_events_and_no_test_clip_has() -> None:
    """Which ones is a matter of their number: about six in a hundred, and never where the first sound is a texture."""
    lots = [np.random.default_rng((7, 1, index)).random() < rendering.TWO_EVENTS for index in range(500)]
    assert 0.04 < np.mean(lots) < 0.08
    events = [int(index) for index in np.flatnonzero(lots) if not FEW[list(FEW)[index % len(FEW)]].sustained]
    glue = ("followed by", "then", " and ", " with ", " over ")
    for index in events[:3]:
        row = clip_at(index, "train", FEW).row
        assert row["second"] in FEW
        assert any(word in row["caption"] for word in glue)
        assert clip_at(index, "test", FEW).row["second"] is None
    texture = next(int(index) for index in np.flatnonzero(lots) if FEW[list(FEW)[index % len(FEW)]].sustained)
    assert clip_at(texture, "train", FEW).row["second"] is None


def test_a_second_event_follows_or_lies_under_the_first() -> None:
    kick, rain, laser = KINDS["kick drum"], KINDS["rain"], KINDS["laser"]
    for seed in range(3):
        over = render_clip(kick, (seed,), rain).samples
        assert np.abs(over[3 * RATE :]).max() > 1e-3  # the rain goes on
        after = render_clip(kick, (seed,), laser)
        assert "laser" in after.row["caption"] or any(p in after.row["caption"] for p in laser.phrases)
        assert np.abs(after.samples[RATE : round(1.8 * RATE)]).max() > 1e-3


def test_spaces_are_heard_and_named() -> None:
    """Every space is drawn sooner or later; a hall rings on after the sound has ended, dry sounds do not."""
    click = np.zeros(RATE // 10)
    click[:400] = np.hanning(400)
    found: dict[str, float] = {}
    for seed in range(400):
        source = Draw(np.random.default_rng(seed))
        out = heard(source, click)
        assert out.shape == (FRAMES,)
        assert np.isfinite(out).all()
        assert np.abs(out).max() > 1e-4
        name = source.words.get("space") or source.words.get("distance") or "dry"
        found.setdefault(name, float(np.sqrt(np.mean(out[RATE // 2 : RATE] ** 2)) / np.abs(out).max()))
    assert set(found) == {*SPACES, "distant", "close-up", "dry"}
    assert found["dry"] == found["close-up"] == 0.0
    assert found["in a large hall"] > 10 * found["in a small room"]
    assert found["in a tunnel"] > 1e-4


def test_sounds_without_a_place_stay_dry() -> None:
    for seed in range(60):
        source = Draw(np.random.default_rng(seed))
        out = heard(source, np.ones(100), allowed=False)
        assert source.words == {}
        assert np.array_equal(out[:100], np.ones(100))


def test_an_attribute_is_a_word_and_a_value_in_its_range() -> None:
    said = 0
    for seed in range(200):
        source = Draw(np.random.default_rng(seed))
        value = source.attribute("pitch", {"low": (50.0, 100.0), "high": (400.0, 800.0)})
        assert 50 <= value <= 100 or 400 <= value <= 800
        if source.words:
            said += 1
            assert (source.words["pitch"] == "low") == (value < 200)
    assert 110 < said < 170
    assert Draw(np.random.default_rng(0)).attribute("count", {"three": 3.0}, chance=1.0) == 3.0


def test_a_kind_is_registered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "KINDS", dict(drawing.KINDS))

    @kind("test tone", group="test", phrases=("test tone",))
    def tone(source: Draw) -> np.ndarray:
        return np.ones(10)

    assert drawing.KINDS["test tone"].render is tone
    with pytest.raises(ValueError, match="'test tone' is registered twice"):
        kind("test tone", group="test", phrases=("test tone",))(tone)


@pytest.mark.parametrize("samples", [np.zeros(1000), np.full(1000, np.nan), np.full(1000, np.inf), np.zeros(0)])
def test_a_kind_that_renders_nothing_usable_is_named(samples: np.ndarray) -> None:
    broken = Kind("broken thing", "test", ("broken thing",), lambda source: samples)
    with pytest.raises(ValueError, match="'broken thing' rendered silence or numbers that are not finite"):
        render_clip(broken, (0,))


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "all_kinds", lambda: FEW)
    monkeypatch.setattr(rendering, "BLOCK", 4)


def test_a_split_is_rendered_and_read_back(few: None, tmp_path: Path) -> None:
    render(tmp_path / "corpus", "test", 10, 3, processes=1)
    corpus = load_corpus(tmp_path, "test")
    assert corpus.kinds == tuple(FEW)
    assert corpus.mels.shape == (10, 512, 128)
    assert corpus.labels.tolist() == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1]
    assert [row["kind"] for row in corpus.rows[:4]] == list(FEW)
    audio = np.load(tmp_path / "corpus" / "test-audio.npy")
    assert audio.shape == (3, FRAMES)
    expected = clip_at(2, "test", FEW).samples
    assert np.abs(audio[2] / 32767 - expected).max() < 1e-4
    assert float(corpus.mels[:, :50].max()) > 0.0
    assert corpus.sustained.tolist() == [bool(FEW[row["kind"]].sustained) for row in corpus.rows]
    crop = corpus.take(np.array([2, 3]), np.array([0, 100]), 64)
    assert crop.shape == (2, 1, 64, 128)
    assert np.array_equal(crop[1, 0].numpy(), corpus.mels[3, 100:164].astype(np.float32))


def test_a_split_that_was_never_rendered_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from engine.evaluation import __main__ as command

    monkeypatch.setattr("sys.argv", ["x", "attributes", "--work", str(tmp_path)])
    assert command.main() == 1
    assert "train.npy is missing: python -m engine.training pocket renders" in capsys.readouterr().err


def test_rendering_goes_on_with_the_blocks_that_are_missing(
    few: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    render(tmp_path / "corpus", "train", 12, 2, processes=1)
    whole = np.array(load_corpus(tmp_path, "train").mels)
    (tmp_path / "corpus" / "train-000004.json").unlink()
    with pytest.raises(ValueError, match="the train split has 8 of 12 clips"):
        load_corpus(tmp_path, "train")
    capsys.readouterr()
    render(tmp_path / "corpus", "train", 12, 2, processes=1)
    assert "4/4 clips" in capsys.readouterr().out
    again = load_corpus(tmp_path, "train")
    assert np.array_equal(again.mels, whole)
    assert len(list(rows(tmp_path / "corpus", "train"))) == 12


def test_a_split_of_another_size_is_not_overwritten(few: None, tmp_path: Path) -> None:
    render(tmp_path, "test", 4, 1, processes=1)
    with pytest.raises(ValueError, match="begun for 4 clips, not 8: remove it to start anew"):
        render(tmp_path, "test", 8, 1, processes=1)


def test_crops_of_events_begin_at_their_onset() -> None:
    rng = np.random.default_rng(0)
    sustained = np.array([True, False])
    starts = np.array([random_crops(rng, sustained, np.array([0, 1]), 256) for _ in range(200)])
    assert set(starts[:, 1]) == {0}
    assert starts[:, 0].min() < 20
    assert 236 < starts[:, 0].max() <= 256
    assert all(start % 4 == 0 and start + 256 <= 512 for start in STARTS)

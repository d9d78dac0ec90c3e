"""Pools, takes made ready, effects, and recordings as files: without sockets."""

from __future__ import annotations

import itertools
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bridge.audio import wav
from bridge.audio.effects import apply, darkened
from bridge.audio.mixer import Mixer
from bridge.audio.players.null import offline
from bridge.audio.prepare import joined, prepare, transposed
from bridge.audio.recorder import Played, Recorder
from bridge.audio.voice import Sound, Voice, mix
from bridge.audio.wav import Cue, WavWriter
from bridge.pads.pool import Held, Pad, Pool
from bridge.pads.store import PadStore
from engine import Clip, Request, Take
from presets import Playing, effects_of

RATE = 48000


def pool_of(count: int, **playing: object) -> Pool:
    pad = Pad("p", "x", Request(prompt="x"), Playing(pool=count, **playing))  # type: ignore[arg-type]
    ready = prepare(np.zeros((1, 10), np.float32), RATE, RATE, Playing())
    return Pool(pad, [Held(None, seed, prepared=ready) for seed in range(count)])


def seeds(pool: Pool, hits: int) -> list[int]:
    return [pool.next().seed for _ in range(hits)]  # type: ignore[union-attr]


def sine(frequency: float, seconds: float = 0.5, rate: int = RATE) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)).astype(np.float32)[None]


def loudest(samples: np.ndarray, rate: int = RATE) -> float:
    """The frequency with the most power, in Hz."""
    spectrum = np.abs(np.fft.rfft(samples[0] * np.hanning(samples.shape[1])))
    return float(np.argmax(spectrum) * rate / samples.shape[1])


def test_unheard_takes_come_first_and_then_the_one_heard_longest_ago() -> None:
    pool = pool_of(3)
    assert (pool.fresh, pool.missing) == (3, 0)
    assert seeds(pool, 7) == [0, 1, 2, 0, 1, 2, 0]
    assert (pool.fresh, pool.missing) == (0, 3)


def test_a_new_take_has_the_place_of_the_one_heard_longest_ago() -> None:
    pool = pool_of(3)
    seeds(pool, 4)  # 0 was heard again: 1 is the oldest now
    gone = pool.add(Held(None, 9, prepared=pool.takes[0].prepared))
    assert [take.seed for take in gone] == [1]
    assert seeds(pool, 3) == [9, 2, 0]


def test_no_unheard_take_is_thrown_away_for_a_new_one() -> None:
    pool = pool_of(2)
    assert pool.add(Held(None, 7)) == []
    assert pool.fresh == 3


def test_random_order_plays_unheard_takes_first_and_none_twice_in_a_row() -> None:
    pool = pool_of(4, order="random")
    played = seeds(pool, 200)
    assert sorted(played[:4]) == [0, 1, 2, 3]
    assert all(one != other for one, other in itertools.pairwise(played))
    assert set(played[4:]) == {0, 1, 2, 3}


def test_a_pool_that_is_made_smaller_keeps_what_is_unheard() -> None:
    pool = pool_of(4)
    seeds(pool, 2)
    pool.pad = Pad("p", "x", pool.pad.request, Playing(pool=2))
    assert [take.seed for take in pool.shrink()] == [0, 1]


def test_an_empty_pool_has_nothing_to_play() -> None:
    assert pool_of(0 + 1, order="random").next() is not None
    assert Pool(Pad("p", "x", Request(prompt="x"), Playing())).next() is None


def test_takes_are_brought_to_the_mixers_rate_and_tuned() -> None:
    for own in (44100, 48000, 16000):
        made = prepare(sine(440, 0.5, own), own, RATE, Playing(tune=12)).sound
        assert made.frames == pytest.approx(0.25 * RATE, abs=2)
        assert loudest(made.bright) == pytest.approx(880, abs=5)


def test_the_first_hit_of_a_note_is_interpolated_and_the_next_comes_from_its_zone() -> None:
    made = prepare(sine(440), RATE, RATE, Playing())
    sound, speed = made.zone(7.0)
    assert (sound, round(speed, 3)) == (made.sound, 1.498)
    made.make_zone(7.0)
    sound, speed = made.zone(7.0)
    assert speed == 1.0
    assert loudest(sound.bright) == pytest.approx(659.26, abs=4)
    interpolated, zone = (mix((Voice(id=1, sound=one, start=0, speed=speed),), 4800, 4800)
                          for one, speed in ((made.sound, 2 ** (7 / 12)), (sound, 1.0)))  # fmt: skip
    assert np.abs(interpolated - zone).max() < 2e-3  # so a voice may change from one to the other while it sounds
    for note in range(60):
        made.make_zone(12 + note / 8)
    assert made.zone(7.0)[1] != 1.0  # only so many are kept


def test_transposing_up_leaves_no_aliases() -> None:
    up = transposed(sine(20000), 2.0)
    assert np.abs(up[:, 200:-200]).max() < 1e-3


def test_a_loop_is_joined_without_a_step_and_with_its_power() -> None:
    rng = np.random.default_rng(3)
    noise = rng.normal(0, 0.1, (1, 48000)).astype(np.float32)
    loop = joined(noise, 4800)
    assert loop.shape == (1, 43200)
    assert np.array_equal(loop[:, 4800:], noise[:, 4800:43200])
    assert np.std(loop[:, :4800]) == pytest.approx(0.1, rel=0.1)
    assert abs(loop[0, 0] - noise[0, 43200]) < 0.01  # what follows the last sample in the sound follows it here, too


def test_a_loop_takes_its_effects_around() -> None:
    playing = Playing(mode="loop", effects="delay time 0.1 feedback 0.5 mix 0.5")
    made = prepare(sine(480, 1.0), RATE, RATE, playing, seamless=True)
    assert made.sound.frames == RATE
    twice = np.tile(made.sound.bright, 2)
    steps = np.abs(np.diff(twice[0]))
    assert steps[RATE - 1] <= steps.max() * 1.0001 and steps[RATE - 1] < 0.05


def test_effects_ring_on_and_end_in_silence() -> None:
    click = np.zeros((1, 4800), np.float32)
    click[0, 0] = 0.9
    wet = apply(click, RATE, effects_of("reverb room 0.8 mix 0.5"))
    assert wet.shape[0] == 2 and wet.shape[1] > 2 * 4800
    assert np.abs(wet[:, -1]).max() == 0.0
    assert apply(click, RATE, ()) is click


@pytest.mark.parametrize("name", ["highpass", "lowpass", "drive", "crush", "compress", "chorus", "phaser", "gain"])
def test_every_effect_does_something_and_nothing_wild(name: str) -> None:
    tone = sine(1000)
    chain = {"gain": "gain gain -6", "compress": "compress threshold -40", "highpass": "highpass frequency 4000"}
    wet = apply(tone, RATE, effects_of(chain.get(name, name)))
    assert np.isfinite(wet).all() and np.abs(wet).max() < 2.0
    assert np.abs(wet[0, : tone.shape[1]] - tone[0]).max() > 1e-3


def test_the_dark_side_has_less_treble_and_as_much_bass() -> None:
    assert np.abs(darkened(sine(50), RATE)[:, 9600:]).max() == pytest.approx(0.5, rel=0.05)
    assert np.abs(darkened(sine(8000), RATE)[:, 9600:]).max() < 0.06


def test_a_recording_is_a_wav_file_with_cues_that_libsndfile_reads(tmp_path: Path) -> None:
    path = tmp_path / "r.wav"
    out, sound = WavWriter(path, 44100), np.random.default_rng(1).uniform(-1, 1, (1000, 2)).astype(np.float32)
    out.write(sound[:600])
    out.settle()
    assert soundfile.info(path).frames == 600  # as a crash would leave it
    out.write(sound[600:])
    out.close([Cue(10, "kick: a deep kick"), Cue(700, "snare: odd")])
    found, rate = soundfile.read(path, dtype="float32")
    assert rate == 44100 and np.array_equal(found, sound)
    text = soundfile.info(path, verbose=True).extra_info
    assert "cue  : " in text and "Count : 2" in text and "700" in text
    data = path.read_bytes()
    assert struct.unpack_from("<I", data, 4)[0] == len(data) - 8
    assert b"labl\x16\0\0\0\x01\0\0\0kick: a deep kick\0" in data


def test_a_recording_of_more_than_four_gigabytes_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wav, "_LIMIT", 5000)  # the real limit would need the disk
    path = tmp_path / "large.wav"
    out = WavWriter(path, RATE)
    out.write(np.zeros((1000, 2), np.float32))
    out.close()
    data = path.read_bytes()
    assert data[:4] == b"RF64" and data[12:16] == b"ds64"
    assert struct.unpack_from("<QQQ", data, 20) == (len(data) - 8, 8000, 1000)


def test_what_is_recorded_is_what_was_heard_and_cues_are_at_their_samples(tmp_path: Path) -> None:
    mixer = Mixer(RATE, 64, 3)
    offline(mixer, 640)
    recorder = Recorder(mixer, tmp_path / "take.wav")
    offline(mixer, 640)
    voice = mixer.start(Voice(id=1, sound=Sound(np.full((1, 100), 0.5, np.float32)), start=0))
    recorder.note(Played(voice.start, "kick", 36, 0.5, "/a.wav", 7, "a kick, deep"))
    offline(mixer, 1280)
    mixer.frame  # noqa: B018 - the mixer notes what was heard
    done = recorder.stop()
    found, _ = soundfile.read(done.path, dtype="float32")
    assert done.problem == "" and done.cues == 1
    sheet = done.path.with_suffix(".csv").read_text().splitlines()
    seconds, frame, *rest = sheet[1].split(",", 6)
    assert rest == ["kick", "36", "0.500", "/a.wav", '7,"a kick, deep"']
    assert float(seconds) == pytest.approx(int(frame) / RATE, abs=1e-6)
    assert not found[: int(frame)].any() and (found[int(frame) : int(frame) + 100] == 0.5).all()
    with pytest.raises(FileExistsError, match="already"):
        Recorder(mixer, done.path)
    (tmp_path / "notes.csv").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError, match=r"notes\.csv already"):  # the sheet's place is taken, too
        Recorder(mixer, tmp_path / "notes.wav")
    assert not (tmp_path / "notes.wav.recording").exists()


def take_of(seed: int) -> Take:
    request = Request(prompt="x", seed=seed, model="tone", rate=RATE, steps=1, guidance=1.0, candidates=1)
    return Take(clip=Clip(sine(440), RATE), request=request, index=0, score=0.0)


def test_pads_are_there_again_with_their_takes(tmp_path: Path) -> None:
    store, pool = PadStore(tmp_path), pool_of(2, mode="gate", choke="hats")
    pool.takes, pool.ordered = [], 5
    for seed in (4, 5):
        pool.takes.append(Held(store.write(pool.pad, take_of(seed)), seed))
    store.save([pool])
    orphan = store.write(pool.pad, take_of(6))
    (found,) = PadStore(tmp_path).load()
    assert (found.pad, found.ordered) == (pool.pad, 5)
    assert [(take.path, take.seed) for take in found.takes] == [(take.path, take.seed) for take in pool.takes]
    assert orphan is not None and not orphan.exists()
    store.delete(found.takes[:1])
    assert len(PadStore(tmp_path).load()[0].takes) == 1


@pytest.mark.parametrize("content", ["", "[]", '{"version": 1}', '{"version": 1, "pads": [{"name": "a"}, 3, null]}'])
def test_a_damaged_set_costs_only_what_is_damaged(tmp_path: Path, content: str) -> None:
    (tmp_path / "pads.json").write_text(content)
    assert PadStore(tmp_path).load() == []

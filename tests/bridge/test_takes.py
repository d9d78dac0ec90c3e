"""Names that people find, files that are complete or absent."""

from __future__ import annotations

import os
import threading
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.takes import MAX_NAME, remove_stale_parts, slug, take_name, why_not_writable, write_new, write_over

DAY = date(2026, 11, 21)


def test_a_name_says_day_prompt_seed_length_and_take() -> None:
    name = take_name(DAY, "Deep kick drum, in a LARGE hall!", 7, 1.5, 1)
    assert name == "2026-11-21_deep-kick-drum-in-a-large-hall_s7_1.50s_take1.wav"


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("../../etc/passwd", "etc-passwd"),
        ('a<b>:"c"/\\|?*', "a-b-c"),
        ("Straßenlärm über Köln", "strassenlärm-über-köln"),
        ("重い雨", "重い雨"),
        ("🔥🔥", "sound"),
        ("trailing dots...   ", "trailing-dots"),
        ("  ", "sound"),
    ],
)
def test_a_slug_is_safe_on_every_system(prompt: str, words: str) -> None:
    assert slug(prompt) == words


@given(st.text(max_size=1000), st.integers(0, 2**31 - 1), st.floats(0.05, 60), st.integers(1, 16))
def test_any_prompt_gives_a_usable_name(prompt: str, seed: int, seconds: float, number: int) -> None:
    name = take_name(DAY, prompt, seed, seconds, number)
    assert len(name) <= MAX_NAME
    assert len(name.encode()) <= 240
    assert not set(name) & set('<>:"/\\|?*\0\n\r')
    assert name.endswith(f"_take{number}.wav")


def test_long_prompts_are_cut_at_a_word() -> None:
    assert not slug("very " * 100 + "long").endswith("-")
    assert slug("heavy rain falling on a metal roof in the middle of the night somewhere").endswith(
        "-in-the-middle-of-the"
    )


def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    paths = [write_new(tmp_path, "a.wav", bytes([number])) for number in range(3)]
    assert [path.name for path in paths] == ["a.wav", "a_2.wav", "a_3.wav"]
    assert [path.read_bytes() for path in paths] == [b"\0", b"\1", b"\2"]
    assert len(list(tmp_path.iterdir())) == 3


def test_writers_at_the_same_moment_each_get_a_file(tmp_path: Path) -> None:
    threads = [
        threading.Thread(target=lambda n=number: [write_new(tmp_path, "a.wav", bytes([n]) * 1000) for _ in range(5)])
        for number in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    files = list(tmp_path.glob("a*.wav"))
    assert len(files) == 20
    assert all(len(set(file.read_bytes())) == 1 and file.stat().st_size == 1000 for file in files)


def test_a_file_system_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise PermissionError("no hard links here")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    assert [write_new(tmp_path, "a.wav", b"x").name for _ in range(2)] == ["a.wav", "a_2.wav"]
    assert len(list(tmp_path.iterdir())) == 2


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_new(tmp_path, "a.wav", b"x")
    assert list(tmp_path.iterdir()) == []
    assert "No space left" in str(why_not_writable(tmp_path))


def test_write_over_replaces(tmp_path: Path) -> None:
    write_over(tmp_path / "new" / "a.wav", b"1")
    write_over(tmp_path / "new" / "a.wav", b"2")
    assert [(p.name, p.read_bytes()) for p in (tmp_path / "new").iterdir()] == [("a.wav", b"2")]


def test_stale_parts_go_and_fresh_ones_stay(tmp_path: Path) -> None:
    old, fresh = tmp_path / ".bridge-1-1.part", tmp_path / ".bridge-1-2.part"
    for part in (old, fresh):
        part.write_bytes(b"x")
    os.utime(old, (0, 0))
    remove_stale_parts(tmp_path)
    assert not old.exists()
    assert fresh.exists()


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "takes cannot be written" in str(why_not_writable(tmp_path / "file" / "takes"))
    assert why_not_writable(tmp_path / "new" / "takes") is None

"""Where clients may name files: links are followed before a path is judged, and none leads out."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from bridge.roots import Roots, default_roots, open_plain
from bridge.sources import BadSource

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    folder = tmp_path / "inside"
    folder.mkdir()
    (folder / "a.wav").write_bytes(b"RIFF")
    return folder


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.wav").write_bytes(b"RIFF")
    return folder


@pytest.mark.parametrize("local", [True, False])
def test_what_lies_in_a_root_may_be_read(tmp_path: Path, inside: Path, local: bool) -> None:
    roots = Roots(tmp_path / "takes", [inside])
    assert roots.readable(str(inside / "a.wav"), local) == inside / "a.wav"
    assert roots.readable(f"{inside}/../inside/a.wav", local) == inside / "a.wav"


@pytest.mark.parametrize("local", [True, False])
def test_no_path_leads_out_of_a_root(tmp_path: Path, inside: Path, outside: Path, local: bool) -> None:
    roots = Roots(tmp_path / "takes", [inside])
    (inside / "link.wav").symlink_to(outside / "secret.wav")
    (inside / "folder").symlink_to(outside)
    (inside / "chain.wav").symlink_to(inside / "link.wav")
    (inside / "loop.wav").symlink_to(inside / "loop.wav")
    for text in (
        outside / "secret.wav", f"{inside}/../outside/secret.wav", inside / "link.wav", inside / "folder/secret.wav",
        inside / "folder/../secret.wav", inside / "chain.wav", inside / "loop.wav", f"{inside}-not/a.wav", "a.wav",
        f"{inside}/a\0.wav", "", "~nobody-of-this-name/a.wav", "/" + "x" * 5000,
    ):  # fmt: skip
        with pytest.raises(BadSource):
            roots.readable(str(text), local)
        if str(text) not in (f"{inside}/a\0.wav",) and Path(text).is_absolute() and "x" * 99 not in str(text):
            with pytest.raises(BadSource):
                roots.writable(str(text), local)


def test_a_link_that_leads_in_may_be_followed(tmp_path: Path, inside: Path, outside: Path) -> None:
    (outside / "in.wav").symlink_to(inside / "a.wav")
    assert Roots(tmp_path / "takes", [inside]).readable(str(outside / "in.wav"), True) == inside / "a.wav"


def test_a_takes_folder_that_is_a_link_is_followed_once(tmp_path: Path, inside: Path, outside: Path) -> None:
    link = tmp_path / "takes"
    link.symlink_to(inside)
    roots = Roots(link, [outside])
    assert roots.readable(str(link / "a.wav"), False) == inside / "a.wav"
    link.unlink()
    link.symlink_to("/etc")
    with pytest.raises(BadSource):
        roots.readable(str(link / "passwd"), True)
    assert roots.readable(str(inside / "a.wav"), True)


def test_other_machines_have_the_takes_only_and_learn_nothing_else(tmp_path: Path, inside: Path, outside: Path) -> None:
    roots = Roots(inside)
    assert roots.readable(str(inside / "a.wav"), False)
    said = set()
    for path in (outside / "secret.wav", outside / "nothing.wav", outside, Path("/etc/passwd")):
        with pytest.raises(BadSource) as refused:
            roots.readable(str(path), False)
        said.add(str(refused.value))
    assert len(said) == 1
    assert str(tmp_path) not in said.pop()


def test_by_default_it_is_home_temporary_files_and_mounted_disks(tmp_path: Path, inside: Path) -> None:
    assert Path.home().resolve() in default_roots()
    assert Path("/") not in default_roots()
    roots = Roots(tmp_path / "takes")
    assert roots.readable(str(inside / "a.wav"), True)  # the tests' files are temporary
    with pytest.raises(BadSource, match="outside the folders of the setting roots, which are"):
        roots.readable("/etc/passwd", True)


def test_files_are_written_in_roots_only(tmp_path: Path, inside: Path, outside: Path) -> None:
    roots = Roots(tmp_path / "takes", [inside])
    assert roots.writable(str(inside / "new.wav"), True) == inside / "new.wav"
    for path in (outside / "new.wav", inside, inside / "nothing" / "new.wav"):
        with pytest.raises(BadSource):
            roots.writable(str(path), True)


def test_what_became_a_link_or_a_pipe_is_not_opened(inside: Path, outside: Path) -> None:
    with open_plain(inside / "a.wav") as file:
        assert file.read() == b"RIFF"
    (inside / "link.wav").symlink_to(outside / "secret.wav")
    os.mkfifo(inside / "pipe.wav")
    for name in ("link.wav", "pipe.wav", "."):
        with pytest.raises(OSError):
            open_plain(inside / name)

"""`bridge install` puts a host's files in, and `bridge uninstall` takes exactly those out again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.hosts import MODULES, Here, Host, find, host
from bridge.hosts.install import CannotInstall, Installed, install, installed, uninstall

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def own_records(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "host" / "Scripts").mkdir(parents=True)
    (tmp_path / "host" / "Scripts" / "own.lua").write_text("the user's")
    return tmp_path / "host"


def toy(**files: bytes) -> Host:
    """A host whose places are the names, with / for __."""
    places = {name.replace("__", "/"): content for name, content in files.items()}
    return Host("toy", "Toy", lambda here: (here.settings / "Toy",), lambda: places, "play")


def everything(folder: Path) -> dict[str, bytes | None]:
    """Every path below a folder; None for folders."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


@pytest.mark.parametrize("name", MODULES)
def test_every_host_goes_in_and_out_again(name: str, folder: Path) -> None:
    before = everything(folder)
    one = install(host(name), folder)
    assert {place: (folder / place).read_bytes() for place in one.files} == dict(host(name).files())
    assert [found.folder for found in installed(name)] == [folder]
    assert uninstall(one).kept == ()
    assert everything(folder) == before
    assert installed(name) == ()


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("platform", ["win32", "darwin", "linux"])
def test_every_host_has_folders_on_every_system_and_a_page(name: str, platform: str, tmp_path: Path) -> None:
    one = host(name)
    assert one.name == name
    assert (ROOT / "docs" / "hosts" / f"{name}.md").is_file()
    here = Here(platform, tmp_path, {})
    assert all(place.is_absolute() for place in one.folders(here))
    for place in one.folders(here):
        place.mkdir(parents=True, exist_ok=True)
        assert find(one, here) is not None


def test_reapers_folder(tmp_path: Path) -> None:
    folders = host("reaper").folders
    assert folders(Here("darwin", tmp_path, {})) == (tmp_path / "Library" / "Application Support" / "REAPER",)
    assert folders(Here("win32", tmp_path, {"APPDATA": "/roaming"})) == (Path("/roaming/REAPER"),)
    assert folders(Here("linux", tmp_path, {"XDG_CONFIG_HOME": "relative"})) == (tmp_path / ".config" / "REAPER",)


def test_a_new_version_replaces_the_old_one_and_leaves_nothing_of_it(folder: Path) -> None:
    before = everything(folder)
    install(toy(Scripts__ours__a=b"1", Scripts__ours__old__b=b"1"), folder)
    one = install(toy(Scripts__ours__a=b"2", Scripts__ours__c=b"2"), folder)
    assert (folder / "Scripts/ours/a").read_bytes() == b"2"
    assert not (folder / "Scripts/ours/old/b").exists()
    uninstall(one)
    assert everything(folder) == before


def test_what_the_user_changed_is_neither_overwritten_nor_deleted(folder: Path) -> None:
    one = install(toy(ours__a=b"1", ours__b=b"1"), folder)
    (folder / "ours" / "a").write_bytes(b"better")
    with pytest.raises(CannotInstall, match="--force"):
        install(toy(ours__a=b"2", ours__b=b"2"), folder)
    assert (folder / "ours" / "b").read_bytes() == b"1", "nothing is changed where something is in the way"
    gone = uninstall(one)
    assert (gone.files, gone.kept) == (1, (folder / "ours" / "a",))
    assert (folder / "ours" / "a").read_bytes() == b"better"


def test_force_replaces_and_deletes_it(folder: Path) -> None:
    (folder / "a").write_bytes(b"not ours")
    with pytest.raises(CannotInstall, match="is there already"):
        install(toy(a=b"1"), folder)
    one = install(toy(a=b"1"), folder, force=True)
    (folder / "a").write_bytes(b"changed")
    assert uninstall(one, force=True).kept == ()
    assert not (folder / "a").exists()


@pytest.mark.parametrize("place", ["../a", "/a", "b/../../a", "C:a", "b\\a", ""])
def test_no_place_is_outside_the_folder(place: str, folder: Path) -> None:
    with pytest.raises(CannotInstall, match="is no place in"):
        install(Host("toy", "Toy", lambda here: (), lambda: {place: b"1"}, ""), folder)
    with pytest.raises(CannotInstall, match="is no place in"):
        uninstall(Installed("toy", "1", folder, {place: "0"}, ()))


def test_links_lead_nowhere_else(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (folder / "ours").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CannotInstall, match="is a link"):
        install(toy(ours__a=b"1"), folder)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_the_command_line(run_bridge: Callable, folder: Path) -> None:
    before = everything(folder)
    done = run_bridge("install", "reaper", "--folder", str(folder))
    assert done.returncode == 0, done.stderr
    assert f"are in {folder}" in done.stdout
    assert "installed (" in run_bridge("install", "--list").stdout
    done = run_bridge("uninstall", "reaper")
    assert done.returncode == 0, done.stderr
    assert everything(folder) == before
    done = run_bridge("uninstall", "reaper")
    assert (done.returncode, done.stderr) == (1, "Error: nothing is installed for reaper\n")


def test_a_host_that_is_not_here(run_bridge: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    done = run_bridge("install", "reaper")
    assert done.returncode == 1
    assert f"--folder FOLDER. Looked for:\n  {tmp_path / 'REAPER'}" in done.stderr

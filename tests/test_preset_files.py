"""Packs of others: a good one comes in and goes out unchanged; a hostile one touches nothing and is told why."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import pytest

import presets
from presets.exchange import MAX_ARCHIVE, export_packs, import_packs, save_preset
from presets.library import MAX_BYTES
from presets.writing import pack_text, preset_text, table_of

GOOD = '[rain-bed]\nwhy = "w"\nprompt = "{how} rain"\nvariables = { how = ["heavy", "light"] }\nmode = "toggle"\n'


def no_check(preset: presets.Preset) -> None:
    """Every value is in range."""


def archive(path: Path, members: dict[str, bytes | str], **attributes: int) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = attributes.get("mode", stat.S_IFREG | 0o644) << 16
            file.writestr(info, data)
    return path


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def library(tmp_path: Path) -> presets.Library:
    return presets.Library(tmp_path / "home" / "presets")


@pytest.mark.parametrize("pack", presets.packs())
def test_a_pack_that_is_written_is_read_as_the_same(pack: str) -> None:
    found = presets.Library().pack(pack)
    assert presets.pack_of(pack_text(found), pack) == found


def test_a_pack_comes_in_and_goes_out(tmp_path: Path, library: presets.Library) -> None:
    source = archive(
        tmp_path / "mine.zip", {"weather.toml": GOOD, "folder/water.toml": GOOD.replace("rain-bed", "sea")}
    )
    assert [pack.name for pack in import_packs(source, library, no_check)] == ["weather", "water"]
    assert library.find("sea").full_name == "water/sea"
    export_packs(["weather", "water"], library, tmp_path / "out.zip")
    export_packs(["water"], library, tmp_path / "water.toml")
    other = presets.Library(tmp_path / "other")
    import_packs(tmp_path / "out.zip", other, no_check)
    assert (
        other.pack("water") == library.pack("water") == presets.pack_of((tmp_path / "water.toml").read_text(), "water")
    )


def test_what_is_there_is_only_replaced_when_asked(tmp_path: Path, library: presets.Library) -> None:
    (tmp_path / "weather.toml").write_text(GOOD)
    (tmp_path / "drums.toml").write_text(GOOD)
    import_packs(tmp_path / "weather.toml", library, no_check)
    with pytest.raises(presets.PackError, match="there is a pack weather already: replace it"):
        import_packs(tmp_path / "weather.toml", library, no_check)
    with pytest.raises(presets.PackError, match="there is a pack drums already"):
        import_packs(tmp_path / "drums.toml", library, no_check)
    import_packs(tmp_path / "weather.toml", library, no_check, replace=True)
    assert library.own() == ("weather",)


HOSTILE = {
    "climbs": ({"../../evil.toml": GOOD}, r"'../../evil.toml' leads out of the archive"),
    "absolute": ({"/tmp/evil.toml": GOOD}, r"'/tmp/evil.toml' leads out of the archive"),
    "windows": ({"..\\evil.toml": GOOD}, "leads out of the archive"),
    "drive": ({"C:evil.toml": GOOD}, "leads out of the archive"),
    "code": ({"good.toml": GOOD, "presets/__init__.py": "raise SystemExit"}, "holds .toml files only"),
    "second is bad": ({"good.toml": GOOD, "bad.toml": GOOD + "shell = 'rm'"}, r"\[rain-bed\]: unknown key 'shell'"),
    "name": ({"...toml": GOOD}, "a pack's name must be"),
    "twice": ({"a/x.toml": GOOD, "b/x.toml": GOOD}, "two packs of the name x"),
    "many": ({f"x{n}.toml": GOOD for n in range(65)}, "at most 64 packs, got 65"),
    "bomb": ({"bomb.toml": b"#" * (MAX_BYTES * 20)}, f"'bomb.toml' must be at most {MAX_BYTES} bytes"),
    "not text": ({"x.toml": b"\xff\xfe"}, "can't decode"),
    "nothing": ({}, "holds no pack"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_touches_nothing(name: str, tmp_path: Path, library: presets.Library) -> None:
    members, complaint = HOSTILE[name]
    source = archive(tmp_path / "hostile.zip", members)
    before = everything(tmp_path)
    with pytest.raises(presets.PackError, match=complaint):
        import_packs(source, library, no_check, replace=True)
    assert everything(tmp_path) == before


def test_a_link_in_an_archive_is_refused(tmp_path: Path, library: presets.Library) -> None:
    source = archive(tmp_path / "link.zip", {"x.toml": "/etc/passwd"}, mode=stat.S_IFLNK | 0o777)
    with pytest.raises(presets.PackError, match=r"'x\.toml' is a link or a device"):
        import_packs(source, library, no_check)
    assert library.own() == ()


def test_a_link_in_the_folder_is_not_written_through(tmp_path: Path, library: presets.Library) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    assert library.folder is not None
    library.folder.mkdir(parents=True)
    (library.folder / "weather.toml").symlink_to(victim)
    (tmp_path / "weather.toml").write_text(GOOD)
    import_packs(tmp_path / "weather.toml", library, no_check)
    assert victim.read_text() == "precious"
    assert library.find("weather/rain-bed").why == "w"


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 no", b"x" * (MAX_ARCHIVE + 1)])
def test_what_is_no_archive_is_named(data: bytes, tmp_path: Path, library: presets.Library) -> None:
    (tmp_path / "x.zip").write_bytes(data)
    with pytest.raises(presets.PackError, match=r"x\.zip (is no archive|must be at most)"):
        import_packs(tmp_path / "x.zip", library, no_check)


def test_a_damaged_archive_is_named(tmp_path: Path, library: presets.Library) -> None:
    data = bytearray(archive(tmp_path / "x.zip", {"x.toml": GOOD}).read_bytes())
    data[45] ^= 0xFF
    (tmp_path / "x.zip").write_bytes(data)
    with pytest.raises(presets.PackError, match=r"x\.zip"):
        import_packs(tmp_path / "x.zip", library, no_check)


def test_other_files_and_none_are_named(tmp_path: Path, library: presets.Library) -> None:
    with pytest.raises(presets.PackError, match=r"a pack is a \.toml file, or a \.zip of them, got 'x\.py'"):
        import_packs(tmp_path / "x.py", library, no_check)
    with pytest.raises(presets.PackError, match="there is no file"):
        import_packs(tmp_path / "x.toml", library, no_check)


def test_values_out_of_range_stop_the_whole_import(tmp_path: Path, library: presets.Library) -> None:
    def check(preset: presets.Preset) -> None:
        raise ValueError("seconds must be 0.05 to 60 s, got 99")

    (tmp_path / "weather.toml").write_text(GOOD)
    with pytest.raises(presets.PackError, match=r"weather\.toml \[rain-bed\]: seconds must be"):
        import_packs(tmp_path / "weather.toml", library, check)
    assert library.own() == ()


def test_saving_adds_to_a_pack_and_keeps_its_comments(library: presets.Library) -> None:
    first = presets.preset_of({"why": "a", "prompt": "rain"}, "one", "mine")
    path = save_preset(first, library, no_check)
    path.write_text("# mine\n" + path.read_text())
    save_preset(
        presets.preset_of({"why": 'quotes " and\nlines\x7f', "prompt": "sea", "root": 36}, "two", "mine"),
        library,
        no_check,
    )
    assert path.read_text().startswith("# mine\n")
    assert library.find("two").why == 'quotes " and\nlines\x7f'
    assert library.find("two").playing.root == 36
    with pytest.raises(presets.PackError, match="there is a preset mine/one already"):
        save_preset(first, library, no_check)
    save_preset(presets.preset_of({"why": "b", "prompt": "rain"}, "one", "mine"), library, no_check, replace=True)
    assert [library.find(name).why[0] for name in ("one", "two")] == ["b", "q"]
    with pytest.raises(presets.PackError, match="the pack drums ships with the program"):
        save_preset(presets.preset_of({"why": "b", "prompt": "x"}, "one", "drums"), library, no_check)


def test_a_broken_pack_of_the_user_hides_no_other(library: presets.Library) -> None:
    assert library.folder is not None
    library.folder.mkdir(parents=True)
    (library.folder / "broken.toml").write_text("[x]\nwhy = 3")
    (library.folder / "good.toml").write_text(GOOD.replace("rain-bed", "my-rain"))
    assert [str(problem) for problem in library.problems()] == ["broken.toml [x]: `why` must be a sentence, got 3"]
    assert library.find("my-rain").pack == "good"
    assert library.find("kick").pack == "drums"
    with pytest.raises(presets.PackError, match=r"broken\.toml \[x\]"):
        library.find("broken/x")


def test_a_pack_is_read_again_when_it_changes(library: presets.Library) -> None:
    assert library.folder is not None
    library.folder.mkdir(parents=True)
    (library.folder / "mine.toml").write_text(GOOD)
    assert library.find("mine/rain-bed").why == "w"
    (library.folder / "mine.toml").write_text(GOOD.replace('"w"', '"new"'))
    assert library.find("mine/rain-bed").why == "new"


def test_the_users_preset_comes_before_one_that_ships_and_two_of_them_must_be_told_apart(
    library: presets.Library,
) -> None:
    assert library.folder is not None
    library.folder.mkdir(parents=True)
    (library.folder / "mine.toml").write_text(GOOD)
    assert library.find("rain-bed").pack == "mine"
    assert library.find("ambiences/rain-bed").pack == "ambiences"
    (library.folder / "other.toml").write_text(GOOD)
    with pytest.raises(presets.PackError, match="in several packs: mine/rain-bed, other/rain-bed"):
        library.find("rain-bed")


def test_unknown_names_name_the_nearest(library: presets.Library) -> None:
    with pytest.raises(presets.PackError, match="there is no preset 'door-slum'; did you mean 'door-slam'"):
        library.find("door-slum")
    with pytest.raises(presets.PackError, match="there is no pack 'folly'; did you mean 'foley'"):
        library.find("folly/door-slam")


def test_a_table_is_a_table_of_toml() -> None:
    preset = presets.Library().find("kick")
    assert presets.pack_of(preset_text("kick", table_of(preset)), "drums").presets["kick"] == preset


def test_an_archive_in_memory_has_no_names_of_folders(tmp_path: Path, library: presets.Library) -> None:
    export_packs(["drums"], library, tmp_path / "d.zip")
    with zipfile.ZipFile(io.BytesIO((tmp_path / "d.zip").read_bytes())) as file:
        assert file.namelist() == ["drums.toml"]

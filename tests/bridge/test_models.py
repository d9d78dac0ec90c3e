"""The store: what is remembered about a model, what is refused, and what is deleted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.config import builtin
from bridge.folders import default_models
from bridge.models import Record, Store, StoreError, copy_into, shown_size, suggested_name


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "models")


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    folder = tmp_path / "audioldm-s"
    (folder / "unet").mkdir(parents=True)
    (folder / "unet" / "a.safetensors").write_bytes(b"x" * 1000)
    (folder / "model_index.json").write_text("{}")
    return folder


def record(path: Path, name: str = "mine", **more: object) -> Record:
    return Record(name=name, path=str(path), owned=False, summary="AudioLDM S", size=1002, **more)  # type: ignore[arg-type]


def test_an_empty_store_has_what_comes_with_the_engine(store: Store) -> None:
    assert store.records() == store.unfinished() == []
    assert store.names() == builtin()
    assert {"pocket", "tone"} <= set(builtin())
    assert store.loadable("tone").options == ()
    assert not store.folder.exists()


def test_a_linked_model_is_loaded_from_where_it_lies_and_survives_its_removal(store: Store, weights: Path) -> None:
    store.put(record(weights))
    (known,) = store.records()
    assert known.added and known.path == str(weights)
    loadable = store.loadable("mine")
    assert (loadable.name, loadable.family) == ("mine", "audioldm")
    options = dict(option.split("=", 1) for option in loadable.options)
    assert {key: json.loads(value) for key, value in options.items()} == {"path": str(weights), "name": "mine"}
    store.remove("mine")
    assert store.names() == builtin()
    assert (weights / "unet" / "a.safetensors").exists()


def test_the_head_count_that_was_verified_goes_to_the_engine(store: Store, weights: Path) -> None:
    store.put(record(weights, heads="trained"))
    assert 'heads="trained"' in store.loadable("mine").options


def test_options_for_loading_are_kept(store: Store, weights: Path) -> None:
    store.put(record(weights, options=("dtype=bfloat16",)))
    assert store.get("mine").options == ("dtype=bfloat16",)
    assert store.loadable("mine").options[-1] == "dtype=bfloat16"


def test_an_owned_model_is_copied_and_deleted(store: Store, weights: Path) -> None:
    told: list[tuple[int, int]] = []
    here = copy_into(weights, store.place("mine"), lambda *args: told.append(args))
    assert told[-1] == (1002, 1002)
    assert store.unfinished() == ["mine"]
    store.put(Record(name="mine", path=str(here), owned=True))
    assert store.unfinished() == []
    assert (here / "unet" / "a.safetensors").read_bytes() == b"x" * 1000
    store.remove("mine")
    assert not here.exists()
    assert weights.exists()


def test_a_single_file_is_copied_under_its_name(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "audioldm-s-full.ckpt"
    file.write_bytes(b"abc")
    here = copy_into(file, store.place("s"), lambda *_: None)
    assert here.name == "audioldm-s-full.ckpt"
    assert here.read_bytes() == b"abc"
    assert [one.name for one in here.parent.rglob("*")] == [here.name]


def test_the_tokenizer_beside_a_file_is_copied_with_it(store: Store, tmp_path: Path) -> None:
    (tmp_path / "s.ckpt").write_bytes(b"abc")
    (tmp_path / "other.wav").write_bytes(b"abc")
    (tmp_path / "tokenizer").mkdir()
    (tmp_path / "tokenizer" / "vocab.json").write_text("{}")
    (tmp_path / "merges.txt").write_text("")
    here = copy_into(tmp_path / "s.ckpt", store.place("s"), lambda *_: None)
    names = {path.relative_to(here.parent).as_posix() for path in here.parent.rglob("*") if path.is_file()}
    assert names == {"s.ckpt", "merges.txt", "tokenizer/vocab.json"}


def test_what_was_not_finished_can_be_gone_on_with_or_removed(store: Store) -> None:
    (store.place("half") / "a.part").write_bytes(b"x")
    assert store.place("half").exists()
    assert store.remove("half") is None
    assert store.unfinished() == []


@pytest.mark.parametrize("name", ["", "a/b", "../up", ".hidden", "a b", "x" * 65, "ä"])
def test_names_that_no_folder_should_have_are_refused(store: Store, name: str) -> None:
    with pytest.raises(StoreError, match="1 to 64 letters"):
        store.check_free(name)
    with pytest.raises(StoreError, match="unknown model"):
        store.loadable(name)


def test_taken_names_are_refused_and_wrong_ones_told_what_there_is(store: Store, weights: Path) -> None:
    store.put(record(weights))
    with pytest.raises(StoreError, match="there is a model mine already"):
        store.place("mine")
    with pytest.raises(StoreError, match="comes with the engine"):
        store.place("pocket")
    with pytest.raises(StoreError, match=r"unknown model 'mime': known are pocket, .*, mine; bridge models add"):
        store.get("mime")
    with pytest.raises(StoreError, match="comes with the engine"):
        store.remove("tone")


def test_weights_that_were_moved_away_are_missed_by_name(store: Store, weights: Path) -> None:
    store.put(record(weights))
    weights.rename(weights.with_name("elsewhere"))
    with pytest.raises(StoreError, match=f"gone from {weights}"):
        store.loadable("mine")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"name": "other", "path": "x", "owned": true}', '{"name": "mine"}'])
def test_a_broken_record_hides_one_model_and_not_the_others(store: Store, weights: Path, text: str) -> None:
    store.put(record(weights))
    store.put(record(weights, "good"))
    (store.folder / "mine" / "model.json").write_text(text)
    assert [known.name for known in store.records()] == ["good"]
    with pytest.raises(StoreError, match=r"model\.json"):
        store.loadable("mine")
    store.folder.joinpath("mine", "model.json").unlink()
    assert store.unfinished() == ["mine"]


def test_names_are_made_from_paths() -> None:
    assert suggested_name(Path("/x/audioldm-s-full.ckpt")) == "audioldm-s-full"
    assert suggested_name(Path("/x/audioldm-s-full-v2")) == "audioldm-s-full-v2"
    assert suggested_name(Path("/x/My weights (1)/")) == "My-weights-1"
    assert suggested_name(Path("/")) == "model"


def test_sizes_are_for_people() -> None:
    sizes = [0, 999, 421_000, 999_600, 1_690_000_000]
    assert [shown_size(size) for size in sizes] == ["0 B", "999 B", "421 kB", "1 MB", "1.69 GB"]


def test_the_store_can_lie_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BRIDGE_MODELS", str(tmp_path))
    assert default_models() == Store().folder == tmp_path
    monkeypatch.delenv("BRIDGE_MODELS")
    assert default_models().name == "models"

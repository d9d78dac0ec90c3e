"""Fetching weights from an imitation of a hub: what is taken, what is said, and going on after an interruption."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.models_hub import NON_COMMERCIAL, File, PullFailed, fetch, look, name_of, repository_of, wanted
from tests.bridge.imitation_hub import SHA, Hub, imitation

NAME = "cvssp/audioldm-s-full-v2"
FILES = {
    "README.md": b"# AudioLDM",
    "model_index.json": b"{}",
    "unet/config.json": b'{"a": 1}',
    "unet/diffusion_pytorch_model.bin": b"old" * 1000,
    "unet/diffusion_pytorch_model.safetensors": bytes(range(256)) * 4000,
    "unet/diffusion_pytorch_model.fp16.safetensors": b"half" * 10,
    "vae/diffusion_pytorch_model.bin": b"vae" * 5000,
    "vae/config.json": b"{}",
    "tokenizer/merges.txt": b"a b",
    "picture.png": b"png",
}
CHOSEN = sorted(set(FILES) - {"unet/diffusion_pytorch_model.bin", "unet/diffusion_pytorch_model.fp16.safetensors",
                              "picture.png"})  # fmt: skip


@pytest.fixture
def hub() -> Iterator[Hub]:
    with imitation(Hub({NAME: dict(FILES)})) as running:
        yield running


def nothing(*_: Any) -> None: ...


def test_of_a_repository_only_what_loading_needs_is_taken() -> None:
    assert wanted(FILES) == CHOSEN
    assert wanted(["../a.bin", "/etc/b.bin", ".git/c.bin", "LICENSE", "a.ckpt", "x.py"]) == ["LICENSE"]


def test_names_of_published_models_and_of_any_repository() -> None:
    assert repository_of("audioldm-s-full-v2") == NAME
    assert repository_of("somebody/tuned") == "somebody/tuned"
    assert name_of(NAME) == "audioldm-s-full-v2"
    assert (name_of("cvssp/audioldm"), name_of("somebody/tuned")) == ("audioldm-s-full", "tuned")
    with pytest.raises(PullFailed, match=r"audioldm-l-full, .*, or say OWNER/NAME"):
        repository_of("audioldm-xxl")


def test_a_pull_brings_every_byte_and_says_the_licence(hub: Hub, tmp_path: Path) -> None:
    listing = look(NAME, endpoint=hub.url)
    assert (listing.licence, listing.revision) == (NON_COMMERCIAL, SHA)
    told: list[tuple[int, int, str]] = []
    fetch(listing, tmp_path, lambda *args: told.append(args), hub.url)
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()} == set(CHOSEN)
    assert all((tmp_path / path).read_bytes() == FILES[path] for path in CHOSEN)
    amounts = [done for done, _, _ in told]
    assert amounts == sorted(amounts)
    assert told[-1][:2] == (listing.size, listing.size)
    fetch(listing, tmp_path, nothing, hub.url)
    assert sorted(hub.gets) == CHOSEN  # the second time nothing was fetched again


def test_an_interrupted_pull_goes_on_within_the_file(hub: Hub, tmp_path: Path) -> None:
    big = "unet/diffusion_pytorch_model.safetensors"
    hub.repositories[NAME][big] = bytes(range(251)) * 200_000  # more than one of the library's chunks
    listing = look(NAME, endpoint=hub.url)

    def stop(done: int, total: int, what: str) -> None:
        if what == big and (tmp_path / f"{big}.part").exists() and done > 5_000_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(listing, tmp_path, stop, hub.url)
    here = (tmp_path / f"{big}.part").stat().st_size
    assert 0 < here < 251 * 200_000
    fetch(listing, tmp_path, nothing, hub.url)
    assert hub.ranges[-1] == (big, f"bytes={here}-")
    assert (tmp_path / big).read_bytes() == hub.repositories[NAME][big]
    assert not list(tmp_path.rglob("*.part"))


def test_what_arrives_damaged_is_thrown_away(hub: Hub, tmp_path: Path) -> None:
    listing = look(NAME, endpoint=hub.url)
    hub.corrupt.add("vae/diffusion_pytorch_model.bin")
    with pytest.raises(PullFailed, match=r"vae/diffusion_pytorch_model.bin arrived damaged"):
        fetch(listing, tmp_path, nothing, hub.url)
    assert not list((tmp_path / "vae").glob("*.bin*"))
    hub.corrupt.clear()
    fetch(listing, tmp_path, nothing, hub.url)
    assert (tmp_path / "vae/diffusion_pytorch_model.bin").read_bytes() == FILES["vae/diffusion_pytorch_model.bin"]


def test_what_the_hub_refuses_is_said_in_words(hub: Hub) -> None:
    with pytest.raises(PullFailed, match="the hub has no cvssp/nothing"):
        look("cvssp/nothing", endpoint=hub.url)
    hub.status = 403
    with pytest.raises(PullFailed, match="HF_TOKEN"):
        look(NAME, endpoint=hub.url)
    with pytest.raises(PullFailed, match="cannot be reached"):
        look(NAME, endpoint="http://127.0.0.1:9")


def test_a_repository_without_weights_or_licence_is_said_so(hub: Hub) -> None:
    hub.repositories["a/b"] = {"README.md": b"", "model.bin": b"x"}
    hub.tags.clear()
    assert "states none" in look("a/b", endpoint=hub.url).licence
    del hub.repositories["a/b"]["model.bin"]
    with pytest.raises(PullFailed, match="no weights"):
        look("a/b", endpoint=hub.url)


def test_a_full_disk_is_said_before_anything_is_fetched(hub: Hub, tmp_path: Path) -> None:
    listing = look(NAME, endpoint=hub.url)
    huge = type(listing)(NAME, SHA, "", (File("a.bin", 10**18),))
    with pytest.raises(PullFailed, match=r"GB are needed in .*, .* are free"):
        fetch(huge, tmp_path, nothing, hub.url)
    assert hub.gets == []

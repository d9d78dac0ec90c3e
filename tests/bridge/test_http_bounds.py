"""HTTP's bounds in time and space, with clocks that run faster: each against a client that goes just beyond it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from starlette.exceptions import HTTPException

from bridge.http import app, clips, server
from bridge.http.clips import BadClip, Clips
from bridge.http.files import OpenFile


async def drip(count: int, seconds: float, chunk: bytes = b"x") -> AsyncIterator[bytes]:
    for _ in range(count):
        await asyncio.sleep(seconds)
        yield chunk


class Dripping:
    """A request whose body comes byte by byte."""

    def stream(self) -> AsyncIterator[bytes]:
        return drip(1000, 0.02)


async def endless(scope: Any, receive: Any, send: Any) -> None:
    """An application that sends for as long as somebody reads."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while True:
        await send({"type": "http.response.body", "body": bytes(65536), "more_body": True})
        await asyncio.sleep(0)


async def test_who_does_not_read_a_download_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "STALL_SECONDS", 0.5)
    port = server.HttpPort(("127.0.0.1",), 0, endless)
    await port.serve()
    _, writer = await asyncio.open_connection("127.0.0.1", port.port, limit=1024)
    try:
        writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        began = time.monotonic()
        while server._transports and time.monotonic() - began < 20:  # whoever is let go is forgotten
            await asyncio.sleep(0.05)
            if all(one.is_closing() for one in server._transports.values()):
                break
        assert 0.4 < time.monotonic() - began < 15
    finally:
        writer.transport.abort()
        await port.close()


async def test_who_reads_slowly_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "STALL_SECONDS", 2.0)
    port = server.HttpPort(("127.0.0.1",), 0, endless)
    await port.serve()
    reader, writer = await asyncio.open_connection("127.0.0.1", port.port)
    try:
        writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        end = time.monotonic() + 3.0
        while time.monotonic() < end:
            assert await asyncio.wait_for(reader.read(1 << 20), 5)
            await asyncio.sleep(0.01)
    finally:
        writer.transport.abort()
        await port.close()


async def test_a_command_that_drips_in_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "CHUNK_SECONDS", 0.3)
    with pytest.raises(HTTPException) as refused:
        await app._body(Dripping())  # type: ignore[arg-type]
    assert refused.value.status_code == 408


async def test_a_clip_that_drips_in_is_refused_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clips, "CHUNK_SECONDS", 0.3)
    folder = Clips(tmp_path / "clips")
    with pytest.raises(BadClip, match="bytes a second or more") as refused:
        await folder.take_in("a.wav", None, drip(1000, 0.02))
    assert refused.value.status == 408
    assert list(folder.folder.iterdir()) == []


async def test_clips_have_a_bound_in_all(tmp_path: Path) -> None:
    folder = Clips(tmp_path / "clips", 1000)
    assert (await folder.take_in("a.wav", 600, drip(1, 0, bytes(600)))).stat().st_size == 600
    with pytest.raises(BadClip, match="400 are left; delete some first") as refused:
        await folder.take_in("b.wav", 600, drip(1, 0, bytes(600)))
    assert refused.value.status == 507
    with pytest.raises(BadClip, match="must have 1 to 400 bytes"):  # one that does not say how long it is
        await folder.take_in("b.wav", None, drip(1, 0, bytes(600)))
    assert len(list(folder.folder.iterdir())) == 1
    assert await folder.take_in("c.wav", 400, drip(1, 0, bytes(400)))


async def test_clips_that_come_at_once_have_the_same_bounds(tmp_path: Path) -> None:
    folder = Clips(tmp_path / "clips", 1000)

    async def send(length: int | None) -> int:
        try:
            await folder.take_in("a.wav", length, drip(1, 0.05, bytes(400)))
        except BadClip as refused:
            return refused.status
        return 201

    found = await asyncio.gather(*(send(400) for _ in range(clips.MAX_SENDING + 2)))
    assert sorted(found) == [201, 201, 503, 503, 507, 507]
    assert sum(path.stat().st_size for path in folder.folder.iterdir()) == 800
    for path in folder.folder.iterdir():
        path.unlink()
    assert sorted(await asyncio.gather(*(send(None) for _ in range(2)))) == [201, 507]
    assert await send(400) == 201  # what was promised is free again


async def test_a_clip_whose_client_leaves_is_gone(tmp_path: Path) -> None:
    folder = Clips(tmp_path / "clips")
    sending = asyncio.create_task(folder.take_in("a.wav", None, drip(1000, 0.01, bytes(1 << 20))))
    while not list(folder.folder.glob(".*.part")):
        await asyncio.sleep(0.01)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    assert list(folder.folder.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
async def test_a_clips_folder_that_is_a_link_is_neither_written_nor_swept(tmp_path: Path) -> None:
    other = tmp_path / "somebody"
    other.mkdir()
    (other / "old.wav").write_bytes(b"theirs")
    os.utime(other / "old.wav", (1, 1))
    (tmp_path / "clips").symlink_to(other)
    folder = Clips(tmp_path / "clips")
    folder.sweep(())
    with pytest.raises(BadClip, match="not written through a link"):
        await folder.take_in("a.wav", 1, drip(1, 0))
    assert [path.name for path in other.iterdir()] == ["old.wav"]


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
async def test_a_file_that_is_sent_is_the_one_that_was_opened(tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    path.write_bytes(b"the take")
    (tmp_path / "secret").write_bytes(b"a secret")
    answer = OpenFile(path, "audio/wav")
    path.unlink()
    path.symlink_to(tmp_path / "secret")  # between the check and the sending
    sent = bytearray()

    async def send(message: Any) -> None:
        sent.extend(message.get("body", b""))

    async def receive() -> Any:
        await asyncio.sleep(60)

    await answer({"type": "http", "method": "GET", "headers": [], "extensions": {}}, receive, send)
    assert bytes(sent) == b"the take"
    with pytest.raises(OSError):
        OpenFile(path, "audio/wav")

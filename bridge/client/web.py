"""Requests to the bridge's HTTP port: commands, what is known of jobs, and audio up and down. The home of httpx2."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2 as httpx

from bridge.client.address import Where
from bridge.client.errors import NoAnswer, NotAllowed, TookTooLong, error
from engine import EngineError

_BLOCK = 1 << 18
_AUDIO_SECONDS = 60.0  # without a byte of an upload or a download
_NOT_ALLOWED = (401, 403)
_TOO_FAST, _TRIES, _LONGEST_PAUSE = 429, 5, 5.0


class Web:
    """One bridge's HTTP port. ``timeout`` is for everything but audio, in seconds. Raises `BridgeError` and its kin."""

    def __init__(self, where: Where, timeout: float) -> None:
        self._where = where
        # a proxy of the environment is for the world outside, and a certificate store takes time to read
        self._client = httpx.AsyncClient(
            base_url=where.http, headers=where.headers, timeout=timeout, trust_env=False, verify=where.secure
        )

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    async def get(self, path: str) -> Any:
        """What is at a path, as JSON has it."""
        return (await self._ask("GET", path)).json()

    async def command(self, address: str, args: dict[str, Any]) -> list[dict[str, Any]]:
        """Send a command and return the replies: ``{"address": …, "args": {…}}``."""
        answer = await self._ask("POST", address, json=args)
        return list(answer.json()["replies"])

    async def send_clip(self, name: str, content: bytes | Path) -> str:
        """Send a clip. Returns its path on the bridge's machine, which is a source for the commands."""
        params, timeout = {"name": name}, _AUDIO_SECONDS
        if isinstance(content, bytes):
            answer = await self._ask("POST", "/clips", params=params, content=content, timeout=timeout)
        else:
            with content.open("rb") as file:
                size = {"Content-Length": str(content.stat().st_size)}
                chunks = _chunks(file)
                answer = await self._ask(
                    "POST", "/clips", params=params, content=chunks, headers=size, timeout=timeout
                )  # fmt: skip
        return str(answer.json()["path"])

    async def remove_clip(self, path: str) -> None:
        """Remove a clip that was sent."""
        name = path.replace("\\", "/").rpartition("/")[2]
        await self._ask("DELETE", f"/clips/{quote(name, safe='')}", fine=(404,))

    async def take(self, id: str, index: int) -> bytes:
        """The file of a take."""
        path = f"/jobs/{quote(id, safe='')}/takes/{index}"
        return (await self._ask("GET", path, timeout=_AUDIO_SECONDS)).content

    async def _ask(self, method: str, path: str, *, fine: tuple[int, ...] = (), **more: Any) -> httpx.Response:
        try:
            answer = await self._client.request(method, path, **more)
            for _ in range(_TRIES):
                if answer.status_code != _TOO_FAST or "content" in more:
                    break
                await asyncio.sleep(min(float(answer.headers.get("retry-after", 1)), _LONGEST_PAUSE))
                answer = await self._client.request(method, path, **more)
        except httpx.TimeoutException:
            raise TookTooLong(f"the bridge at {self._where} did not answer in time") from None
        except httpx.TransportError as lost:
            raise NoAnswer(f"no bridge answers at {self._where}: {lost}") from None
        if answer.status_code in fine or answer.is_success:
            return answer
        raise _refusal(answer, self._where)


async def _chunks(file: Any) -> Any:
    while block := file.read(_BLOCK):
        yield block


def _refusal(answer: httpx.Response, where: Where) -> EngineError:
    """The error in an answer: of a command in its replies, else by itself."""
    try:
        told = answer.json()
        told = told["replies"][-1]["args"] if "replies" in told else told
        code, text = str(told["code"]), str(told["text"])
    except (ValueError, KeyError, TypeError, IndexError):
        return NoAnswer(f"what answers at {where} with status {answer.status_code} is no bridge")
    if answer.status_code in _NOT_ALLOWED:
        return NotAllowed(text, code)
    return error(code, text)

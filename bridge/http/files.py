"""Audio files as answers. Each is opened once and by the name that was checked, so nothing else can take its place."""

from __future__ import annotations

import os
from pathlib import Path

from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

from bridge.roots import open_plain


class OpenFile(FileResponse):
    """A plain file, whole or by ranges. Raises OSError where there is none, or where it has become a link."""

    def __init__(self, path: Path, media_type: str) -> None:
        self._file = open_plain(path)
        number = self._file.fileno()
        by_number = Path(f"/dev/fd/{number}")
        # where the system has no names for open files, the file is opened again, by a path without links
        what = by_number if by_number.exists() else path
        super().__init__(what, media_type=media_type, filename=path.name, stat_result=os.fstat(number))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI application."""
        with self._file:
            await super().__call__(scope, receive, send)

"""What comes of jobs: takes become files, pieces and previews are passed on, and the clients are told."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection
from datetime import date
from pathlib import Path

from bridge.jobs import Job, State, Written
from bridge.journal import Journal
from bridge.previews import Previews
from bridge.replies import Replies
from bridge.streams import Streams
from bridge.takes import find_same, label, take_name, write_new
from engine import Piece, Preview, Take, stored_clip, wav_bytes

log = logging.getLogger("bridge")


FAILED = "the bridge failed at this; its log says why"
"""What is said of a defect of ours."""


class Undelivered(Exception):
    """A take cannot become a file; ``code`` is a slug, the text is for its client."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Delivery:
    """Brings to clients what the engines have made for them. Takes and previews go into ``folder``."""

    def __init__(self, folder: Path, replies: Replies, journal: Journal, streams: Streams | None = None) -> None:
        self._folder = folder
        self._replies = replies
        self._journal = journal
        self._previews = Previews(folder)
        self._streams = streams or Streams(lambda to, *reply: replies.send((to,), *reply), lambda to: True)

    async def take(self, job: Job, take: Take) -> None:
        """Write a take and tell of it, unless both were done before. Raises Undelivered."""
        written = job.takes.get(take.index)
        if written is not None:
            return  # told already, before the engine was lost; the same seed gave the same samples
        try:
            others = self._journal.told() if job.found else ()
            written = await asyncio.to_thread(self._write, job, take, others)
        except OSError as error:
            text = f"the take could not be written to {self._folder}: {error.strerror or error}"
            raise Undelivered("disk", text) from error
        except Exception as error:  # a defect of ours must not end the session
            log.exception("a take of job %s could not be made into a file", job.id)
            raise Undelivered("internal", FAILED) from error
        if job.handling.stream:
            await self._stream_rest(job, take)
        if job.state.ended:
            return  # the bridge was stopped meanwhile, and the client was told
        job.takes[take.index] = written
        self._journal.save(job)
        self._replies.take(job, written)

    def piece(self, job: Job, piece: Piece) -> None:
        """Pass on a piece of a take that is being decoded."""
        if piece.index in job.takes:
            return  # told already, before the engine was lost
        if piece.first == 0:
            to, encoding = job.reply_to, job.handling.stream_as
            self._streams.begin(job.key, piece.index, job.id, to, piece.frames, piece.clip, encoding)
        self._streams.feed(job.key, piece.index, piece.first, piece.clip)

    async def _stream_rest(self, job: Job, take: Take) -> None:
        """Tell the samples of a take that is complete, as far as they have not come while it was decoded."""
        told = self._streams.told(job.key, take.index)
        rest = await asyncio.to_thread(stored_clip, take, told or 0)
        if told is None:
            to, encoding = job.reply_to, job.handling.stream_as
            self._streams.begin(job.key, take.index, job.id, to, rest.frames, rest, encoding)
        self._streams.feed(job.key, take.index, told or 0, rest)
        self._streams.end(job.key, take.index)

    async def preview(self, job: Job, preview: Preview) -> None:
        """Write a preview and tell of it."""
        try:
            path = await asyncio.to_thread(self._previews.write, job, preview)
        except OSError as error:  # the takes themselves say so if they cannot be written either
            log.warning("a preview of job %s could not be written: %s", job.id, error)
            return
        if not job.state.ended:
            self._replies.preview(job, preview.step, path, preview.clip)

    def _write(self, job: Job, take: Take, others: Collection[Path]) -> Written:
        """Write a take, unless an earlier daemon did and was killed before it could say so."""
        seed, clip = take.request.seed or 0, take.clip
        day = date.fromtimestamp(job.created) if job.created else date.today()
        name = take_name(day, label(take.request), seed, clip.seconds, take.index + 1)
        data = wav_bytes(take)
        path = find_same(self._folder, name, data, others) if job.found else None
        path = path or write_new(self._folder, name, data)
        return Written(take.index, path, clip.frames, clip.rate, seed, take.score, time.time())

    def end(self, job: Job) -> None:
        """End what is still streamed of a job that is over."""
        for index in range(job.request.takes):
            self._streams.end(job.key, index)
        if job.state is not State.DONE:
            self._streams.cut(job.id)

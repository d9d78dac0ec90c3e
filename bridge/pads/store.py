"""Pads on disk, so that a set opens ready: one JSON file that names them, and a WAV file for each take of a pool."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bridge.pads.pool import Held, Pad, Pool
from bridge.takes import slug, write_new, write_over
from engine import EngineError, Request, Take, wav_bytes
from presets import Playing, PlayingError

log = logging.getLogger("bridge")

FILE = "pads.json"
VERSION = 1


class PadStore:
    """The folder of one daemon's pads; None keeps nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def save(self, pools: Iterable[Pool]) -> None:
        """Write down which pads there are and which takes they hold. Raises OSError."""
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            content = {"version": VERSION, "pads": [_as_table(pool) for pool in pools]}
            write_over(self._folder / FILE, json.dumps(content, ensure_ascii=False, indent=1).encode())

    def load(self) -> list[Pool]:
        """The pads of the last time, with the takes whose files are still there; none of them is prepared. What cannot
        be read is left out, and said in the log."""
        if self._folder is None:
            return []
        try:
            content = json.loads((self._folder / FILE).read_text(encoding="utf-8"))
            tables = content["pads"] if content["version"] == VERSION else []
        except FileNotFoundError:
            return []
        except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
            log.error("the pads in %s cannot be read: %s", self._folder / FILE, error)
            return []
        pools = []
        for table in tables:
            try:
                pools.append(self._from_table(table))
            except (EngineError, PlayingError, ValueError, LookupError, TypeError, AttributeError) as error:
                log.error("a pad in %s is left out: %s", self._folder / FILE, error)
        self._sweep(pools)
        return pools

    def write(self, pad: Pad, take: Take) -> Path | None:
        """Put a take's file into the folder. Raises OSError."""
        if self._folder is None:
            return None
        return write_new(self._folder, f"{slug(pad.name, 40)}_s{take.request.seed or 0}.wav", wav_bytes(take))

    def delete(self, takes: Iterable[Held]) -> None:
        """Delete files of takes that no pool holds any more."""
        for take in takes:
            if take.path is not None and take.path.parent == self._folder:
                with contextlib.suppress(OSError):
                    take.path.unlink()

    def _from_table(self, table: dict[str, Any]) -> Pool:
        assert self._folder is not None
        request, playing = Request.from_dict(table["request"]), Playing.from_dict(table["playing"])
        pad = Pad(str(table["name"]), str(table["sound"]), request, playing)
        takes = [Held(self._folder / Path(one["file"]).name, int(one["seed"])) for one in table["takes"]]
        kept = [take for take in takes if take.path is not None and take.path.is_file()]
        return Pool(pad, kept, ordered=int(table["ordered"]))

    def _sweep(self, pools: list[Pool]) -> None:
        """Delete takes of ours that no pad names: the daemon ended between writing one and writing that down."""
        assert self._folder is not None
        named = {take.path for pool in pools for take in pool.takes}
        for path in self._folder.glob("*_s*.wav"):
            if path not in named:
                with contextlib.suppress(OSError):
                    path.unlink()


def _as_table(pool: Pool) -> dict[str, Any]:
    pad = pool.pad
    return {
        "name": pad.name,
        "sound": pad.sound,
        "request": pad.request.to_dict(),
        "playing": pad.playing.to_dict(),
        "ordered": pool.ordered,
        "takes": [{"file": take.path.name, "seed": take.seed} for take in pool.takes if take.path is not None],
    }

"""`python -m engine.checkpoints inspect PATH` and `verify PATH --audio FILE [--prompt TEXT]`: answers as JSON.

For programs that must not load weights themselves. Exit code 0 with the answer on stdout, or 1 with {"code", "text"} of
the error.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.checkpoints import HeadCheck, inspect_checkpoint, verify_checkpoint
from engine.errors import EngineError


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer one question; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        answer = _verified(options) if options.what == "verify" else _inspected(options.path)
    except EngineError as error:
        _say({"code": error.code, "text": str(error)})
        return 1
    _say(answer)
    return 0


def _inspected(path: str) -> dict[str, Any]:
    facts = inspect_checkpoint(path)
    return {
        **dataclasses.asdict(facts),
        "path": str(facts.path),
        "summary": facts.summary,
    }


def _verified(options: argparse.Namespace) -> dict[str, Any]:
    from engine.sources import read_source

    check = verify_checkpoint(options.path, read_source(Path(options.audio)), prompt=options.prompt)
    return {"fits": check.fits, "text": check.text, "sureness": check.sureness, "rows": _rows(check)}


def _rows(check: HeadCheck) -> list[dict[str, Any]]:
    """The errors of each head count, by noise level."""
    both = (("trained", check.trained, check.trained_errors), ("config", check.config, check.config_errors))
    return [
        {"heads": name, "counts": counts, "errors": dict(zip(map(str, check.times), errors, strict=True))}
        for name, counts, errors in both
    ]


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m engine.checkpoints", description="What a checkpoint is.")
    commands = parser.add_subparsers(dest="what", required=True)
    commands.add_parser("inspect", help="from its configurations and tensor names").add_argument("path")
    verify = commands.add_parser("verify", help="which head counts fit its weights")
    verify.add_argument("path")
    verify.add_argument("--audio", required=True, help="a recording of some seconds")
    verify.add_argument("--prompt", default="", help="what is heard in it")
    return parser


if __name__ == "__main__":
    sys.exit(main())

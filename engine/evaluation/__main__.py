"""`python -m engine.evaluation pocket`: a table of figures with floor and ceiling, and a picture to look at.
`python -m engine.evaluation attributes`: whether what a prompt says of pitch, speed, material, space is heard.
`python -m engine.evaluation edits`: what edits, steps and guidance come to, against the AudioLDM paper's tables.
`python -m engine.evaluation presets`: whether the presets sound like their names."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import EngineError
from engine.training.stages import default_work

if TYPE_CHECKING:
    from engine.evaluation.classifier import Judge
    from engine.model import Model
    from engine.training.data import Corpus


CLIPS = 40
"""Clips of the tables of edits by default: less than ten minutes on two processor cores."""
MOST_CLIPS = 580
TABLES = ("super-resolution", "inpainting", "steps", "guidance")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    both = (
        "All take --weights FOLDER (default: those that ship), all but presets also --work FOLDER (of the corpus; "
        "default: where training left it); pocket --help and the like say the rest."
    )
    out = argparse.ArgumentParser(prog="python -m engine.evaluation", description=__doc__, epilog=both)
    what = out.add_subparsers(dest="what", required=True, metavar="{pocket,attributes,edits,presets}")
    pocket = what.add_parser("pocket", help="how good the model is: a table and a picture")
    pocket.add_argument("--each", type=int, default=4, help="prompts of every kind, 1 to 4 (default 4)")
    pocket.add_argument("--steps", type=int, help="denoising steps (default: the model's)")
    pocket.add_argument("--guidance", type=float, help="guidance (default: the model's)")
    pocket.add_argument("--candidates", type=int, help="tries for each clip, the best by the model's own score is kept")
    pocket.add_argument("--out", type=Path, default=Path("evaluation"), help="folder for table and pictures")
    heard = what.add_parser("attributes", help="whether pitch, speed, material, space and distance are heard")
    edits = what.add_parser("edits", help="super-resolution, inpainting, samplers, steps and guidance: numbers.md")
    edits.add_argument("--clips", type=int, default=CLIPS, help=f"held-out clips, 2 to {MOST_CLIPS} (default {CLIPS})")
    edits.add_argument("--only", action="append", choices=TABLES, default=[], help="only this table; may be repeated")
    edits.add_argument("--fresh", action="store_true", help="measure again what numbers.json already has")
    edits.add_argument("--out", type=Path, default=Path("docs"), help="folder of numbers.md and numbers.json")
    packs = what.add_parser("presets", help="whether the presets sound like their names: presets.md")
    packs.add_argument("--pack", action="append", default=[], help="render only this pack; may be repeated")
    packs.add_argument("--out", type=Path, default=Path("docs"), help="folder of presets.md and presets.json")
    for command in (pocket, heard, edits, packs):
        command.add_argument("--weights", type=Path, help="folder of weights (default: those that ship)")
    for command in (pocket, heard, edits):
        command.add_argument("--work", type=Path, default=default_work(), help="folder of the corpus")
    return out


def main() -> int:
    """Generates, judges, prints, writes."""
    arguments = parser().parse_args()
    if arguments.what == "pocket" and not 1 <= arguments.each <= 4:
        parser().error(f"--each must be 1 to 4, got {arguments.each}")
    if arguments.what == "edits" and not 2 <= arguments.clips <= MOST_CLIPS:
        parser().error(f"--clips must be 2 to {MOST_CLIPS}, got {arguments.clips}")
    try:
        run = {"pocket": _evaluate, "attributes": _attributes, "edits": _edits, "presets": _presets}[arguments.what]
        run(arguments)
        return 0
    except (EngineError, FileNotFoundError) as error:
        print(error, file=sys.stderr)
    except KeyboardInterrupt:
        print("stopped; the same command goes on", file=sys.stderr)
    return 1


def _opened(arguments: argparse.Namespace) -> tuple[Model, Judge, Corpus]:
    """Model, judge and test clips. Raises EngineError if they do not belong together."""
    # Here and not above, so that --help and a mistyped option are answered without waiting for torch.
    from engine.evaluation import classifier, samples
    from engine.model import load
    from engine.training.data import load_corpus

    model = load("pocket", **({"folder": arguments.weights} if arguments.weights else {}))
    test = load_corpus(samples.test_split(arguments.work), "test")
    known: tuple[str, ...] = model.family.kinds  # type: ignore[attr-defined]
    if test.kinds != known:
        other = ", ".join(sorted(set(test.kinds) ^ set(known)))
        raise EngineError(f"{arguments.work} holds the clips of other kinds than the model knows: {other}")
    return model, classifier.load(arguments.weights, len(test.kinds)), test


def _attributes(arguments: argparse.Namespace) -> None:
    from engine.evaluation.attributes import measure
    from engine.training.data import load_corpus

    train = load_corpus(arguments.work, "train")
    model, judge, test = _opened(arguments)
    print(measure(model, judge, train, test))


def _edits(arguments: argparse.Namespace) -> None:
    from engine.evaluation import edits
    from engine.evaluation.tables import Record
    from engine.weights import FOLDER

    model, judge, test = _opened(arguments)
    identity = edits.identity(arguments.weights or FOLDER, test, arguments.clips)
    figures = arguments.out / "numbers.json"
    if arguments.fresh:
        figures.unlink(missing_ok=True)
    tables = edits.tables_of(model, judge, arguments.work, test, arguments.clips)
    head = edits.heading(model, arguments.clips, str(identity["weights"]))
    print(edits.run(tables, Record(figures, identity), arguments.out / "numbers.md", head, arguments.only))


def _presets(arguments: argparse.Namespace) -> None:
    from engine.evaluation import classifier, packs, packs_table
    from engine.model import load
    from engine.weights import FOLDER, fingerprint
    from presets import Library

    model = load("pocket", **({"folder": arguments.weights} if arguments.weights else {}))
    judge = classifier.load(arguments.weights, len(model.family.kinds))  # type: ignore[attr-defined]
    library, file = Library().packs(), arguments.out / "presets.json"
    weights = fingerprint(arguments.weights or FOLDER)
    presets = packs.chosen(preset for pack in library for preset in pack.presets.values())
    results = packs.measure(model, judge, presets, file, weights, arguments.pack)
    text = packs_table.document(library, results, weights)
    (arguments.out / "presets.md").write_text(text, encoding="utf-8")
    print(text)


def _evaluate(arguments: argparse.Namespace) -> None:
    import torch

    from engine.evaluation import pictures
    from engine.evaluation.report import compare, markdown

    model, judge, test = _opened(arguments)
    settings = {name: getattr(arguments, name) for name in ("steps", "guidance", "candidates")}
    with torch.inference_mode():
        report = compare(model, judge, test, arguments.each, settings)
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "pocket.json").write_text(json.dumps(report.figures, indent=1) + "\n")
    (arguments.out / "pocket.md").write_text(markdown(report))
    pictures.grid(arguments.out / "pocket.png", report.titles, report.rendered, report.generated)
    print(markdown(report))
    print(f"table and picture: {arguments.out}")


if __name__ == "__main__":
    sys.exit(main())

"""`python -m engine.evaluation pocket`: a table of figures with floor and ceiling, and a picture to look at."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from engine.errors import EngineError
from engine.training.stages import default_work


def parser() -> argparse.ArgumentParser:
    """The command line."""
    out = argparse.ArgumentParser(prog="python -m engine.evaluation", description=__doc__)
    out.add_argument("model", choices=["pocket"], help="which model to evaluate")
    out.add_argument("--each", type=int, default=4, help="prompts of every kind, 1 to 4 (default 4)")
    out.add_argument("--steps", type=int, help="denoising steps (default: the model's)")
    out.add_argument("--guidance", type=float, help="guidance (default: the model's)")
    out.add_argument("--candidates", type=int, help="tries for each clip, the best by the model's own score is kept")
    out.add_argument("--weights", type=Path, help="folder of weights (default: those that ship)")
    out.add_argument("--work", type=Path, default=default_work(), help="folder of the corpus")
    out.add_argument("--out", type=Path, default=Path("evaluation"), help="folder for table and pictures")
    return out


def main() -> int:
    """Generates, judges, prints, writes."""
    arguments = parser().parse_args()
    if not 1 <= arguments.each <= 4:
        parser().error(f"--each must be 1 to 4, got {arguments.each}")
    try:
        return _evaluate(arguments)
    except EngineError as error:
        print(error, file=sys.stderr)
        return 1


def _evaluate(arguments: argparse.Namespace) -> int:
    # Here and not above, so that --help and a mistyped option are answered without waiting for torch.
    import torch

    from engine.evaluation import classifier, pictures, samples
    from engine.evaluation.report import compare, markdown
    from engine.model import load
    from engine.training.data import load_corpus

    model = load("pocket", **({"folder": arguments.weights} if arguments.weights else {}))
    test = load_corpus(samples.test_split(arguments.work), "test")
    known: tuple[str, ...] = model.family.kinds  # type: ignore[attr-defined]
    if test.kinds != known:
        other = ", ".join(sorted(set(test.kinds) ^ set(known)))
        print(f"{arguments.work} holds the clips of other kinds than the model knows: {other}", file=sys.stderr)
        return 1
    judge = classifier.load(arguments.weights, len(test.kinds))
    settings = {name: getattr(arguments, name) for name in ("steps", "guidance", "candidates")}
    with torch.inference_mode():
        report = compare(model, judge, test, arguments.each, settings)
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "pocket.json").write_text(json.dumps(report.figures, indent=1) + "\n")
    (arguments.out / "pocket.md").write_text(markdown(report))
    pictures.grid(arguments.out / "pocket.png", report.titles, report.rendered, report.generated)
    print(markdown(report))
    print(f"table and picture: {arguments.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

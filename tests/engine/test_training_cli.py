"""The command lines of training and evaluation: they teach, answer at once, and name what was wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine.evaluation import __main__ as evaluation
from engine.training import __main__ as training
from engine.training import stages

ROOT = Path(__file__).parents[2]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True, cwd=ROOT, timeout=120)


@pytest.mark.parametrize("package", ["engine.training", "engine.evaluation"])
def test_help_teaches_and_is_quick(package: str) -> None:
    """No torch, no numpy, and in processor time well under what importing either takes."""
    code = (
        "import runpy, sys, time\n"
        f"sys.argv = ['x', '--help']\n"
        f"try: runpy.run_module('{package}', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "print({'torch', 'numpy', 'scipy', 'matplotlib'} & set(sys.modules), time.process_time(), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=120)
    heavy, seconds = done.stderr.strip().rsplit(" ", 1)
    assert heavy == "set()"
    assert float(seconds) < 1.0
    text = " ".join(done.stdout.split())
    assert f"python -m {package} pocket" in text
    assert "--work" in text
    assert "default" in text


@pytest.mark.parametrize("value", ["soon", "0", "-5m", "1e9", "nan", "3d", ""])
def test_a_bad_budget_is_named(value: str) -> None:
    done = run("engine.training", "pocket", f"--budget={value}")
    assert done.returncode == 2
    assert f"a budget is minutes or hours above 0, like 150m or 2.5h, got {value!r}" in done.stderr


@pytest.mark.parametrize(("text", "expected"), [("150m", 150), ("2.5h", 150), ("90", 90), (" 1h ", 60), ("0.5m", 0.5)])
def test_budgets_are_minutes_or_hours(text: str, expected: float) -> None:
    assert training.minutes(text) == expected


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("engine.training", "pocket", "--clips", "0"), "a whole number of 1 or more is needed, got '0'"),
        (("engine.training", "pocket", "--threads", "many"), "a whole number of 1 or more is needed, got 'many'"),
        (("engine.training", "pocket", "--stage", "sleep"), "invalid choice: 'sleep'"),
        (("engine.training", "other"), "invalid choice: 'other'"),
        (("engine.evaluation", "pocket", "--each", "9"), "--each must be 1 to 4, got 9"),
        (("engine.evaluation", "edits", "--clips", "1"), "--clips must be 2 to 580, got 1"),
        (("engine.evaluation", "edits", "--only", "speech"), "invalid choice: 'speech'"),
    ],
)
def test_bad_options_are_named(words: tuple[str, ...], said: str) -> None:
    done = run(*words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_an_evaluation_without_weights_says_how_to_make_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["x", "pocket", "--weights", str(tmp_path), "--work", str(tmp_path)])
    assert evaluation.main() == 1
    text = f"no pocket weights in {tmp_path}: make them with python -m engine.training pocket"
    assert capsys.readouterr().err.strip() == text


def test_the_plan_spends_the_budget_on_every_stage_once() -> None:
    assert [name for group in stages.PLAN for name in group] == list(stages.STAGES)
    # Stages of one row run side by side, so a row takes as long as its longest.
    assert sum(max(group.values()) for group in stages.PLAN) <= 1.0


def test_a_stage_gets_its_share_in_a_process_of_its_own(tmp_path: Path) -> None:
    arguments = training.parser().parse_args(["pocket", "--work", str(tmp_path), "--clips", "7"])
    words = training._command(arguments, "unet", 102.0, 2)
    assert words[1:4] == ["-m", "engine.training", "pocket"]
    again = training.parser().parse_args(words[3:])
    assert (again.stage, again.budget, again.work, again.clips, again.threads) == ("unet", 102.0, tmp_path, 7, 2)

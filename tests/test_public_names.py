"""The public names of each package: listed once, in order, importable, and explained."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys

import pytest

PACKAGES = ("engine", "bridge", "presets", "max_patches")


@pytest.mark.parametrize("package", PACKAGES)
def test_public_names_are_sorted_and_importable(package: str) -> None:
    module = importlib.import_module(package)
    names = list(module.__all__)
    assert names == sorted(set(names))
    missing = [name for name in names if not hasattr(module, name)]
    assert missing == []


@pytest.mark.parametrize("package", PACKAGES)
def test_public_names_are_documented(package: str) -> None:
    """Every public class and function says what it is, and every public method of a class too."""
    module = importlib.import_module(package)
    assert inspect.getdoc(module), f"{package} has no docstring"
    silent = []
    for name in module.__all__:
        thing = getattr(module, name)
        if not (inspect.isclass(thing) or inspect.isroutine(thing)):
            continue
        if not thing.__doc__ or thing.__doc__.startswith(f"{name}("):  # dataclass writes such a line by itself
            silent.append(name)
        if inspect.isclass(thing):
            own = {k: v for k, v in vars(thing).items() if not k.startswith("_") and inspect.isroutine(v)}
            silent += [f"{name}.{method}" for method, value in own.items() if not inspect.getdoc(value)]
    assert silent == []


@pytest.mark.parametrize("package", PACKAGES)
def test_public_functions_are_typed(package: str) -> None:
    module = importlib.import_module(package)
    untyped = []
    for name in module.__all__:
        thing = getattr(module, name)
        if inspect.isfunction(thing):
            signature = inspect.signature(thing)
            bare = [p.name for p in signature.parameters.values() if p.annotation is inspect.Parameter.empty]
            if bare or signature.return_annotation is inspect.Signature.empty:
                untyped.append(f"{name}({', '.join(bare)})")
    assert untyped == []


def test_star_import_and_dir_show_the_public_names() -> None:
    import engine

    assert set(engine.__all__) <= set(dir(engine))


@pytest.mark.parametrize("package", ["engine", "bridge", "presets", "max_patches"])
def test_importing_a_package_does_no_work(package: str) -> None:
    """No torch, no files, no logging set up: in a fresh interpreter, importing is all that happens."""
    code = (
        f"import sys, logging, {package}\n"
        "heavy = {'torch', 'transformers', 'scipy', 'librosa'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "assert not logging.getLogger().handlers\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr

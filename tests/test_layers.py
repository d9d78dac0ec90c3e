"""Who may import whom, held by reading every file's imports.

`bridge → engine` (its public names only), `engine` knows no socket, port, device or command line, `bridge` knows no
torch, `presets` and `max_patches` know neither. Each third-party library has one home that hides it.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("engine", "bridge", "presets", "max_patches", "benchmarks")

# What a package must never import, and why.
FORBIDDEN = {
    "engine": {"bridge", "pythonosc", "mido", "sounddevice", "click"},
    "bridge": {"torch", "transformers", "diffusers", "safetensors", "benchmarks"},
    "presets": {"engine", "bridge", "numpy", "torch"},
    "max_patches": {"engine", "bridge", "numpy", "torch"},
}

# Library → the one file, or the one sub-package (ending in "/"), that may import it. A library that is not here fails.
# Where a library has more than one home, each has its reason beside it.
HOMES = {
    "aalink": ("bridge/midi/link.py",),
    "click": ("bridge/cli/",),
    # Networks, and folders and pipelines of them, that the engine is measured against.
    "diffusers": ("benchmarks/diffusers_networks.py", "benchmarks/audioldm2_folder.py"),
    "fluidsynth": ("engine/training/",),
    "httpx2": ("bridge/client/web.py",),
    "huggingface_hub": ("bridge/models_hub.py",),
    # The bridge's ports, and the musician whom they are measured by.
    "jack": ("bridge/midi/jack_ports/client.py", "benchmarks/jack_peer.py"),
    "matplotlib": ("engine/evaluation/",),
    "mido": ("bridge/midi/controls.py",),
    # Effects of pads, reading files that soundfile cannot, and the effects of the corpus.
    "pedalboard": ("bridge/audio/effects.py", "engine/sources.py", "engine/training/"),
    "phonemizer": ("engine/phonemes.py",),
    # Where takes and models go, and where training keeps its work; the bridge may not ask the engine's training.
    "platformdirs": ("bridge/folders.py", "engine/training/stages.py"),
    "prometheus_client": ("bridge/http/",),
    "psutil": ("bridge/vitals.py", "benchmarks/"),
    "pyloudnorm": ("engine/finish.py",),
    "rich": ("bridge/cli/top.py",),
    "rtmidi": ("bridge/midi/devices.py",),
    # Reading is for everybody, writing only for training.
    "safetensors": ("engine/weights.py", "engine/training/"),
    "scipy": ("engine/training/",),
    "sounddevice": ("bridge/audio/players/device.py",),
    "soundfile": ("engine/wav.py",),
    # The bridge plays takes at other rates and pitches, and may not ask the engine for functions over samples.
    "soxr": ("bridge/audio/prepare.py", "engine/finish.py"),
    "starlette": ("bridge/http/",),
    "structlog": ("bridge/logs.py",),
    "tokenizers": ("engine/clap_text.py",),
    # Networks that are not ours to write again, each hidden by its own file.
    "transformers": (
        "benchmarks/audioldm2_folder.py", "engine/audiomae.py", "engine/clap_audio.py", "engine/clap_text.py",
        "engine/flan_t5.py", "engine/hifigan.py", "engine/language.py", "engine/training/teacher.py",
        "engine/vits_text.py",
    ),
    "uvicorn": ("bridge/http/server.py",),
    "websockets": ("bridge/client/connection.py", "benchmarks/hosts.py"),
    "zeroconf": ("bridge/announce.py",),
}
EVERYWHERE = {"numpy", "torch", *PACKAGES}


class Import(NamedTuple):
    """One import statement: where, which module, which names (empty for `import module`)."""

    file: str
    line: int
    module: str
    names: tuple[str, ...]

    @property
    def top(self) -> str:
        return self.module.split(".")[0]

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.module}"


def sources(package: str) -> list[Path]:
    return sorted(path for path in (ROOT / package).rglob("*.py") if "__pycache__" not in path.parts)


def imports(path: Path) -> Iterator[Import]:
    """Every import of a file, those inside functions too; a relative one as the absolute module it means."""
    file = path.relative_to(ROOT)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(file.as_posix(), node.lineno, alias.name, ())
        elif isinstance(node, ast.ImportFrom):
            base = file.parts[: len(file.parts) - node.level] if node.level else ()
            module = ".".join([*base, *filter(None, [node.module])])
            yield Import(file.as_posix(), node.lineno, module, tuple(alias.name for alias in node.names))


def imports_of(package: str) -> list[Import]:
    return [one for path in sources(package) for one in imports(path)]


def at_import_time(path: Path) -> Iterator[str]:
    """Top-level modules that importing this file brings in: not those inside functions or `if TYPE_CHECKING`."""

    def visit(nodes: list[ast.stmt]) -> Iterator[str]:
        for node in nodes:
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module
            elif isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.unparse(node.test):
                yield from visit([*node.body, *node.orelse])
            elif isinstance(node, ast.Try | ast.With | ast.ClassDef):
                yield from visit(node.body)

    yield from visit(ast.parse(path.read_text(encoding="utf-8")).body)


@pytest.mark.parametrize("package", sorted(FORBIDDEN))
def test_imports_go_one_way(package: str) -> None:
    wrong = [str(one) for one in imports_of(package) if one.top in FORBIDDEN[package]]
    assert not wrong, "\n".join(wrong)


def test_the_bridge_uses_only_the_engines_public_names() -> None:
    """`from engine import X`, never `from engine.y import X`: what is not in `engine.__all__` may change at will."""
    import engine

    public = set(engine.__all__) | {"__version__"}
    wrong = [
        str(one)
        for one in imports_of("bridge")
        if one.top == "engine" and (one.module != "engine" or not set(one.names) <= public)
    ]
    assert not wrong, "\n".join(wrong)


def test_inference_needs_nothing_of_training() -> None:
    """Who only plays has no training libraries: nothing outside reaches into engine.training or engine.evaluation."""
    outside = [
        one for one in imports_of("engine") if not one.file.startswith(("engine/training/", "engine/evaluation/"))
    ]
    wrong = [
        str(one)
        for one in outside
        if one.module.startswith(("engine.training", "engine.evaluation"))
        or (one.module == "engine" and {"training", "evaluation"} & set(one.names))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("package", PACKAGES)
def test_each_library_has_one_home(package: str) -> None:
    wrong = []
    for one in imports_of(package):
        if one.top in sys.stdlib_module_names or one.top in EVERYWHERE:
            continue
        homes = HOMES.get(one.top, ())
        if not any(one.file == home or (home.endswith("/") and one.file.startswith(home)) for home in homes):
            wrong.append(f"{one}; it may be imported by: {', '.join(homes) or 'nobody yet'}")
    assert not wrong, "\n".join(wrong)


def test_the_table_of_homes_has_no_dead_rows() -> None:
    used = {one.top for package in PACKAGES for one in imports_of(package)}
    assert sorted(set(HOMES) - used) == []


def test_every_library_that_is_imported_is_declared() -> None:
    """What pyproject.toml lists is what the code uses, so an install has what it needs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    rows = [*project["dependencies"], *(row for extra in project["optional-dependencies"].values() for row in extra)]
    declared = {re.split(r"[<>=!~\[; ]", row)[0].lower().replace("-", "_") for row in rows}
    # rtmidi is what mido is asked for with, by its extra
    known_as = {"pythonosc": "python_osc", "fluidsynth": "pyfluidsynth", "rtmidi": "mido", "jack": "jack_client"}
    used = {one.top for package in PACKAGES for one in imports_of(package)} - set(PACKAGES) - sys.stdlib_module_names
    assert sorted(name for name in used if known_as.get(name, name) not in declared) == []


def test_the_light_path_is_light() -> None:
    """`bridge --help` and every client stay free of torch and friends: followed from bridge.cli, import by import."""
    heavy = {"torch", "transformers", "librosa", "scipy", "numba", "pedalboard", "matplotlib"}
    waiting, seen, wrong = ["bridge.cli"], set(), []
    while waiting:
        module = waiting.pop()
        file = ROOT / (module.replace(".", "/") + ".py")
        path = file if file.exists() else ROOT / module.replace(".", "/") / "__init__.py"
        if module in seen or not path.exists():
            continue
        seen.add(module)
        for name in at_import_time(path):
            if name.split(".")[0] in heavy:
                wrong.append(f"{module} imports {name}")
            waiting.append(name)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("package", PACKAGES)
def test_no_pickle_and_no_print_debugging(package: str) -> None:
    """No pickle from anywhere; breakpoints and debuggers stay at home."""
    wrong = [str(one) for one in imports_of(package) if one.top in {"pickle", "dill", "joblib", "pdb", "shelve"}]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("package", PACKAGES)
def test_torch_load_is_told_to_read_weights_only(package: str) -> None:
    wrong = []
    for path in sources(package):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.load":
                safe = any(word.arg == "weights_only" and ast.unparse(word.value) == "True" for word in node.keywords)
                if not safe:
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not wrong, "\n".join(wrong)

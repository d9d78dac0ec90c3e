"""Where this program keeps things on this platform."""

from __future__ import annotations

import os
from pathlib import Path

_NAME = "audioldm-bridge"
MODELS_VARIABLE = "BRIDGE_MODELS"
"""Environment variable that names another folder for the models store, for example on a larger disk."""

PRESETS_VARIABLE = "BRIDGE_PRESETS"
"""Environment variable that names another folder for the user's packs of presets."""

MIDI_VARIABLE = "BRIDGE_MIDI_MAPS"
"""Environment variable that names another folder for the user's MIDI maps."""


def data_folder() -> Path:
    """The user's data folder for this program."""
    import platformdirs  # not before it is asked for: `bridge doctor` says that it is missing

    return Path(platformdirs.user_data_dir(_NAME, appauthor=False))


def default_state() -> Path:
    """Where the daemon keeps its journal and its log."""
    import platformdirs

    return Path(platformdirs.user_state_dir(_NAME, appauthor=False))


def default_config() -> Path:
    """The settings file."""
    import platformdirs

    return Path(platformdirs.user_config_dir(_NAME, appauthor=False)) / "config.toml"


def default_takes() -> Path:
    """Where takes go unless told otherwise: ``~/Music/audioldm-bridge``, or the data folder without ~/Music."""
    music = Path.home() / "Music"
    if music.is_dir():
        return music / "audioldm-bridge"
    return data_folder() / "takes"


def default_models() -> Path:
    """Where the models store lies: what ``BRIDGE_MODELS`` names, or ``models`` in the data folder."""
    return _named(MODELS_VARIABLE) or data_folder() / "models"


def default_presets() -> Path:
    """Where the user's packs of presets lie: what ``BRIDGE_PRESETS`` names, or ``presets`` in the data folder."""
    return _named(PRESETS_VARIABLE) or data_folder() / "presets"


def default_midi() -> Path:
    """Where the user's MIDI maps lie, and what was learned: what ``BRIDGE_MIDI_MAPS`` names, or ``midi`` beside the
    settings file."""
    return _named(MIDI_VARIABLE) or default_config().parent / "midi"


def chosen_folders() -> dict[str, str]:
    """Those of the variables above that are set, with absolute paths."""
    found = {name: _named(name) for name in (MODELS_VARIABLE, PRESETS_VARIABLE, MIDI_VARIABLE)}
    return {name: str(path) for name, path in found.items() if path is not None}


def _named(variable: str) -> Path | None:
    named = os.environ.get(variable)
    return Path(named).expanduser().absolute() if named else None

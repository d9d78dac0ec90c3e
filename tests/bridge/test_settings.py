"""Settings: a flag beats the environment, which beats the file, which beats the default; what is wrong is named."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path

import pytest

from bridge.config import Config
from bridge.settings import ROWS, BadSetting, config, resolve, toml


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text('osc_port = 9700\nmax_live = 5\ntakes = "takes"\noptions = ["a=1"]\n')
    return path


def test_a_flag_beats_the_environment_beats_the_file(file: Path) -> None:
    environment = {"BRIDGE_OSC_PORT": "9701", "BRIDGE_MAX_LIVE": "6", "BRIDGE_STEP_TIMEOUT": "2.5"}
    found = resolve({"osc_port": 9702, "threads": None, "options": ()}, environment, file)
    assert (found["osc_port"].value, found["osc_port"].origin) == (9702, "--osc-port")
    assert (found["max_live"].value, found["max_live"].origin) == (6, "BRIDGE_MAX_LIVE")
    assert (found["step_timeout"].value, found["step_timeout"].origin) == (2.5, "BRIDGE_STEP_TIMEOUT")
    assert (found["takes"].value, found["takes"].origin) == (file.parent / "takes", str(file))  # beside the file
    assert found["options"].value == ("a=1",)
    assert (found["model"].value, found["model"].origin) == ("pocket", "default")
    assert config(found).osc_port == 9702


def test_every_setting_is_a_field_and_its_default_the_fields() -> None:
    fields = {field.name: field.default for field in dataclasses.fields(Config)}
    for row in ROWS:
        assert row.name in fields
        assert fields[row.name] in (row.default, dataclasses.MISSING), row.name


def test_what_is_printed_is_a_file_that_says_the_same(file: Path, tmp_path: Path) -> None:
    found = resolve({"model": 'a "quoted" name'}, {}, file)
    again = tmp_path / "again.toml"
    again.write_text(toml(found))
    assert tomllib.loads(again.read_text())["model"] == 'a "quoted" name'
    assert config(resolve({}, {}, again)) == config(found)


def test_numbers_keep_their_digits(tmp_path: Path) -> None:
    given = {"keep_takes": 1234567, "keep_gb": 123.4567891, "keep_days": 0.1}
    (tmp_path / "config.toml").write_text(toml(resolve(given, {})))
    found = resolve({}, {}, tmp_path / "config.toml")
    assert {name: found[name].value for name in given} == given


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("osc_port = 70000", "osc_port in .* must be 0 to 65535, got 70000"),
        ("osc_port = true", "must be 0 to 65535, got True"),
        ("osc_port = 1.5", "got 1.5"),
        ('options = "a=1"', "must be a list of texts"),
        ('takes = ""', "must be a folder"),
        ('takes = "~nobody-of-this-name/x"', "must be a folder, got '~nobody-of-this-name/x'"),
        ("osk_port = 1", "unknown setting osk_port in .*: did you mean osc_port"),
        ("osc_port =", "cannot be read"),
    ],
)
def test_what_is_wrong_is_named(file: Path, text: str, complaint: str) -> None:
    file.write_text(text)
    with pytest.raises(BadSetting, match=complaint):
        resolve({}, {}, file)


def test_a_wrong_variable_is_named() -> None:
    with pytest.raises(BadSetting, match="BRIDGE_THREADS must be 1 to 1024, got 'many'"):
        resolve({}, {"BRIDGE_THREADS": "many", "BRIDGE_CONFIG": ""})


def test_names_of_midi_ports_may_have_spaces(run_bridge) -> None:
    environment = {"BRIDGE_MIDI": "nanoKONTROL2 SLIDER, MPD218", "BRIDGE_OPTIONS": "a=1 b=2"}
    found = resolve({}, environment)
    assert found["midi"].value == ("nanoKONTROL2 SLIDER", "MPD218")
    assert found["options"].value == ("a=1", "b=2")
    done = run_bridge("config", "--midi", "MPD218", "--midi", "Launchpad Pro")
    assert 'midi = ["MPD218", "Launchpad Pro"]' in done.stdout, done.stderr
    assert "must be KEY=VALUE, got 'a'" in run_bridge("config", "--option", "a").stderr
    with pytest.raises(BadSetting, match="BRIDGE_OPTIONS must be a list of texts, each KEY=VALUE"):
        resolve({}, {"BRIDGE_OPTIONS": "a"})


def test_a_bridge_that_takes_any_port_keeps_no_journal_unless_told_to(tmp_path: Path) -> None:
    assert config(resolve({"osc_port": 0}, {})).journal is None
    assert config(resolve({"osc_port": 0, "state": tmp_path}, {})).journal == tmp_path / "journal-0.sqlite"
    assert config(resolve({"osc_port": 9}, {})).journal is not None


def test_bridge_config_says_where_each_comes_from(run_bridge, file: Path) -> None:
    done = run_bridge("config", "--config", str(file), "--max-live", "7")
    assert done.returncode == 0, done.stderr
    lines = {line.split(" = ")[0]: line for line in done.stdout.splitlines()}
    assert lines["osc_port"].split() == ["osc_port", "=", "9700", "#", str(file)]
    assert lines["max_live"].split() == ["max_live", "=", "7", "#", "--max-live"]
    assert "there is no settings file" in run_bridge("config", "--config", str(file) + "x").stderr


def test_bridge_jobs_reads_the_journal_of_a_bridge_that_runs_and_of_one_that_ended(
    run_bridge, serve, connect, tmp_path: Path
) -> None:
    daemon = serve("--state", str(tmp_path))
    connect(daemon).job("a-1", "A4 in a hall", "seconds", 0.1)
    for _ in range(2):
        done = run_bridge("jobs", "--osc-port", "0", "--state", str(tmp_path), "--paths")
        assert done.returncode == 0, done.stderr
        first, path = done.stdout.splitlines()
        assert "a-1" in first and "done" in first and "generate A4 in a hall" in first
        assert Path(path.strip()).is_file()
        daemon.stop()
    assert "keeps no journal" in run_bridge("jobs", "--osc-port", "0").stderr

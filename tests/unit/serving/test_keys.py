"""Keys: made once, kept as hashes, refused clearly."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from mlwright.cli.app import app
from mlwright.core.errors import MlwrightError
from mlwright.serving.keys import Keys, add_key, remove_keys


@pytest.fixture
def file(tmp_path):
    return tmp_path / "keys.json"


def test_a_key_opens_what_it_was_made_for_and_is_not_in_the_file(file):
    first, second = add_key(file, "app"), add_key(file, "prometheus", ("metrics",))
    keys = Keys.read(file)
    assert keys.find(first).scopes == {"predict"}
    assert keys.find(second).name == "prometheus"
    assert keys.find(first[:-1]) is None
    assert keys.find("") is None
    assert first not in file.read_text()
    assert len(first) >= 32


def test_two_keys_of_one_name_are_both_known_until_they_are_removed(file):
    old, new, other = add_key(file, "app"), add_key(file, "app"), add_key(file, "web")
    assert Keys.read(file).find(old).name == Keys.read(file).find(new).name == "app"
    assert remove_keys(file, "app") == 2
    keys = Keys.read(file)
    assert keys.find(new) is None
    assert keys.find(other).name == "web"


def test_what_is_wrong_is_said(file):
    add_key(file, "app")
    with pytest.raises(MlwrightError, match="predict"):
        add_key(file, "app", ("everything",))
    with pytest.raises(MlwrightError, match="app"):
        remove_keys(file, "web")
    with pytest.raises(MlwrightError, match="cannot be named"):
        add_key(file, "a\nb")
    assert len(json.loads(file.read_text())["keys"]) == 1


@pytest.mark.parametrize("text", [
    "", "[]", "{}", '{"keys": {"a": 1}}', '{"keys": [1]}', '{"keys": [{"name": "a"}]}', "[" * 100_000,
    '{"keys": [{"name": "a", "sha256": "abc"}]}',
    '{"keys": [{"name": "a", "sha256": "' + "0" * 64 + '", "scopes": "all"}]}',
])  # fmt: skip
def test_a_file_that_is_none_is_refused_and_left_alone(file, text):
    file.write_text(text)
    for read in (Keys.read, lambda place: add_key(place, "app"), lambda place: remove_keys(place, "app")):
        with pytest.raises(MlwrightError, match="cannot be understood"):
            read(file)
    assert file.read_text() == text


def test_a_service_without_any_key_is_refused(file):
    file.write_text('{"keys": []}')
    with pytest.raises(MlwrightError, match="There are no keys"):
        Keys.read(file)


def test_the_command_prints_the_key_and_nothing_else(file):
    done = CliRunner().invoke(
        app, ["key", "app", "--file", str(file), "--scope", "predict", "--scope", "metrics"]
    )
    assert done.exit_code == 0
    assert Keys.read(file).find(done.stdout.strip()).scopes == {"predict", "metrics"}
    assert CliRunner().invoke(app, ["key", "app", "--file", str(file), "--remove"]).exit_code == 0
    assert CliRunner().invoke(app, ["key", "app", "--file", str(file), "--remove"]).exit_code == 2

"""Keys: made once, kept as hashes, refused clearly."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from mlwright.cli.app import app
from mlwright.core.errors import MlwrightError
from mlwright.serving.keys import Keys, add_key, remove_key

WHOLE = '{"name": "a", "sha256": "' + "0" * 64 + '", "scopes": ["predict"]}'


@pytest.fixture
def file(tmp_path):
    return tmp_path / "keys.json"


def test_a_key_opens_what_it_was_made_for_and_is_not_in_the_file(file):
    first, second = add_key(file, "app"), add_key(file, "prometheus", ("metrics",))
    keys = Keys(file)
    assert keys.find(first).scopes == {"predict"}
    assert keys.find(second).name == "prometheus"
    assert keys.find(first[:-1]) is None
    assert keys.find("") is None
    assert first not in file.read_text()
    assert len(first) >= 32


def test_two_keys_of_one_name_are_both_known_until_they_are_removed(file):
    old, new, other = add_key(file, "app"), add_key(file, "app"), add_key(file, "web")
    assert Keys(file).find(old).name == Keys(file).find(new).name == "app"
    assert remove_key(file, "app") == 1
    keys = Keys(file)
    assert keys.find(old) is None
    assert keys.find(new).name == "app"
    assert keys.find(other).name == "web"
    assert remove_key(file, "app") == 0
    assert Keys(file).find(new) is None


def test_a_service_that_runs_notices_a_changed_file_and_survives_a_broken_one(file, monkeypatch, caplog):
    monkeypatch.setattr("mlwright.serving.keys._LOOK_S", 0.0)
    old = add_key(file, "app")
    keys = Keys(file)
    new = add_key(file, "app")
    assert keys.find(new).name == "app"
    remove_key(file, "app")
    assert keys.find(old) is None
    file.write_text("no JSON at all")
    assert keys.find(new).name == "app"
    assert "go on" in caplog.text
    file.unlink()
    assert keys.find(new).name == "app"


def test_the_last_key_that_is_revoked_opens_a_running_service_no_more(file, monkeypatch, caplog):
    caplog.set_level("INFO", "mlwright.serving")
    monkeypatch.setattr("mlwright.serving.keys._LOOK_S", 0.0)
    last = add_key(file, "app")
    keys = Keys(file)
    assert keys.find(last).name == "app"
    remove_key(file, "app")
    assert keys.find(last) is None
    assert "none is left, and nobody may enter" in caplog.text
    assert keys.find(add_key(file, "app")).name == "app"


def test_what_is_wrong_is_said(file):
    add_key(file, "app")
    with pytest.raises(MlwrightError, match="predict"):
        add_key(file, "app", ("everything",))
    with pytest.raises(MlwrightError, match="app"):
        remove_key(file, "web")
    with pytest.raises(MlwrightError, match="cannot be named"):
        add_key(file, "a\nb")
    assert len(json.loads(file.read_text())["keys"]) == 1


@pytest.mark.parametrize("text", [
    "", "[]", "{}", '{"keys": {"a": 1}}', '{"keys": [1]}', '{"keys": [{"name": "a"}]}', "[" * 100_000,
    '{"keys": [{"name": "a", "sha256": "abc"}]}',
    '{"keys": [{"name": "a", "sha256": "' + "0" * 64 + '", "scopes": "all"}]}',
    '{"keys": [{"name": "a", "sha256": "' + "0" * 64 + '"}]}',
    '{"keys": [' + WHOLE.replace("}", ', "scope": ["metrics"]}') + "]}",
    '{"keys": [' + WHOLE + ", " + WHOLE + "]}",
])  # fmt: skip
def test_a_file_that_is_none_is_refused_and_left_alone(file, text):
    file.write_text(text)
    for read in (Keys, lambda place: add_key(place, "app"), lambda place: remove_key(place, "app")):
        with pytest.raises(MlwrightError, match="cannot be understood"):
            read(file)
    assert file.read_text() == text


def test_a_file_of_another_sort_is_refused_in_one_line(file):
    file.write_bytes(bytes(range(256)) * 1_000)
    with pytest.raises(MlwrightError, match="it is not JSON") as caught:
        Keys(file)
    assert len(str(caught.value)) < 400


def test_a_service_without_any_key_is_refused(file):
    file.write_text('{"keys": []}')
    with pytest.raises(MlwrightError, match="There are no keys"):
        Keys(file)


def test_the_command_prints_the_key_and_nothing_else(file):
    done = CliRunner().invoke(
        app, ["key", "app", "--file", str(file), "--scope", "predict", "--scope", "metrics"]
    )
    assert done.exit_code == 0
    assert Keys(file).find(done.stdout.strip()).scopes == {"predict", "metrics"}
    assert CliRunner().invoke(app, ["key", "app", "--file", str(file), "--remove"]).exit_code == 0
    assert CliRunner().invoke(app, ["key", "app", "--file", str(file), "--remove"]).exit_code == 2

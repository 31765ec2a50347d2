"""`mlwright key`, by several at once."""

from __future__ import annotations

import json
import threading
from contextlib import suppress

import pytest
from typer.testing import CliRunner

from mlwright.cli.app import app
from mlwright.cli.key import key
from mlwright.serving import keys


def test_commands_at_once_lose_no_key(tmp_path, monkeypatch, capsys):
    place, write = tmp_path / "keys.json", keys._write
    keys.add_key(place, "old")
    together = threading.Barrier(3)

    def write_late(*what):
        with suppress(threading.BrokenBarrierError):
            together.wait(timeout=0.3)  # until all have read what is there, if they can
        write(*what)

    monkeypatch.setattr(keys, "_write", write_late)
    commands = [
        threading.Thread(target=key, args=(name, place, None, is_removed))
        for name, is_removed in (("app", False), ("web", False), ("old", True))
    ]
    for command in commands:
        command.start()
    for command in commands:
        command.join()
    names = sorted(entry["name"] for entry in json.loads(place.read_text())["keys"])
    assert names == ["app", "web"]
    assert len(capsys.readouterr().out.split()) == 2


@pytest.mark.parametrize("scope", keys.SCOPES)
def test_a_scope_is_refused_where_it_has_no_effect(tmp_path, scope):
    place = tmp_path / "keys.json"
    keys.add_key(place, "app", ("predict",))
    line = ["key", "app", "--file", str(place), "--remove", "--scope", scope]
    done = CliRunner().invoke(app, line)
    assert done.exit_code == 2
    assert "--scope and --remove cannot be used together" in done.stderr
    assert len(json.loads(place.read_text())["keys"]) == 1

"""Nothing hostile gets past the loader: no answer, no crash, no flood of memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import mlwright as mw
from mlwright.artifact.save import write_artifact
from mlwright.cli.app import app

from .hostile.corpus import FAMILIES, attacks

NUMBERS = range(80)
ROWS = {
    "size": [n / 7 if n % 11 else None for n in NUMBERS],
    "color": [("red", "green", "blue")[n % 3] for n in NUMBERS],
    "when": [f"2024-{n % 12 + 1:02}-{n % 28 + 1:02}" for n in NUMBERS],
    "note": [f"please {('ring', 'use')[n % 2]} the bell {n} times now" for n in NUMBERS],
    "y": [("no", "yes")[(n % 3 == 0) != (n % 7 == 0)] for n in NUMBERS],
}
ROW = {"size": 3.5, "color": "red", "when": "2024-05-01", "note": "please ring the bell"}
MEMORY_BYTES, SECONDS = 2**30, 20
"""What opening one file may take beyond what a sound model took; far less is usual."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A small model with trees, products, dates, look-ups, words and decisions."""
    path = tmp_path_factory.mktemp("sound") / "model.mlw"
    options = {"max_trials": 3, "refit": "no", "latency": "fast", "cost": "fn=5,fp=1"}
    mw.train(ROWS, "y", **options).save(path)
    return path


@pytest.fixture(scope="module")
def corpus(sound, tmp_path_factory):
    """The attacks as files: name by path."""
    folder = tmp_path_factory.mktemp("hostile")
    found = {}
    for number, (name, data) in enumerate(attacks(sound)):
        path = folder / f"{number:04}.mlw"
        path.write_bytes(data)
        found[str(path)] = name
    assert len(set(found.values())) == len(found) > 600
    return found


def outcomes(sound, paths, tmp_path):
    """Open each file in a process that has limits; return for each how that ended."""
    row = tmp_path / "row.json"
    row.write_text(json.dumps(ROW))
    command = [sys.executable, Path(__file__).with_name("attacked.py"), row, str(MEMORY_BYTES), str(SECONDS)]
    found, left = {}, list(paths)
    while left:
        lines = "\n".join([str(sound), *left, ""])
        done = subprocess.run(command, input=lines, capture_output=True, text=True, check=False)
        told = {item["path"]: item for item in map(json.loads, done.stdout.splitlines())}
        found |= told
        left = [path for path in left if path not in told]
        if left:
            found[left[0]] = {"ended": f"the process: {done.returncode}", "said": done.stderr, "noise": ""}
            left = left[1:]
    return found


def test_what_is_sound_answers_in_such_a_process(sound, tmp_path):
    (found,) = outcomes(sound, [str(sound)], tmp_path).values()
    assert (found["ended"], found["noise"]) == ("answered", "")


def test_every_attack_is_refused_in_words_and_none_ends_the_process(sound, corpus, tmp_path):
    found = outcomes(sound, corpus, tmp_path)
    bad = {
        name: found[path]
        for path, name in corpus.items()
        if found[path]["ended"] != "ArtifactError" or found[path]["noise"] or not found[path]["said"]
    }
    assert not bad
    assert all(len(item["said"]) < 500 and "\n" not in item["said"] for item in found.values())


def test_the_command_line_refuses_each_family_with_status_2(corpus, tmp_path, capfd):
    rows = tmp_path / "rows.csv"
    rows.write_text("size,color,when,note\n3.5,red,2024-05-01,please ring\n")
    first = {name.split(":")[0]: path for path, name in reversed(corpus.items())}
    assert len(first) == len(FAMILIES)
    for family, path in first.items():
        with pytest.raises(SystemExit) as ended:
            app(["predict", path, str(rows)], standalone_mode=True)
        out, err = capfd.readouterr()
        assert (ended.value.code, out) == (2, ""), family
        assert err.startswith("error: "), family
        assert err.count("\n") == 1, family


def test_what_goes_on_to_be_trained_can_be_loaded_whatever_its_rows(sound, tmp_path):
    """Saving writes nothing that loading refuses: else a model would be lost after its training."""
    model = mw.load(sound)
    again = tmp_path / "again.mlw"
    write_artifact(again, model.task, model.schema, model._contents)
    assert mw.load(again).predict(ROW) == model.predict(ROW)

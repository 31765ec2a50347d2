"""The whole life of a model on the command line, with nothing replaced."""

from __future__ import annotations

import csv
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mlwright.cli.app import app

pytestmark = [pytest.mark.journey, pytest.mark.slow]


def run(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Rows that can be told apart, and a model trained on them."""
    home = tmp_path_factory.mktemp("journey")
    rng = random.Random(0)  # noqa: S311 - no secret
    with (home / "rows.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["size", "color <b>", "bought"])
        for _ in range(400):
            size, color = rng.gauss(0, 1), rng.choice(["red", "blue"])
            is_bought = size + (color == "red") + rng.gauss(0, 0.5) > 0.5
            table.writerow([f"{size:.3f}", color, "yes" if is_bought else "no"])
    arguments = ("-t", "bought", "--max-trials", "2", "-o", home / "m.mlw", "--json", "--quiet")
    done = run("train", home / "rows.csv", *arguments)
    assert done.exit_code == 0, done.output
    (home / "train.json").write_text(done.stdout)
    return home


def test_training_leaves_a_model_and_a_report(folder):
    printed = json.loads((folder / "train.json").read_text())
    assert Path(printed["artifact"]).exists()
    report = Path(printed["report"]).read_text(encoding="utf-8")
    assert "Is bought no or yes?" in report
    assert "color &lt;b&gt;" in report
    assert printed["test"][printed["metric"]]["value"] > 0.8


def test_the_model_answers_every_row_the_same_to_a_file_and_to_stdout(folder):
    done = run("predict", folder / "m.mlw", folder / "rows.csv", "-o", folder / "answers.csv", "-q")
    assert done.exit_code == 0, done.output
    shown = run("predict", folder / "m.mlw", folder / "rows.csv").stdout
    assert shown == (folder / "answers.csv").read_text()
    assert shown.splitlines()[0] == "row,prediction,probability_no,probability_yes"
    assert len(shown.splitlines()) == 401


def test_the_model_is_judged_and_told(folder):
    judged = json.loads(run("evaluate", folder / "m.mlw", folder / "rows.csv", "--json").stdout)
    assert judged["n_rows"] == 400
    told = json.loads(run("info", folder / "m.mlw", "--json").stdout)
    assert told["task"]["target"] == "bought"
    assert "Ready to ship" in run("info", folder / "m.mlw").stdout


def test_the_data_are_described(folder):
    done = run("profile", folder / "rows.csv", "--target", "bought", "--json")
    assert json.loads(done.stdout)["n_rows"] == 400


def test_a_wrong_column_is_one_line_and_status_2(folder):
    done = run("train", folder / "rows.csv", "-t", "bougt", "-o", folder / "x.mlw", "-q")
    assert done.exit_code == 2
    assert "Did you mean 'bought'?" in done.stderr
    assert not (folder / "x.mlw").exists()


def test_history_is_learned_from_told_and_remembered(tmp_path):
    rng = random.Random(1)  # noqa: S311 - no secret
    lines = []
    for number in range(600):
        moment = f"2024-01-01T00:{number // 60:02d}:{number % 60:02d}"
        lines.append([f"author {number % 4}", moment, rng.gauss(number % 4, 0.5)])
    for name, part in (("past", lines[:500]), ("new", lines[500:])):
        with (tmp_path / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([["author", "at", "likes"], *part])
    model, past, new = tmp_path / "m.mlw", tmp_path / "past.csv", tmp_path / "new.csv"
    arguments = ("-t", "likes", "--time", "at", "--history", "author", "--max-trials", "2", "-o", model, "-q")
    done = run("train", past, *arguments)
    assert done.exit_code == 0, done.output
    errors = [
        json.loads(run("evaluate", model, new, "--json", *events).stdout)["metrics"]["rmse"]["value"]
        for events in (("--history", past, "--history", new), ())
    ]
    assert max(errors) < 0.8
    told = run("predict", model, new, "--history", past).stdout.splitlines()
    alone = run("predict", model, new).stdout.splitlines()
    assert len(told) == len(alone) == 101
    refused = run("predict", model, new, "--history", tmp_path / "nothing.csv")
    assert refused.exit_code == 2
    assert "nothing.csv" in refused.output


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_behind_standard_output_is_no_defect(folder):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "mlwright", "predict", folder / "m.mlw", folder / "rows.csv"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert "No space left on device" in done.stderr
    assert "bug" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("table", ["", 'main."we', "t" * 300])
def test_a_query_reads_from_a_name_that_can_be_one(folder, table):
    place = folder / "odd.sql"
    done = run("export", folder / "m.mlw", "--to", "sql", "--from", table, "-o", place)
    assert done.exit_code == 2
    assert not place.exists()

"""`mlwright report`, and the pages of `profile` and `compare`: written whole, where they belong."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from html import unescape
from urllib.request import urlopen

import numpy as np
import pytest
from typer.testing import CliRunner

import mlwright as mw
from mlwright.cli.app import app
from mlwright.report.trace import look_up


def homes(n_rows=240, seed=1):
    rng = np.random.default_rng(seed)
    size, area = rng.normal(100, 25, n_rows).round(1), rng.choice(["north", "south"], n_rows)
    dear = size + 30 * (area == "north") + rng.normal(0, 15, n_rows) > 115
    return {
        "size": size,
        "area": area,
        "noise": rng.normal(size=n_rows).round(3),
        "dear": np.where(dear, "yes", "no"),
    }


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Return a folder with data and a model of it, trained from the command line."""
    import polars as pl

    folder = tmp_path_factory.mktemp("report")
    pl.DataFrame(homes()).write_csv(folder / "homes.csv")
    pl.DataFrame(homes(400, 2)).write_csv(folder / "others.csv")
    line = [
        "train",
        str(folder / "homes.csv"),
        "-t",
        "dear",
        "--max-trials",
        "2",
        "-q",
        "-o",
        str(folder / "m.mlw"),
    ]
    CliRunner().invoke(app, line)
    return folder


@pytest.fixture
def run(place, monkeypatch):
    monkeypatch.chdir(place)
    return lambda *line: CliRunner().invoke(app, list(line))


def test_every_printed_command_prints_the_numbers_that_the_page_shows(place, run):
    html = (place / "m.report.html").read_text(encoding="utf-8")
    shown = re.findall(
        r'data(?:-value|) ?value="([^"]+)" data-at="([^"]+)"|data-value="([^"]+)" data-at="([^"]+)"', html
    )
    numbers = {unescape(at or also): float(value or again) for value, at, again, also in shown}
    assert len(numbers) > 100
    found = {}
    for command in re.findall(r"<code>(mlwright report [^<]+ --at [^<]+)</code>", html):
        line = shlex.split(unescape(command))[1:]
        done = run(*line)
        assert done.exit_code == 0, command
        found[line[-1]] = json.loads(done.stdout)
    missed = []
    for at, value in numbers.items():
        home = max((one for one in found if at == one or at.startswith(f"{one}/")), key=len, default=None)
        if home is None:
            missed.append(at)
            continue
        there = look_up({"it": found[home]}, "/it" + at.removeprefix(home))
        assert (len(there) if isinstance(there, list) else there) == pytest.approx(value, rel=1e-9), at
    assert {at.split("/")[1] for at in missed} <= {"derived", "importance_left_out", "task"}
    for at in missed:
        there = json.loads(run("report", str(place / "m.mlw"), "--at", at).stdout)
        assert (len(there) if isinstance(there, list) else there) == pytest.approx(numbers[at], rel=1e-9)


def test_the_command_to_train_again_makes_the_same_numbers(place, run):
    html = (place / "m.report.html").read_text(encoding="utf-8")
    line = shlex.split(unescape(re.search(r"<code>(mlwright train [^<]+)</code>", html)[1]))[1:]
    line[line.index("-o") + 1] = str(place / "again.mlw")
    assert run(*line, "-q").exit_code == 0
    one, other = (dict(mw.load(place / name).evidence) for name in ("m.mlw", "again.mlw"))
    assert one == other


def test_a_report_lands_beside_the_model_or_where_it_is_asked_for(run, place):
    assert run("report", "m.mlw").stdout.strip() == "m.report.html"
    assert run("report", "m.mlw", "--brief").stdout.strip() == "m.brief.html"
    assert run("report", "m.mlw", "-o", "card.md").stdout.strip() == "card.md"
    assert (place / "card.md").read_text().startswith("---\nlibrary_name")
    assert json.loads(run("report", "m.mlw", "--to", "json").stdout)["task"]["target"] == "dear"
    assert run("report", "m.mlw", "--to", "pptx-outline").stdout.count("\n\t") > 5
    assert (
        '<html lang="de">'
        in (run("report", "m.mlw", "--language", "de"), place / "m.report.html")[1].read_text()
    )


def test_names_of_files_that_are_not_utf_8_lose_nothing(run, place, tmp_path):
    data = os.fsdecode(bytes(tmp_path) + b"/caf\xe9.csv")
    shutil.copy(place / "homes.csv", data)
    model = data.replace(".csv", ".mlw")
    done = run("train", data, "-t", "dear", "--test", data, "--max-trials", "1", "-q", "-o", model, "--json")
    assert done.exit_code == 1, done.output  # the test has been learned from
    assert json.loads(done.stdout)["artifact"] == model
    evidence = mw.load(model).evidence
    assert evidence["name"] == r"caf\udce9.csv"
    assert evidence["options"]["test"] == [str(tmp_path / r"caf\udce9.csv")]
    assert (
        run("report", model).stdout
        == data.replace(".csv", ".report.html").replace("\udce9", r"\udce9") + "\n"
    )
    compared = run("compare", model, model, data, "-o", str(tmp_path / "compared.html"))
    assert (compared.exit_code, compared.stderr) == (1, "")
    assert run("profile", data, "-o", str(tmp_path / "profile.html")).exit_code == 0
    assert r"caf\udce9" in run("info", model).stdout


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (["--to", "doc"], "No form of a report is called 'doc'"),
        (["-o", "report.doc"], "may be anything"),
        (["--language", "tlh"], "No language is called 'tlh'"),
        (["--at", "/test/nothing"], "Nothing stands at '/test/nothing'"),
        (["--to", "json", "--brief"], "Leave --brief out"),
        (["-o", "m.mlw", "--to", "html"], "is an input of this command"),
        (["-o", "no/where.html"], "has no folder to go to"),
        (["--at", "/test", "-o", "r.html"], "--output and --at cannot be used together"),
        (["--at", "/test", "--to", "md"], "--to and --at cannot be used together"),
        (["--at", "/test", "--brief"], "--brief and --at cannot be used together"),
        (["--live", "--language", "de"], "--language and --live cannot be used together"),
        (["--live", "--at", "/test"], "--at and --live cannot be used together"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_written(run, place, line, says):
    before = sorted(path.name for path in place.iterdir())
    done = run("report", "m.mlw", *line)
    assert done.exit_code == 2
    assert says in done.stderr
    assert sorted(path.name for path in place.iterdir()) == before


def test_a_profile_can_be_a_page(run, place):
    assert run("profile", "homes.csv", "-t", "dear", "-o", "data.html", "--language", "de").exit_code in (
        0,
        1,
    )
    assert "Datenbericht" in (place / "data.html").read_text(encoding="utf-8")
    assert run("profile", "homes.csv", "-o", "homes.csv").exit_code == 2
    assert run("profile", "homes.csv", "--language", "tlh").exit_code == 2


def test_a_comparison_tells_which_rows_changed_and_why(run, place):
    line = ["train", "homes.csv", "-t", "dear", "--max-trials", "1", "--exclude", "area", "-q", "--no-report"]
    run(*line, "-o", "blind.mlw")
    done = run("compare", "blind.mlw", "m.mlw", "others.csv", "-o", "cmp.html", "--json")
    found = json.loads(done.stdout)
    changes = found["changes"]
    assert changes["n_changed"] == changes["n_better"] + changes["n_worse"] > 0
    assert changes["inputs"] == {"old": [], "new": ["area"]}
    assert [one["distance"] for one in changes["rows"]] == sorted(
        (r["distance"] for r in changes["rows"]), reverse=True
    )
    assert changes["rows"][0]["why"][0]["column"] in {"area", "size", "noise"}
    page = (place / "cmp.html").read_text(encoding="utf-8")
    assert (
        "Yes: the new model is better." in page or "cannot tell" in page or "keep the model in place" in page
    )
    assert "The answers that moved most, and why" in page
    assert not re.search(r'="[^"]*<', page)


def test_the_reasons_of_a_change_add_up(run, place):
    run("train", "homes.csv", "-t", "dear", "--max-trials", "1", "-q", "--no-report", "-o", "one.mlw")
    old, new = mw.load(place / "one.mlw"), mw.load(place / "m.mlw")
    found = mw.compare(old, new, str(place / "others.csv"))["changes"]
    cells = homes(400, 2)
    for row in found["rows"]:
        at = row["row"] - 1
        one = {name: cells[name][at : at + 1] for name in ("size", "area", "noise")}
        moved = new.predict_proba(one)[0, 1] - old.predict_proba(one)[0, 1]
        bases = new.explain(one).base[1] - old.explain(one).base[1]
        assert sum(reason["amount"] for reason in row["why"]) + bases == pytest.approx(moved, abs=1e-4)
        assert abs(moved) == pytest.approx(row["distance"], abs=1e-6)


def test_live_shows_no_model_that_is_not_signed_as_it_must_be(place, tmp_path):
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    key = tmp_path / "key.pub"
    key.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    line = [sys.executable, "-m", "mlwright", "report", str(place / "m.mlw"), "--live"]
    nobody = {**os.environ, "BROWSER": "true"}
    done = subprocess.run(
        [*line, "--require-signed", str(key)],
        env=nobody, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "sign" in done.stderr
    assert "bug" not in done.stderr


def test_live_opens_a_browser_at_a_page_that_answers(place, tmp_path):
    seen = tmp_path / "seen"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {seen}\n')
    browser.chmod(0o755)
    line = [sys.executable, "-m", "mlwright", "report", str(place / "m.mlw"), "--live"]
    process = subprocess.Popen(line, env={**os.environ, "BROWSER": f"{browser} %s"}, stderr=subprocess.PIPE)
    try:
        ends = time.monotonic() + 60
        while not seen.exists() or not seen.read_text():
            assert time.monotonic() < ends
            time.sleep(0.05)
        address = seen.read_text().strip()
        assert address.startswith("http://127.0.0.1:")
        with urlopen(address) as response:  # noqa: S310 - at an address of our own
            assert b"<html" in response.read()
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 0

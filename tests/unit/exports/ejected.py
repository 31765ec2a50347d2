"""Small models of every kind, made for the tests of projects: tables that hold what cells can hold."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field, replace

import numpy as np

import mlwright as mw
from mlwright.core.shelves import LEARNERS

_SHORT = {"rounds": 40, "learning_rate": 0.2, "trees": 8, "epochs": 3, "hidden": 16}
"""What makes a fit of a test short, whichever learner has it."""


@dataclass(frozen=True)
class Case:
    """A model to make: the configurations that are tried, columns and target of its table, and options."""

    name: str
    tried: tuple[str, ...]
    columns: tuple[str, ...]
    target: str
    n_rows: int = 300
    options: dict = field(default_factory=dict)


CASES = (
    Case("trees", ("lightgbm small trees",), ("size", "flag", "price", "city", "born"), "late"),
    Case("sets", ("lightgbm small trees, sets", "linear"), ("shop", "city", "seen", "age"), "grade", 600),
    Case("groups", ("lightgbm small trees, combined",), ("size", "rooms", "city", "shop"), "rent", 1_500),
    Case("forest", ("extra trees",), ("size", "city", "seen", "big"), "grade"),
    Case("network", ("network, short", "constant"), ("size", "city", "said", "age"), "cost"),
    Case("pieces", ("network, pieces", "linear", "network"), ("size", "city", "age", "big"), "cost"),
    Case("words", ("linear", "linear, ratios", "network"), ("said", "place", "age"), "mood"),
    Case("clock", ("lightgbm small trees",), ("born", "seen", "city"), "late", options={"time": "seen"}),
    Case("stakes", ("lightgbm small trees",), ("size", "city"), "late",
         options={"cost": "fn=1,fp=3", "stakes": "worth", "weight": "rooms", "refit": "no"}),
)  # fmt: skip


def table(n_rows: int, seed: int = 0) -> dict[str, list[object]]:
    """Return columns of many sorts, and targets that depend on them."""
    rng = np.random.default_rng(seed)
    size = np.round(rng.normal(50, 20, n_rows), 1)
    age = rng.integers(1, 30, n_rows)
    city = rng.choice(["Bonn", "K\u00f6ln", 'the "Old" town', "Don't", "7", "1e-05"], n_rows)
    days = rng.integers(0, 900, n_rows)
    mood = rng.integers(0, 3, n_rows)
    phrases = (["so good", "well done, friend"], ["very bad", "awful"], ["it is", "nothing new"])
    rooms, shop = rng.integers(1, 7, n_rows), rng.integers(0, 9, n_rows)
    bargain = rng.normal(0, 60, (9, 7))[shop, rooms]
    usual = 30 * np.searchsorted(["7", "Bonn", "Don't"], city)
    rent = size * rooms + bargain + 2 * np.abs(size - usual) + rng.normal(0, 5, n_rows)
    cost = size * 2 + 30 * (city == "Bonn") * (age > 12) + days / 50 + rng.normal(0, 3, n_rows)

    def gone(values, share=0.06, sign=""):
        return [sign if rng.random() < share else value for value in values]

    born = np.datetime64("2020-01-31") + days
    return {
        "size": gone(size.tolist(), sign="n/a"),
        "age": age.tolist(),
        "city": gone(city.tolist()),
        "shop": [f"shop {one}" for one in shop],
        "rooms": rooms.tolist(),
        "flag": gone([str(bool(one)).lower() for one in rng.integers(0, 2, n_rows)]),
        "price": [f"{value:,.2f}".replace(",", " ").replace(".", ",") for value in 900 + 10 * size],
        "born": gone([str(one) for one in born]),
        "seen": [one.strftime("%d.%m.%Y") for one in born.tolist()],
        "big": (10**15 + rng.integers(0, 10**6, n_rows) * 7).tolist(),
        "said": [
            " ".join(rng.choice(phrases[one] + ["the", "A", "Rhine!"], 3)) + f" {rng.integers(99)}"
            for one in mood
        ],
        "place": [
            f"{a} street {b}"
            for a, b in zip(
                rng.choice(["Long", "Short", "New"], n_rows), rng.integers(1, 60, n_rows), strict=True
            )
        ],
        "worth": np.round(rng.gamma(2, 10, n_rows), 2).tolist(),
        "late": np.where(cost + 9 * (age % 2) > np.median(cost), "yes", "no").tolist(),
        "cost": np.round(cost, 2).tolist(),
        "rent": np.round(rent, 2).tolist(),
        "grade": np.digitize(cost, np.quantile(cost, [0.2, 0.7])).tolist(),
        "mood": [["glad", "angry", "calm"][one] for one in mood],
    }


def write_csv(path, columns):
    """Write columns as a file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def make(case: Case, folder, monkeypatch):
    """Train the model of a case with its configurations alone; return it and the file of its rows."""
    for name in LEARNERS.names():
        learner = type(LEARNERS.get(name))
        monkeypatch.setattr(learner, "configurations", _chosen(learner.configurations, case.tried))
    extra = {"worth", "rooms"} if case.options else set()
    columns = {
        name: cells
        for name, cells in table(case.n_rows).items()
        if name in {*case.columns, case.target, *extra}
    }
    path = folder / f"{case.name}.csv"
    write_csv(path, columns)
    return mw.train(path, case.target, max_trials=len(case.tried) + 1, **case.options), path


def _chosen(configurations, names):
    def chosen(self, shape):
        found = [one for one in configurations(self, shape) if one.name in ("constant", *names)]
        return [replace(one, parameters=_shorter(one.parameters)) for one in found]

    return chosen


def _shorter(parameters):
    return {**parameters, **{key: value for key, value in _SHORT.items() if key in parameters}}

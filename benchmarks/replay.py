"""Replays blending and calibration on stored answers (library.py): no training, seconds per idea.

    python benchmarks/replay.py library

Prints, per table, the loss on the catalog's test rows of each way to blend and of blends without some
candidates, and the mean and median change against the way that mlwright goes. Lower is better: error
for values, 1 - AUC where that is the metric, else log loss.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, final

import numpy as np
from scoring import MEASURES

from mlwright.core.task import Link, losses
from mlwright.tuning.blend import blend, mean_loss
from mlwright.tuning.calibrate import apply_factors, class_factors

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats

N_BAGS = 20


@final
@dataclass(frozen=True, slots=True)
class Shelf:
    """What is stored of one table: answers of each candidate to the rows of the folds and of the test."""

    link: Link
    metric: str
    scale: float
    target: Floats
    truth: Floats
    folds: dict[str, Floats]
    test: dict[str, Floats]

    @classmethod
    def read(cls, folder: Path) -> Shelf:
        """Read the folder of a table."""
        facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
        truth = np.load(folder / "truth.npz")
        stored = {p.stem: np.load(p) for p in sorted(folder.glob("*.npz")) if p.stem != "truth"}
        return cls(
            link=Link(facts["link"]),
            metric=facts["metric"],
            scale=facts["scale"],
            target=truth["folds"],
            truth=truth["test"],
            folds={name: one["folds"].astype(np.float64) for name, one in stored.items()},
            test={name: one["test"].astype(np.float64) for name, one in stored.items()},
        )

    def judge(self, given: Floats) -> float:
        """Return the loss on the test rows."""
        if self.metric == "roc_auc":
            return 1.0 - float(MEASURES[self.metric](self.truth, given)(np.ones(len(given))))
        each = losses(self.link, self.truth, given)
        return float(np.sqrt(each.mean()) * self.scale if self.link is Link.IDENTITY else each.mean())


Way = Callable[[Shelf], "Floats"]
"""From what is stored to the answers to the test rows."""


def weighed(n_bags: int, leave_out: str = "never") -> Way:
    """Blend greedily, over bags of rows or not, without candidates whose name holds some text."""

    def answer(shelf: Shelf) -> Floats:
        names = [name for name in shelf.folds if leave_out not in name]
        given = [shelf.folds[name] for name in names]
        weights = blend(shelf.link, shelf.target, given, 0, n_bags)
        return np.sum([w * shelf.test[name] for w, name in zip(weights, names, strict=True)], axis=0)

    return answer


def calibrated(shelf: Shelf) -> Floats:
    """Blend, then let the factors per class in where they prove themselves."""
    names = list(shelf.folds)
    weights = blend(shelf.link, shelf.target, [shelf.folds[name] for name in names], 0, N_BAGS)
    mixed = np.sum([w * shelf.folds[name] for w, name in zip(weights, names, strict=True)], axis=0)
    given = np.sum([w * shelf.test[name] for w, name in zip(weights, names, strict=True)], axis=0)
    factors = class_factors(shelf.link, shelf.target, mixed, 0)
    return np.asarray(given if factors is None else apply_factors(given, factors))


def best(shelf: Shelf) -> Floats:
    """Take the best candidate alone."""
    found = {name: mean_loss(shelf.link, shelf.target, one)[0] for name, one in shelf.folds.items()}
    return shelf.test[min(found, key=lambda name: found[name])]


def mean(shelf: Shelf) -> Floats:
    """Weigh all the same."""
    return np.asarray(np.mean(list(shelf.test.values()), axis=0))


WAYS: dict[str, Way] = {
    "bags": weighed(N_BAGS),
    "greedy": weighed(0),
    "best": best,
    "mean": mean,
    "calibrated": calibrated,
    "no network": weighed(N_BAGS, "network"),
    "no combined": weighed(N_BAGS, "combined"),
    "no extra trees": weighed(N_BAGS, "extra trees"),
    "no linear": weighed(N_BAGS, "linear"),
}
"""The first is the one that the others are compared with."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("library", type=Path)
    folders = sorted(path.parent for path in parser.parse_args().library.glob("*/facts.json"))
    print("| table | " + " | ".join(WAYS) + " |")
    print("| --- |" + " --- |" * len(WAYS))
    changes = []
    for folder in folders:
        shelf = Shelf.read(folder)
        found = [shelf.judge(way(shelf)) for way in WAYS.values()]
        changes.append([100.0 * (one / found[0] - 1.0) for one in found])
        print(f"| {folder.name} | " + " | ".join(f"{one:.5g}" for one in found) + " |")
    for name, summary in (("mean change, %", np.mean), ("median change, %", np.median)):
        print(f"| {name} | " + " | ".join(f"{one:+.2f}" for one in summary(changes, axis=0)) + " |")


if __name__ == "__main__":
    main()

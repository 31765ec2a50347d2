"""Again: what it takes, beside the rows, to fit the model that ships a second time."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.seeds import seed_for
from mlwright.features.inner import folds_seed
from mlwright.tuning.encoded import encoding_seed
from mlwright.tuning.job import ALL_ROWS
from mlwright.workflow.build import STEPS_SEED

if TYPE_CHECKING:
    from mlwright.core.arrays import Integers
    from mlwright.core.combination import Candidate
    from mlwright.features.recipe import Recipe
    from mlwright.tuning.trial import Member
    from mlwright.workflow.finish import Fitted
    from mlwright.workflow.prepare import Prepared

_SetKey = tuple[tuple[str, ...], bool, int, int]


def recipe(prepared: Prepared, fitted: Fitted, seed: int) -> dict[str, Any] | None:
    """Return features, learners, seeds and rows of the shipped model; None for models of the folds.

    Those were stopped by what they saw of other rows and of the clock.
    """
    if fitted.is_of_folds:
        return None
    parts = (fitted.refitted or fitted.judged).parts
    trials = {trial.configuration.name: trial for trial in fitted.search.trials}
    sets: dict[_SetKey, dict[str, Any]] = {}
    members = []
    for member in parts.members:
        key = trials[member.name].configuration.features
        sets.setdefault(key, _feature_set(parts.recipe, member, key))
        learner = trials[member.name].configuration.learner
        facts = {"name": member.name, "learner": learner, "set": list(sets).index(key)}
        members.append({**facts, "weight": member.weight, "settings": dict(member.fit.settings)})
    encoding = encoding_seed(seed, ALL_ROWS, 1.0)
    return {
        "rows": _rows(prepared, fitted.rows),
        "seeds": {"steps": seed_for(seed, STEPS_SEED), "folds": folds_seed(encoding)},
        "steps": _steps(parts.recipe),
        "sets": list(sets.values()),
        "members": members,
    }


def _rows(prepared: Prepared, learned: Integers) -> dict[str, Any]:
    """Return which of the rows with a known target were learned from: a bit each, or null for all."""
    n_rows = prepared.everything.n_rows
    if len(learned) == n_rows:
        return {"n": n_rows, "learned": None}
    is_learned = np.zeros(n_rows, dtype=bool)
    is_learned[learned] = True
    return {"n": n_rows, "learned": b64encode(np.packbits(is_learned).tobytes()).decode()}


def _steps(fitted: Recipe) -> list[dict[str, Any]]:
    layouts = [(name, step.layout) for name, step in zip(fitted.names, fitted.steps, strict=True)]
    return [
        {
            "step": name,
            "reads": list(layout.reads),
            "dense": list(layout.dense),
            "codes": list(layout.codes),
            "trend": list(layout.trend),
        }
        for name, layout in layouts
    ]


def _feature_set(fitted: Recipe, member: Member, key: _SetKey) -> dict[str, Any]:
    """Return what one matrix of features is made of, beside the dense ones: everything by name."""
    encodings, ignores_trend, *_ = key
    codes, combined = fitted.code_names, member.encoder.combined
    groups = zip(encodings, member.encoder.groups, strict=True)
    found: dict[str, Any] = {
        "encodings": {
            name: {codes[column]: table.values.shape[1] for column, table in group} for name, group in groups
        },
        "ignores_trend": ignores_trend,
        "bins": [],
        "combined": [],
        "words": [] if member.encoder.words is None else member.encoder.words.places.tolist(),
    }
    if combined is not None:
        binned = [fitted.dense_names[column] for column in combined.bins.columns]
        found["bins"] = binned
        keys = [*codes, *binned]
        for name, part in zip(combined.names, combined.parts, strict=True):
            made = dict.fromkeys(part.made_of)
            found["combined"] += [_candidate(name, one, fitted.dense_names, keys) for one in made]
    return found


def _candidate(name: str, one: Candidate, numbers: tuple[str, ...], keys: list[str]) -> dict[str, Any]:
    return {
        "combination": name,
        "numbers": [numbers[number] for number in one.numbers],
        "keys": [keys[key] for key in one.keys],
        "operation": one.operation,
    }

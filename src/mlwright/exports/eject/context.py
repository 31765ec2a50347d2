"""Context: what the templates of a project ask about a model, so that they hold only what it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlwright.core.schema import NUMERIC, Kind, Role
from mlwright.exports.eject.facts import COMBINATIONS, ENCODINGS

if TYPE_CHECKING:
    from mlwright.artifact.model import Model
    from mlwright.core.schema import Column
    from mlwright.exports.eject.facts import Facts
    from mlwright.exports.eject.taken import Taken

_ARRAYS = {"edges": "np.float32", "groups": "np.int64", "means": "np.float32", "prior": "np.float32"}
"""Lists of learned numbers that become arrays, with their types."""
_PLAIN_MARKS = (".", "")
_MANY_READERS = 3
"""So many do not fit into one line."""


def describe(model: Model, taken: Taken, package: str) -> dict[str, Any]:
    """Return the facts by the names that the templates use."""
    target = model.schema[model.task.target]
    weight = next((column for column in model.schema.role_of(Role.WEIGHT)), None)
    classes = list(model.task.classes)
    answers = "the value" if not classes else "the class and the chance of each"
    return {
        "package": package,
        "target": target.name,
        "weight": weight.name if weight else "",
        "classes": classes,
        "n_classes": len(classes),
        "says": answers,
        "numeric_target": target.kind in NUMERIC,
        "ids": [c.name for c in model.schema if c.role is Role.ID or c.kind is Kind.IDENTIFIER],
        "decides": model.evidence.get("decision") is not None,
        "stakes": taken.stakes,
        "picks_rows": taken.recipe["rows"]["learned"] is not None,
        "environment": model.evidence["environment"],
        "calibrated": any(row["what"] == "calibration" for row in model.evidence["decisions"]),
        "n_rows": int(model.evidence["refit"]["n_rows"]),
        "tolerance": float(f"{5e-6 * model.task.scale:.3g}"),
        **_cells(model, [column for column in (target, weight) if column]),
        **_features(taken.facts),
        **_learning(taken),
    }


def _cells(model: Model, labels: list[Column]) -> dict[str, Any]:
    """Say how cells are read: those of features, and those that only training looks at."""
    features = [model.schema[name] for name in model.inputs]
    columns = [*features, *(column for column in labels if column not in features)]

    def names(*kinds: Kind) -> list[str]:
        return [column.name for column in features if column.kind in kinds]

    lists = {
        "numbers": (names(Kind.NUMBER, Kind.BOOLEAN), "NUMBERS, number, float"),
        "dates": (names(Kind.DATETIME), "DATES, date, float"),
        "categories": (names(Kind.CATEGORY), "CATEGORIES, category, object"),
        "folded": (names(Kind.STRING, Kind.TEXT), "TEXTS, words, object"),
    }
    readers = [f"({reader})" for those, reader in lists.values() if those]
    flat = f"({', '.join(readers)}{',' if len(readers) == 1 else ''})"
    wide = "".join(["(\n", *(f"        {reader},\n" for reader in readers), "    )"])
    levels = [*model.task.classes, *(level for column in features for level in column.levels)]
    folded = lists["folded"][0]
    return {
        **{key: those for key, (those, _) in lists.items()},
        "readers": flat if len(readers) < _MANY_READERS else wide,
        "booleans": [column.name for column in columns if column.kind is Kind.BOOLEAN],
        "numeric": any(column.kind in NUMERIC for column in columns),
        "spelled": any(column.kind not in NUMERIC for column in columns),
        "tiny": bool(folded) or any(isinstance(level, str) and level[-4:-2] == "e-" for level in levels),
        "missing": {column.name: column.missing for column in columns if column.missing},
        "formats": {column.name: column.date_format for column in columns if column.date_format},
        "marks": {
            column.name: (column.decimal, column.thousands)
            for column in columns
            if column.kind in NUMERIC and (column.decimal, column.thousands) != _PLAIN_MARKS
        },
    }


def _features(facts: Facts) -> dict[str, Any]:
    sets = facts["sets"]
    encodings = [name for name in ENCODINGS if any(name in one["encodings"] for one in sets)]
    combined = [name for name in COMBINATIONS if any(name in one for one in sets)]
    arrays = {key: kind for key, kind in _ARRAYS.items() if any(_holds(item, key) for item in _items(facts))}
    steps = {"dates": "calendar", "numbers": "numbers"}
    parts = [f"{make}(columns, self.facts)" for key, make in steps.items() if facts.get(key)]
    return {
        "date_step": "dates" in facts,
        "number_step": "numbers" in facts,
        "category_step": bool(facts["categories"]),
        "texts": facts.get("texts", []),
        "has_dense": bool(parts) or "texts" in facts,
        "dense": f"{{{', '.join(f'**{part}' for part in parts)}}}"
        if len(parts) > 1
        else "".join(parts) or "{}",
        "encodings": encodings,
        "combined": combined,
        "bins": any("bins" in one for one in sets),
        "ignores": any(one["ignores"] for one in sets),
        "arrays": f"{{{', '.join(f'{key!r}: {kind}' for key, kind in arrays.items())}}}".replace("'", '"')
        if arrays
        else "",
    }


def _learning(taken: Taken) -> dict[str, Any]:
    facts, members = taken.facts, taken.recipe["members"]
    uses_target = any("target_mean" in one["encodings"] or "cross" in one for one in facts["sets"])
    sets_of_codes = any(member["settings"].get("splits_sets") for member in members)
    steps = {
        "numbers": "what large numbers are shifted by",
        "dates": "where days count from",
        "categories": "levels",
    }
    names = dict.fromkeys(member["name"] for member in members)
    return {
        "members": ", ".join(names),
        "learners": list(dict.fromkeys(member["learner"] for member in members)),
        "trees": "splits" in taken.kinds,
        "scaled": "layers" in taken.kinds,
        "out_of_fold": uses_target,
        "sets_of_codes": sets_of_codes,
        "steps_learn": ", ".join(what for key, what in steps.items() if facts.get(key)),
        "shifts": "numbers" in facts,
        "origins": any(item["origin"] for item in facts.get("dates", [])),
        "levels": bool(facts["categories"]),
    }


def _items(facts: Facts) -> list[Facts]:
    """Return all mappings below the top."""
    found: list[Facts] = []
    open_: list[object] = list(facts.values())
    while open_:
        one = open_.pop()
        if isinstance(one, dict):
            found.append(one)
            open_ += one.values()
        elif isinstance(one, list) and one and isinstance(one[0], dict):
            open_ += one
    return found


def _holds(item: Facts, key: str) -> bool:
    return isinstance(item.get(key), list)

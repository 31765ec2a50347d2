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

_ARRAYS = {"edges": "np.float32", "groups": "np.int64", "means": "np.float32"}
"""Lists of learned numbers that become arrays, with their types."""
_PLAIN_MARKS = (".", "")
_KINDS = {
    **dict.fromkeys((Kind.NUMBER, Kind.BOOLEAN), "number"),
    Kind.DATETIME: "date",
    **dict.fromkeys((Kind.STRING, Kind.TEXT), "text"),
}
_READERS = {"number": "number", "date": "date", "category": "category", "text": "words"}
"""Functions that read cells, by what columns hold; the first two give numbers."""


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
        "ids": columns(model)["ids"],
        "decides": model.evidence.get("decision") is not None,
        "stakes": taken.stakes,
        "picks_rows": taken.recipe["rows"]["learned"] is not None,
        "environment": model.evidence["environment"],
        "calibrated": any(row["what"] == "calibration" for row in model.evidence["decisions"]),
        "n_rows": int(model.evidence["refit"]["n_rows"]),
        "tolerance": float(f"{5e-6 * model.task.scale:.3g}"),
        **_cells(model),
        **_features(taken.facts),
        **_learning(taken),
    }


def columns(model: Model) -> Facts:
    """Say how cells are read, of features and of what only training looks at, and which columns name rows."""
    labels = [model.schema[model.task.target], *model.schema.role_of(Role.WEIGHT)[:1]]
    features = [model.schema[name] for name in model.inputs]
    return {
        "columns": [_column(one) for one in features],
        "labels": [_column(one) for one in labels],
        "ids": [c.name for c in model.schema if c.role is Role.ID or c.kind is Kind.IDENTIFIER],
    }


def _column(column: Column) -> Facts:
    found: Facts = {"column": column.name, "kind": _KINDS.get(column.kind, "category")}
    if column.kind is Kind.BOOLEAN:
        found["boolean"] = True
    if column.missing:
        found["missing"] = column.missing  # spellings, in lower case, that mean "no value"
    if column.kind in NUMERIC and (column.decimal, column.thousands) != _PLAIN_MARKS:
        found["marks"] = (column.decimal, column.thousands)
    if column.date_format:
        found["format"] = column.date_format
    return found


def _cells(model: Model) -> dict[str, Any]:
    """Say which code reads cells."""
    described = columns(model)
    facts = [*described["columns"], *described["labels"]]
    kinds = {one["kind"] for one in facts}
    texts = any(model.schema[name].kind in (Kind.STRING, Kind.TEXT) for name in model.inputs)
    levels = [*model.task.classes, *(level for name in model.inputs for level in model.schema[name].levels)]
    return {
        **_readers(kinds),
        "dates": "date" in kinds,
        "folded": "text" in kinds,
        "numeric": bool(kinds & {"number", "date"}),
        "spelled": bool(kinds & {"category", "text"}),
        "tiny": texts or any(isinstance(level, str) and level[-4:-2] == "e-" for level in levels),
        "booleans": any("boolean" in one for one in facts),
        "missing": any("missing" in one for one in facts),
        "formats": any("format" in one for one in facts),
        "iso_dates": any(one["kind"] == "date" and "format" not in one for one in facts),
        "marks": any("marks" in one for one in facts),
    }


def _readers(kinds: set[str]) -> dict[str, str]:
    """Return the functions that read cells, and the types of the arrays that they fill."""
    used = {kind: function for kind, function in _READERS.items() if kind in kinds}
    numbers = [function for kind, function in used.items() if kind in ("number", "date")]
    kind = "float" if len(numbers) == len(used) else "object"
    if 0 < len(numbers) < len(used):
        which = f"is {numbers[0]}" if len(numbers) == 1 else f"in ({', '.join(numbers)})"
        kind = f"float if read {which} else object"
    items = ", ".join(f'"{kind}": {function}' for kind, function in used.items())
    return {"readers": f"{{{items}}}", "kinds": kind}


def _features(facts: Facts) -> dict[str, Any]:
    sets = facts["sets"]
    encodings = [name for name in ENCODINGS if any(name in one["encodings"] for one in sets)]
    combined = [name for name in COMBINATIONS if any(name in one for one in sets)]
    arrays = {key: kind for key, kind in _ARRAYS.items() if any(_holds(item, key) for item in _items(facts))}
    parts = {part for item in facts.get("dates", []) for part in item["parts"]}
    simple = {"dates": "parts of dates", "numbers": "numbers", "categories": "categories as codes"}
    return {
        "date_step": "dates" in facts,
        "date_parts": parts,
        "of_days": parts != {"days"},
        "of_months": not parts <= {"days", "weekday", "hour"},
        "number_step": "numbers" in facts,
        "category_step": bool(facts["categories"]),
        "texts": facts.get("texts", []),
        "has_dense": bool({"dates", "numbers", "texts"} & set(facts)),
        "simple": ", ".join(what for key, what in simple.items() if facts.get(key)) or "no features",
        "encodings": encodings,
        "combined": combined,
        "bins": any("bins" in one for one in sets),
        "words": any("words" in one for one in sets),
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
        "pieces": any(member["settings"].get("pieces") for member in members),
        "ratios": any(member["settings"].get("ratios") for member in members),
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

"""Groups and times that nobody named: a random split lets a model peek at relatives, or ahead."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from mlwright.checks.order import rank_correlation
from mlwright.checks.single import MEASURES, halves, look, metric_of, sure, text_codes
from mlwright.core.finding import Finding, Severity
from mlwright.core.said import one_after_the_other, said
from mlwright.core.schema import Kind
from mlwright.core.seeds import stream
from mlwright.data.kinds import is_id_name

if TYPE_CHECKING:
    from collections.abc import Collection

    from mlwright.core.arrays import Array, Floats, Integers
    from mlwright.core.dataset import Dataset
    from mlwright.core.rule import Case

_FEWEST_GROUPS, _FEWEST_ROWS_A_GROUP, _MOST_ROWS_A_GROUP = 30, 1.5, 200.0
_MOST_CANDIDATES, _MOST_PAIRS = 4, 3_000
_STICKY, _STICKY_SHARE, _ALIKE, _ALL_ALIKE = 0.9, 0.25, 0.2, 0.5
_ORDERED, _TELLING = 0.95, {True: 0.55, False: 0.05}
_WORDS = re.compile(r"[A-Za-z][a-z]*")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_RANGES = {"year": (1900, 2100), "month": (1, 12), "day": (1, 31)}
_MONTH_S = 30.4375 * 86_400.0


def unnamed_groups(train: Dataset, case: Case) -> list[Finding]:
    """Return the columns whose repeated values hold rows that are alike, as no chance would have it."""
    found = []
    for name in _candidates(train):
        codes = _numbered(train.columns[name])
        one, other = _pairs(codes, stream(case.seed, "groups", name))
        if len(one) < _FEWEST_GROUPS:
            continue
        share = _target_alike(train, case, one, other)
        sticky = [c for c in train.columns if c != name and _is_sticky(train.columns[c], one, other)]
        sticky_share = len(sticky) / max(1, len(train.columns) - 1)
        is_named = is_id_name(name)
        if share < _ALIKE or (sticky_share < _STICKY_SHARE and share < _ALL_ALIKE and not is_named):
            continue
        counts = np.bincount(codes)
        found.append(_group(name, int((counts > 1).sum()), share, sticky, is_named=is_named))
    return found


def _candidates(train: Dataset) -> list[str]:
    """Return columns of which most values name several rows, and none very many."""
    names = []
    for column in train.schema.features:
        if column.kind not in (Kind.NUMBER, Kind.STRING, Kind.CATEGORY) or column.name not in train.columns:
            continue
        if column.kind is Kind.NUMBER and not (column.is_integer and is_id_name(column.name)):
            continue  # other numbers are quantities, which repeat as well
        rows_each = train.n_rows * (1.0 - column.missing_share) / max(1, column.n_unique)
        if column.n_unique >= _FEWEST_GROUPS and _FEWEST_ROWS_A_GROUP <= rows_each <= _MOST_ROWS_A_GROUP:
            names.append((not is_id_name(column.name), -column.n_unique, column.name))
    return [name for _, _, name in sorted(names)[:_MOST_CANDIDATES]]


def _numbered(cells: Array) -> Integers:
    """Give each value a number from 1; 0 is missing."""
    if cells.dtype == object:
        return text_codes(cells)[0]
    codes: Integers = np.unique(cells, return_inverse=True)[1].ravel().astype(np.int64) + 1
    codes[np.isnan(cells)] = 0
    return codes


def _pairs(codes: Integers, rng: np.random.Generator) -> tuple[Integers, Integers]:
    """Return two rows of the same value, at most one pair a value."""
    order = rng.permutation(len(codes))
    order = order[codes[order] > 0]
    order = order[np.argsort(codes[order], kind="stable")]
    ranked = codes[order]
    is_start = np.concatenate([[True], ranked[1:] != ranked[:-1]]) if len(ranked) else np.zeros(0, bool)
    at = np.flatnonzero(is_start[:-1] & ~is_start[1:]) if len(ranked) > 1 else np.zeros(0, dtype=np.int64)
    if len(at) > _MOST_PAIRS:
        at = np.sort(rng.choice(at, _MOST_PAIRS, replace=False))
    return order[at], order[at + 1]


def _target_alike(train: Dataset, case: Case, one: Integers, other: Integers) -> float:
    """Return the correlation of the targets in pairs: 0 by chance, 1 where a group has one target."""
    assert train.target is not None  # noqa: S101 - training rows have a target
    target = train.target
    if case.n_classes > 2:
        target = (target == np.bincount(target.astype(np.int64)).argmax()).astype(np.float64)
    centered = target - target.mean()
    # Few pairs may hold one and the same answer by chance, where the other one is rare: that is not alike.
    spread = float(max(np.mean(centered[np.concatenate([one, other])] ** 2), np.mean(centered**2)))
    return float(np.mean(centered[one] * centered[other])) / spread if spread > 0 else 0.0


def _is_sticky(cells: Array, one: Integers, other: Integers) -> bool:
    """Tell whether pairs agree in a column far more often than rows at random."""
    values = cells if cells.dtype == object else np.nan_to_num(cells, nan=-1e300)
    same = float(np.mean(values[one] == values[other]))
    chance = float(np.mean(values[one] == values[np.roll(other, 1)]))
    return chance < 1.0 and (same - chance) / (1.0 - chance) >= _STICKY


def _group(name: str, n_repeated: int, share: float, sticky: list[str], *, is_named: bool) -> Finding:
    holes = {"n": n_repeated, "share": round(share, 4)}
    message = said(
        "It looks like a group: {n:,} of its values stand in several rows, whose targets are alike "
        "(correlation {share:.2f}). A random split puts relatives on both sides.",
        **holes,
    )
    if sticky:
        message = said(
            "It looks like a group: {n:,} of its values stand in several rows, whose targets are alike "
            "(correlation {share:.2f}), and agree in {n_agree} other columns, such as {column!r}. A random "
            "split puts relatives on both sides.",
            n_agree=len(sticky),
            column=sticky[0],
            **holes,
        )
    return Finding(
        rule="group_like",
        severity=Severity.WARNING if is_named else Severity.NOTE,
        column=name,
        message=message,
        evidence={"n_repeated": n_repeated, "target_correlation": round(share, 4), "agree": sticky[:5]},
        remedy=said("If predictions are for values not seen before, use --group {column}.", column=name),
        action="kept",
    )


def unnamed_times(train: Dataset, case: Case, accused: Collection[str]) -> list[Finding]:
    """Return the dates, whole or in parts, along which the rows were written or the target drifts."""
    if train.times is not None:
        return []
    found = []
    for name, single in case.singles.items():
        if single.kind is Kind.DATETIME and name not in accused and single.numbers is not None:
            found += _time([name], single.numbers, case)
    parts = {} if found else _parts(case)
    if parts:
        found += _time(list(parts), sum(parts.values(), start=np.zeros(case.n_rows)), case)
    return found


def _parts(case: Case) -> dict[str, Floats]:
    """Return year, month and day by column, in seconds, if the columns are named and filled like them."""
    found: dict[str, tuple[str, Floats]] = {}
    for name, single in case.singles.items():
        words = {word.lower() for word in _WORDS.findall(name)}
        part = next((part for part in _RANGES if part in words and part not in found), None)
        if part is None:
            continue
        numbers = single.numbers
        if numbers is None and part == "month":
            short = [cell[:3].lower() for cell in single.cells.tolist()]
            numbers = np.array([_MONTHS.index(s) + 1.0 if s in _MONTHS else np.nan for s in short])
        low, high = _RANGES[part]
        if numbers is not None and bool(np.all((numbers >= low) & (numbers <= high))):
            found[part] = (name, numbers)
    if not {"year", "month"} <= set(found):
        return {}
    units = {"year": 12 * _MONTH_S, "month": _MONTH_S, "day": 86_400.0}
    return {name: numbers * units[part] for part, (name, numbers) in found.items()}


def _time(names: list[str], times: Floats, case: Case) -> list[Finding]:
    is_known = ~np.isnan(times)
    if is_known.sum() < max(_FEWEST_GROUPS, 0.9 * case.n_rows) or len(np.unique(times[is_known])) < 12:
        return []
    order = rank_correlation(times[is_known], case.positions[is_known].astype(np.float64))
    is_first = halves(case.n_rows, case.groups, stream(case.seed, "times", *names))
    single = look(names[0], Kind.NUMBER, times, case.target, case.n_classes, is_first)
    score = sure(case, single.prediction)
    is_drifting = score.low > _TELLING[case.n_classes > 0]
    if abs(order) < _ORDERED and not is_drifting:
        return []
    metric = MEASURES[metric_of(case.n_classes)[0]]
    reasons: list[str] = [said("the rows stand in its order")] if abs(order) >= _ORDERED else []
    if is_drifting:
        alone = round(score.value, 4)
        reasons.append(
            said(
                "the target drifts along it ({metric} {value:.2f} from the time alone)",
                metric=metric,
                value=alone,
            )
        )
    remedy = said("If predictions are for later rows, use --time {column}.", column=names[0])
    if len(names) > 1:
        remedy = said("If predictions are for later rows, make one date of them, and name it with --time.")
    return [
        Finding(
            rule="time_like",
            severity=Severity.WARNING,
            column=names[0],
            message=said(
                "It looks like the time of the rows ({columns}): {reasons}. A random split judges the past "
                "by the future.",
                columns=", ".join(map(repr, names)),
                reasons=one_after_the_other(reasons, "; "),
            ),
            evidence={"columns": names, "order": round(order, 4), "score": score.to_json()},
            remedy=remedy,
            action="kept",
        )
    ]

"""Text that contains the label, or the value, or a word that stands for it."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.checks.order import separation
from mlwright.core.rule import Rule, Strength, Suspect
from mlwright.core.said import said
from mlwright.core.seeds import stream

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats
    from mlwright.core.rule import Case, Single

_MOST_ROWS, _FEWEST_ROWS = 3_000, 100
_RIGHT, _COVERED = 0.98, 0.5
_WORD_CERTAIN, _WORD_FAIR = 0.97, 0.9
_MOST_WORDS, _FEWEST_VALUES = 300, 50
_FEWEST_TEXTS = 20
_RARE = 0.15
_MARK = re.compile(r"(?<=\d) ?([.,]) ?(?=\d)")
_NUMBER = re.compile(r"-? ?\d+(?:\.\d+)?")
_FEWEST_DIGITS = 2
_TOKEN = re.compile(r"\w+|[^\w\s]")


@final
class LabelInText(Rule):
    """A note, a code or a name in which the answer can be read."""

    title = "contains the answer"
    says = "The text was written, or the code made up, by someone who knew the answer."

    def suspects(self, case: Case) -> list[Suspect]:
        """Return texts that hold the label of their row, its value, or a word of one class alone."""
        if case.n_rows < _FEWEST_ROWS:
            return []
        rows = np.arange(case.n_rows)
        if len(rows) > _MOST_ROWS:
            rows = np.sort(stream(case.seed, "text").choice(case.n_rows, _MOST_ROWS, replace=False))
        find = _labels_or_words if case.n_classes else _values
        found = (find(single, case, rows) for single in case.singles.values() if _is_text(single))
        return [suspect for suspect in found if suspect is not None]


def _is_text(single: Single) -> bool:
    return single.numbers is None and single.n_codes > _FEWEST_TEXTS


def _labels_or_words(single: Single, case: Case, rows: Array) -> Suspect | None:
    texts = [_tokens(text) for text in single.cells[rows].tolist()]
    truth = case.target[rows].astype(np.int64)
    labels = [" ".join(_tokens(str(label))) for label in case.classes]
    held = np.array([_held(f" {' '.join(tokens)} ", labels) for tokens in texts])
    is_held = held >= 0
    if is_held.mean() >= _COVERED:
        is_right = held == truth
        counts = np.bincount(truth[is_held], minlength=case.n_classes)
        classes = np.flatnonzero(counts >= min(_FEWEST_TEXTS, np.sort(counts)[-2]))
        if min(is_right[is_held & (truth == k)].mean() for k in classes if counts[k]) >= _RIGHT:
            message = said(
                "It holds the label itself in {share:.0%} of the rows.", share=float(is_held.mean())
            )
            return Suspect(
                column=single.name,
                strength=Strength.CERTAIN,
                message=message,
                reading=_spread(held, rows, case),
            )
    return _telling_word(single.name, texts, rows, case)


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text.lower().replace("_", " "))


def _held(text: str, labels: list[str]) -> int:
    """Return which label stands in a text, the longest where one holds another; -1 for none or several."""
    found = [k for k, label in enumerate(labels) if label and f" {label} " in text]
    if not found:
        return -1
    best = max(found, key=lambda k: len(labels[k]))
    return best if all(labels[k] in labels[best] for k in found) else -1


def _spread(seen: Array, rows: Array, case: Case) -> Floats:
    """Return what was read in some rows for all of them, missing elsewhere, shape (n_rows,)."""
    found = np.full(case.n_rows, np.nan)
    found[rows] = seen
    return found


def _telling_word(name: str, texts: list[list[str]], rows: Array, case: Case) -> Suspect | None:
    """Find a word that stands in nearly all rows of one class, or of high values, and in hardly another."""
    counts = Counter(word for words in texts for word in set(words))
    measure = _class_gap if case.n_classes else _value_gap
    best, says, found = 0.0, "", ""
    # Of equally frequent words the first by alphabet: the order of a set is another in each process.
    for word, n_texts in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_MOST_WORDS]:
        if _FEWEST_TEXTS <= n_texts <= len(texts) - _FEWEST_TEXTS:
            has = np.array([word in words for words in texts])
            gap, sentence = measure(has, case.target[rows], case)
            if gap > best:
                best, says, found = gap, sentence, word
    if best < _WORD_FAIR:
        return None
    return Suspect(
        column=name,
        strength=Strength.CERTAIN if best >= _WORD_CERTAIN else Strength.FAIR,
        message=said("The word {word!r} {says}.", word=found, says=says),
        evidence={"word": found, "separation": round(best, 4)},
    )


def _class_gap(has: Array, target: Floats, case: Case) -> tuple[float, str]:
    """Return the share of rows with the word in one class less that in the others, and say so."""
    truth = target.astype(np.int64)
    n_rows = np.bincount(truth, minlength=case.n_classes)
    n_has = np.bincount(truth[has], minlength=case.n_classes)
    inside = n_has / np.maximum(n_rows, 1)
    outside = (n_has.sum() - n_has) / np.maximum(len(truth) - n_rows, 1)
    gap = np.where(np.minimum(n_rows, len(truth) - n_rows) >= _FEWEST_TEXTS, inside - outside, 0.0)
    k = int(np.argmax(gap))
    label = str(case.classes[k])
    return float(gap[k]), said(
        "stands in {inside:.1%} of the rows that are {label!r}, and in {outside:.1%} of the others",
        inside=float(inside[k]),
        label=label,
        outside=float(outside[k]),
    )


def _value_gap(has: Array, target: Floats, _: Case) -> tuple[float, str]:
    """Return how well the word separates high values from low ones, in [0, 1], and say so.

    A rare word that goes with extreme values, "exotic" with prices, is what honest texts are made of.
    """
    apart = separation(target, has) if _RARE < has.mean() < 1.0 - _RARE else 0.0
    high = np.median(target[has]) > np.median(target[~has])
    if high:
        return apart, said("stands almost only where the target is high")
    return apart, said("stands almost only where the target is low")


def _values(single: Single, case: Case, rows: Array) -> Suspect | None:
    truth = case.target[rows]
    texts = single.cells[rows].tolist()
    if len(np.unique(truth)) >= _FEWEST_VALUES:
        numbers = [_numbers(text) for text in texts]
        share = _share_that_hold(numbers, truth)
        if share >= _COVERED and share > 2.0 * _share_that_hold(numbers, np.roll(truth, len(truth) // 2)):
            message = said("It holds the value of the target itself in {share:.0%} of the rows.", share=share)
            evidence = {"share": round(share, 4)}
            return Suspect(column=single.name, strength=Strength.CERTAIN, message=message, evidence=evidence)
    return _telling_word(single.name, [_tokens(text) for text in texts], rows, case)


def _numbers(text: str) -> list[tuple[float, float]]:
    """Return the numbers in a text, and how far each may be rounded; commas count as thousands."""
    plain = _MARK.sub(lambda match: "" if match[1] == "," else ".", text)
    found = [written.replace(" ", "") for written in _NUMBER.findall(plain)]
    return [
        (float(written), 0.5001 * 10.0 ** -len(written.partition(".")[2]) if "." in written else 1e-9)
        for written in found
        if sum(map(str.isdigit, written)) >= _FEWEST_DIGITS
    ]


def _share_that_hold(numbers: list[list[tuple[float, float]]], truth: Floats) -> float:
    held = [
        any(abs(number - value) <= rounding + 1e-9 * abs(value) for number, rounding in row)
        for row, value in zip(numbers, truth.tolist(), strict=True)
    ]
    return float(np.mean(held))

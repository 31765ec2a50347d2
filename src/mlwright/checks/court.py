"""The leak court: charges are brought, evidence is heard, a verdict is given for each column.

A charge of the shelf `checks/rules/` is no proof. What holds the target by construction is dropped. What
looks like a trace of it must pass a test: a quick model of the columns that nobody accuses gives the
honest score, and the suspect must cut the error that is left by half. In an easy question the others tell
the target as well, and a strong column goes free.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, final

from mlwright.checks.single import alone
from mlwright.checks.witness import Witness
from mlwright.core.rule import Strength
from mlwright.core.said import said
from mlwright.core.shelves import RULES

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlwright.core.arrays import Floats
    from mlwright.core.evaluation import Estimate
    from mlwright.core.rule import Case, Rule, Suspect

_MOST_HEARD = 12
_HALF, _MUCH = 0.5, 0.6
"""Shares of the error that are left when a strong, or a weak, suspect is added."""
_EASY = 0.05
"""Where the others leave less error than this, no score rests on one column."""
_ORDER = (Strength.CERTAIN, Strength.STRONG, Strength.FAIR, Strength.WEAK)


class Verdict(StrEnum):
    """What should happen to a column."""

    DROP = "drop"
    """Proven: it would not be there when a prediction is made."""
    WARN = "warn"
    """Doubtful: someone who knows the data must say."""
    KEEP = "keep"
    """Looked at, and cleared."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What one rule says about a column, and on what evidence."""

    rule: str
    title: str
    says: str
    strength: Strength
    message: str
    evidence: dict[str, Any]
    reading: Floats | None = None
    proves: bool = True


@final
@dataclass(slots=True, kw_only=True)
class Ruling:
    """The charges against one column (or "", the table), what was heard, and the verdict.

    `alone`: the column by itself. `with_it`: a quick model of the columns that are not accused, and this
    one. `without`: the same without it, which is the honest score. `gain`: their paired difference. Each is
    None where it was not needed or not heard. `is_decisive`: it is kept with a doubt that the score rests on.
    """

    column: str
    charges: list[Charge]
    verdict: Verdict = Verdict.WARN
    alone: Estimate | None = None
    with_it: Estimate | None = None
    without: Estimate | None = None
    gain: Estimate | None = None
    why: str = ""
    is_decisive: bool = False

    @property
    def strength(self) -> Strength:
        """The strongest charge."""
        return min((charge.strength for charge in self.charges), key=_ORDER.index)

    @property
    def first(self) -> Charge:
        """The charge to be told first: the strongest, and of those the most particular."""
        ranked = [charge for charge in self.charges if charge.strength is self.strength]
        return max(ranked, key=lambda charge: len(charge.evidence))


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Sitting:
    """All rulings, the gravest first, and the honest score: a quick model of the columns not accused."""

    rulings: tuple[Ruling, ...] = ()
    honest: Estimate | None = None
    is_cut: bool = False


@final
@dataclass(frozen=True, slots=True)
class Clock:
    """Says whether there is time: for usual work, or to hear who may give the whole answer."""

    usual: Callable[[], bool] = lambda: True
    grave: Callable[[], bool] = lambda: True

    def has_time(self, *, is_grave: bool = False) -> bool:
        """Ask it."""
        return self.grave() if is_grave else self.usual()


def try_all(case: Case, clock: Clock = Clock()) -> Sitting:
    """Bring all charges of the shelf and give a verdict on each column that one fits.

    `clock` is asked before each piece of work; when it says no, what was not heard is not dropped.
    """
    tables, columns, is_cut = _charges(case, clock)
    grave = [r for r in columns if r.strength in (Strength.CERTAIN, Strength.STRONG)]
    weak = [r for r in columns if r.strength is Strength.WEAK]
    for ruling in columns:
        ruling.alone = alone(case, ruling.column)
    honest = None
    if columns and clock.has_time(is_grave=bool(grave)):
        honest, is_cut_short = _hear(case, grave, weak, clock)
        is_cut = is_cut or is_cut_short
    for ruling in columns:
        verdicts = [_verdict(ruling, strength) for strength in {c.strength for c in ruling.charges}]
        ruling.verdict, ruling.why = min(verdicts, key=lambda one: (list(Verdict).index(one[0]), one[1]))
        ruling.is_decisive = _is_decisive(ruling, has_others=len(case.singles) > 1)
    _spare_the_last(case, columns)
    order = sorted(columns, key=lambda r: (_ORDER.index(r.strength), -case.singles[r.column].score, r.column))
    return Sitting(rulings=(*order, *tables), honest=honest, is_cut=is_cut)


def _charges(case: Case, clock: Clock) -> tuple[list[Ruling], list[Ruling], bool]:
    """Ask every rule; return rulings on the table, on columns, and whether time ran out."""
    by_column: dict[str, list[Charge]] = {}
    tables: list[Ruling] = []
    for name in RULES.names():
        if not clock.has_time():
            return tables, [Ruling(column=c, charges=own) for c, own in by_column.items()], True
        rule = RULES.get(name)
        for suspect in rule.suspects(case):
            charge = _charge(name, rule, suspect)
            if suspect.column:
                by_column.setdefault(suspect.column, []).append(charge)
            else:
                why = said("about the table, not about a column")
                tables.append(Ruling(column="", charges=[charge], why=why))
    return tables, [Ruling(column=c, charges=own) for c, own in by_column.items()], False


def _charge(name: str, rule: Rule, suspect: Suspect) -> Charge:
    return Charge(
        rule=name, title=rule.title, says=rule.says, strength=suspect.strength, message=suspect.message,
        evidence=dict(suspect.evidence), reading=suspect.reading, proves=rule.proves,
    )  # fmt: skip


def _hear(case: Case, grave: list[Ruling], weak: list[Ruling], clock: Clock) -> tuple[Estimate | None, bool]:
    """Hear the witness on each suspect; return the honest score, and whether time ran out."""
    readings = {r.column: c.reading for r in grave + weak for c in r.charges if c.reading is not None}
    witness = Witness(case, readings)
    accused = {ruling.column for ruling in grave}
    free = [name for name in case.singles if name not in accused]
    if not free:
        return None, False
    honest = witness.hear(free)
    ranked = sorted(grave + weak, key=lambda r: (_ORDER.index(r.strength), -case.singles[r.column].score))
    for ruling in ranked[:_MOST_HEARD]:
        if not clock.has_time(is_grave=ruling in grave):
            return honest, True
        # A weak charge does not cost the others their place: without this one column, what is left?
        others = [name for name in free if name != ruling.column]
        if not others:
            continue
        both = [*others, ruling.column]
        ruling.with_it, ruling.without = witness.hear(both), witness.hear(others)
        ruling.gain = witness.gain(both, others)
    return honest, False


def _verdict(ruling: Ruling, strength: Strength) -> tuple[Verdict, str]:
    """Judge a charge of this strength by what was heard."""
    if strength is Strength.CERTAIN:
        return Verdict.DROP, said("it holds the target by construction")
    if strength is Strength.FAIR:
        return Verdict.WARN, said("the pattern is one that leaks leave, but it is no proof")
    if ruling.with_it is None or ruling.without is None or ruling.gain is None:
        if strength is Strength.STRONG:
            return Verdict.WARN, said("no other columns were heard to compare it with")
        return Verdict.KEEP, said("nothing but a good score speaks against it")
    has_gain = ruling.gain.low > 0
    left = (1.0 - ruling.with_it.value) / max(1.0 - ruling.without.value, 1e-12)
    if strength is Strength.WEAK:
        return _weak(left, has_gain=has_gain and 1.0 - ruling.without.value >= _EASY)
    proves = any(charge.proves for charge in ruling.charges if charge.strength is strength)
    return _strong(left, has_gain=has_gain, proves=proves)


def _is_decisive(ruling: Ruling, *, has_others: bool) -> bool:
    """Tell whether a strong charge stands that was not heard, or that the score rests on."""
    if ruling.verdict is not Verdict.WARN or ruling.strength is not Strength.STRONG or not has_others:
        return False
    if ruling.with_it is None or ruling.without is None or ruling.gain is None:
        return True
    return ruling.gain.low > 0 and 1.0 - ruling.with_it.value <= _HALF * (1.0 - ruling.without.value)


def _weak(left: float, *, has_gain: bool) -> tuple[Verdict, str]:
    if has_gain and left <= _MUCH:
        return Verdict.WARN, said("the score rests on it: without it much more is left unexplained")
    return Verdict.KEEP, said("the other columns tell the target nearly as well")


def _strong(left: float, *, has_gain: bool, proves: bool) -> tuple[Verdict, str]:
    if has_gain and left <= _HALF and not proves:
        return Verdict.WARN, said(
            "the other columns tell the target far less well, but a good column may do that"
        )
    if has_gain and left <= _HALF:
        return Verdict.DROP, said(
            "the other columns tell the target far less well, so it is no easy question"
        )
    if has_gain:
        return Verdict.WARN, said("it adds to the other columns, but these tell the target well too")
    return Verdict.KEEP, said("the other columns tell the target as well")


def _spare_the_last(case: Case, rulings: list[Ruling]) -> None:
    """Drop nothing where no column would be left to learn from."""
    dropped = [ruling for ruling in rulings if ruling.verdict is Verdict.DROP]
    if len(dropped) < len(case.singles):
        return
    for ruling in dropped:
        ruling.verdict, ruling.why = Verdict.WARN, said("no column would be left to learn from")

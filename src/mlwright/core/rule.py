"""Rule: one charge of the leak court, one file each in `checks/rules/`, and what it may look at."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.core.arrays import Array, Columns, Floats, Integers
    from mlwright.core.schema import Kind
    from mlwright.core.task import Label


class Strength(StrEnum):
    """How strong a charge is before the witnesses are heard."""

    CERTAIN = "certain"
    """The column holds the target by construction: no other explanation is left."""
    STRONG = "strong"
    """It tells the target as hardly anything known in advance does: a leak, unless the others tell it too."""
    FAIR = "fair"
    """A pattern that leaks leave and honest columns rarely: worth a warning as it stands."""
    WEAK = "weak"
    """Worth a warning only if the score rests on this column."""


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Single:
    """What one column says by itself, on a sample of training rows.

    `codes`: the level or quantile of each cell, 0 is missing, shape (n_rows,). `numbers`: the cells as
    float64, None where they are texts. `cells`: as they are. `prediction`: the target from this column
    alone, each half of the rows told by the other half, shape (n_rows, n_scores): probabilities, or one
    value. `score`: the ROC AUC or R² of that prediction.
    """

    name: str
    kind: Kind
    codes: Integers
    n_codes: int
    cells: Array
    numbers: Floats | None
    prediction: Floats
    score: float

    @property
    def is_missing(self) -> Array:
        """Whether the cell is empty, shape (n_rows,)."""
        missing: Array = self.codes == 0
        return missing


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sequel:
    """Neighbors in the order of time, or of the file: a stretch of training rows.

    `columns`: numbers by name; `target`, shape (n_rows,); `positions`: the place of each row in that order,
    ascending, with gaps where rows are sealed away. `is_time`: whether the order is one of time.
    """

    columns: Columns
    target: Floats
    positions: Integers
    is_time: bool


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """What the rules may look at: training rows alone, never a sealed target.

    All but the last four are of a sample. `target`: class numbers or values, shape (n_rows,); `classes` is
    empty for values. `positions`: the place of each row in the file, ascending. `keys` and `keyed_target` are
    of all training rows; keys are equal for rows with equal features. `test`: the same columns of a sample of
    rows that were given to judge by, without their target; None where the test was split off.
    """

    singles: Mapping[str, Single]
    target: Floats
    classes: tuple[Label, ...]
    groups: Array | None
    positions: Integers
    seed: int
    sequel: Sequel
    keys: Integers
    keyed_target: Floats
    test: Columns | None

    @property
    def n_classes(self) -> int:
        """0 for values."""
        return len(self.classes)

    @property
    def n_rows(self) -> int:
        """Rows in the sample."""
        return len(self.target)

    @property
    def values(self) -> Floats | None:
        """The target as quantities, shape (n_rows,): also of three classes or more that are numbers."""
        if not self.classes:
            return self.target
        if self.n_classes == 2 or not all(type(label) in (int, float) for label in self.classes):
            return None
        return np.array(self.classes, dtype=np.float64)[self.target.astype(np.int64)]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A column (or "", the whole table), why it is suspected, and on what evidence (JSON values).

    `reading`: what a model should see in place of the cells, where it would not find it itself, such as the
    distance of two dates, shape (n_rows,); None for the cells.
    """

    column: str
    strength: Strength
    message: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    reading: Floats | None = None


class Rule(ABC):
    """Looks for one kind of leak."""

    title: ClassVar[str]
    """The charge for people, such as "repeats the target"."""
    says: ClassVar[str]
    """One plain sentence: why that is a leak."""
    proves: ClassVar[bool] = True
    """Whether a strong charge that holds is a proof; a good score by itself is none."""

    @abstractmethod
    def suspects(self, case: Case) -> list[Suspect]:
        """Return the columns that this charge fits."""

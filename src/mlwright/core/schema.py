"""Schema: what each column means and how its values are written. It is what a model demands later."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, final

from mlwright.core.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Kind(StrEnum):
    """What the values of a column mean."""

    NUMBER = "number"
    BOOLEAN = "boolean"
    DATETIME = "datetime"
    CATEGORY = "category"
    STRING = "string"
    """Many different short strings: names, codes, places."""
    TEXT = "text"
    """Sentences: several words a cell."""
    IDENTIFIER = "identifier"
    CONSTANT = "constant"


class Role(StrEnum):
    """What a column is for."""

    FEATURE = "feature"
    TARGET = "target"
    ID = "id"
    GROUP = "group"
    TIME = "time"
    WEIGHT = "weight"
    ENTITY = "entity"
    """Whose rows these are; earlier ones tell about later ones. A feature as well."""
    HISTORY = "history"
    """What was known of earlier rows of an entity; empty cells leave it to what the model remembers."""
    UNUSED = "unused"


NUMERIC = frozenset({Kind.NUMBER, Kind.BOOLEAN, Kind.DATETIME})
"""Kinds that become float64; the others become strings."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of the table.

    `missing` lists the spellings (stripped, lower case) that mean "no value" in this column, besides
    the empty string. `low` and `high` are the range seen in training (epoch seconds for datetimes).
    `levels` are the categories seen, most frequent first (at most 1,000 are kept for people to read).
    `decimal` and `thousands` tell how numbers are written; `date_format` how dates are (strptime;
    "" means ISO 8601). `missing_share` lies in [0, 1].
    """

    name: str
    kind: Kind
    role: Role = Role.FEATURE
    missing: tuple[str, ...] = ()
    missing_share: float = 0.0
    n_unique: int = 0
    low: float | None = None
    high: float | None = None
    levels: tuple[str, ...] = ()
    decimal: str = "."
    thousands: str = ""
    date_format: str = ""
    is_integer: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return a mapping of JSON values."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Column:
        """Rebuild a column; the opposite of `to_json`."""
        try:
            kind, role = Kind(value["kind"]), Role(value["role"])
            lists = {k: tuple(value[k]) for k in ("missing", "levels")}
            return cls(**{**value, **lists, "kind": kind, "role": role})
        except (KeyError, TypeError, ValueError) as error:
            message = f"schema.json describes a column that cannot be understood: {error}."
            raise ArtifactError(message) from error


@final
@dataclass(frozen=True, slots=True)
class Schema:
    """The columns of a table, in their order."""

    columns: tuple[Column, ...]

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def __contains__(self, name: str) -> bool:
        return any(column.name == name for column in self.columns)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns."""
        return tuple(column.name for column in self.columns)

    @property
    def features(self) -> tuple[Column, ...]:
        """The columns that a model reads: features, histories, and the time of a row when it is a date."""
        return tuple(
            column
            for column in self.columns
            if column.role in (Role.FEATURE, Role.ENTITY, Role.HISTORY)
            or (column.role is Role.TIME and column.kind is Kind.DATETIME)
        )

    def with_role(self, role: Role, *names: str) -> Schema:
        """Return a schema in which the named columns have another role."""
        return Schema(tuple(replace(c, role=role) if c.name in names else c for c in self.columns))

    def role_of(self, role: Role) -> tuple[Column, ...]:
        """Return the columns with this role."""
        return tuple(column for column in self.columns if column.role is role)

    def to_json(self) -> list[dict[str, Any]]:
        """Return a list of JSON objects, one per column."""
        return [column.to_json() for column in self.columns]

    @classmethod
    def from_json(cls, value: list[dict[str, Any]]) -> Schema:
        """Rebuild a schema; the opposite of `to_json`."""
        return cls(tuple(Column.from_json(item) for item in value))

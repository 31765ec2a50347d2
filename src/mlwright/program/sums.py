"""What adds up to the answers, written into the program beside its nodes: the ground of explanations."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, final

from mlwright.core.part import Layers, Splits
from mlwright.core.shape import NUMBER, is_count
from mlwright.core.task import Link

if TYPE_CHECKING:
    from mlwright.core.part import Part
    from mlwright.core.task import Task
    from mlwright.features.recipe import Recipe
    from mlwright.tuning.trial import Member

SUMS = "mlwright.sums"
"""The key of the program's metadata under which this stands."""
_PART = {"weight": NUMBER, "member?": is_count, "matrix?": str}
_OWNED = {**_PART, "owners": [is_count], "is_answer?": bool}
SHAPE = {
    "link": tuple(Link), "factors": [NUMBER], "scale": NUMBER, "offset": NUMBER, "n_columns": is_count,
    "players": [[is_count]], "silent": [str],
    "parts": [
        (
            {**_OWNED, "kind": ("splits",), "reads": str, "scores": str},
            {
                **_OWNED, "kind": ("layers",), "reads": [str], "means": [str], "weights": [[str]],
                "biases": [str], "gain": NUMBER, "scale": NUMBER, "shift": NUMBER,
            },
            {**_PART, "kind": ("fixed",), "answer": [NUMBER]},
        )
    ],
}  # fmt: skip
"""Of the document (see `core.shape`)."""


@final
class Sums:
    """Collects the parts of all members, with their weights and the columns behind their features.

    The document is {"link", "factors", "scale", "offset", "n_columns", "players", "parts", "silent"}. The
    first `n_columns` columns of the program make features. `players` are lists of their numbers; a feature
    belongs to one of them: the column that it is made of or, if it combines several, all of these. A part
    is what `core.part` holds, with `kind`, its `weight` in the answer and, unless it is fixed, `owners`: for
    each feature that it reads, the number of the player. `member` counts the members, and `matrix` is the
    graph value of the features that this one reads. `silent` names members that say nothing of what they
    add up; with one of them nothing is explained.
    """

    def __init__(self, recipe: Recipe, task: Task, factors: tuple[float, ...]) -> None:
        self._recipe, self._task, self._factors = recipe, task, factors
        self._columns = {name: number for number, name in enumerate(recipe.reads)}
        self._players: dict[tuple[int, ...], int] = {}
        self._parts: list[dict[str, Any]] = []
        self._silent: list[str] = []
        self._n_seen = self._n_members = 0

    def add(self, member: Member, parts: list[Part], matrix: str) -> None:
        """Take over the parts that the member, which reads `matrix`, has put at the end of `parts`."""
        codes = tuple((name,) for name in self._recipe.code_names)
        dense = member.encoder.owners(self._recipe.owners, codes, self._recipe.term_owners)
        named = (*dense, *self._recipe.term_owners)
        new = parts[self._n_seen :]
        self._n_seen = len(parts)
        if not new:
            self._silent.append(member.name)
        for part in new:
            found: dict[str, Any] = {**asdict(part), "kind": type(part).__name__.lower()}
            found |= {"weight": member.weight, "member": self._n_members, "matrix": matrix}
            if isinstance(part, Layers):
                found["weight"] = member.weight * found.pop("share")
                found["owners"] = [self._player(named[origin]) for origin in found.pop("origins")]
            elif isinstance(part, Splits):
                found["owners"] = [self._player(names) for names in dense]
            self._parts.append(found)
        self._n_members += 1

    def _player(self, names: tuple[str, ...]) -> int:
        columns = tuple(sorted(self._columns[name] for name in names))
        return self._players.setdefault(columns, len(self._players))

    def to_json(self) -> dict[str, Any]:
        """Return the document."""
        return {
            "link": self._task.link.value,
            "factors": list(self._factors),
            "scale": self._task.scale,
            "offset": self._task.offset,
            "n_columns": len(self._columns),
            "players": [list(columns) for columns in self._players],
            "parts": self._parts,
            "silent": self._silent,
        }

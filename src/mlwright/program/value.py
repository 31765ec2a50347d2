"""What is known of a value of a program before it runs, and how the rules for operators speak."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.errors import ArtifactError

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats
    from mlwright.core.graph import Node

ROWS, WORDS, FEW = -1, -2, -3
"""Sizes of dimensions that are known when it runs: the number of rows, the most words of one, the most of
them that are kept."""
SINGLE, DOUBLE, WHOLE, TRUTH, TEXT = "float32", "float64", "int64", "bool", "text"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """What is known of a value: its type, its shape and, of whole numbers, the least and the most.

    `low` and `high` can be broadcast to the shape with one row. `content` is that of a constant; `dims`, of a
    shape that is computed, what it holds. `least` is how many words a row has in any case.
    """

    kind: str
    shape: tuple[int, ...]
    low: Floats = field(default_factory=lambda: np.array([-np.inf]))
    high: Floats = field(default_factory=lambda: np.array([np.inf]))
    content: Array | None = None
    dims: tuple[int, ...] = ()
    least: int = 0

    @classmethod
    def of(cls, content: Array) -> Value:
        """Describe a constant."""
        if content.dtype == np.int64:
            ends = content.astype(np.float64)
            return cls(kind=WHOLE, shape=content.shape, low=ends, high=ends, content=content)
        return cls(kind=content.dtype.name, shape=content.shape, content=content)

    @property
    def is_open(self) -> bool:
        """Whether a row has as many cells as it has words."""
        return any(size < 0 for size in self.shape[1:])

    @property
    def width(self) -> int:
        """How many cells a row has; of a constant, all."""
        return prod(size for size in self.shape if size > 0)


def plain(node: Node, **expected: Any) -> None:
    """Refuse attributes other than these."""
    known = node.attributes
    if set(known) != set(expected) or any(known[name] != value for name, value in expected.items()):
        raise misused(node, "its attributes are others than mlwright writes")


def axis_of(value: Value) -> int:
    """Return the one number that a constant holds; -1 if it holds none or several."""
    return int(value.content[0]) if value.content is not None and value.shape == (1,) else -1


def misused(node: Node, why: str) -> ArtifactError:
    """Return the error that says how an operator is used."""
    return ArtifactError(f"program.onnx uses {node.op} in a way that no program of mlwright does: {why}.")

"""Shares of the inputs in what layers of products and sums give: exact if there is one layer.

Source: Sundararajan, Taly & Yan 2017, "Axiomatic attribution for deep networks" (integrated gradients, the
Shapley values of infinitely many small players: Aumann & Shapley 1974), from an average row to this one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.product import product
from mlwright.core.quadrature import gauss
from mlwright.program.shares import exact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.core.arrays import Array, Floats, Integers, Singles
    from mlwright.program.nodes import Nodes

_N_POINTS = 24
"""Gauss' rule along the way. On networks of ours sums miss by less than 1e-5 with so many; they are then
scaled to be exact (`program.shares`)."""


@final
@dataclass(frozen=True, slots=True)
class Stack:
    """Layers with `gain * x * sigmoid(x)` between them. `means`, shape (n_inputs,), is where the way begins.

    `reads` are graph values, `owners`, shape (n_inputs,), the players of the inputs. `weights[i]` has shape
    (n_in, n_out), `biases[i]` (n_out,).
    """

    reads: tuple[str, ...]
    owners: Integers
    means: Singles
    weights: tuple[Singles, ...]
    biases: tuple[Singles, ...]
    gain: float

    @classmethod
    def read(cls, part: Mapping[str, Any], nodes: Nodes) -> Stack:
        """Read a part of the program (see `core.part.Layers`) with the constants that it names."""
        return cls(
            reads=tuple(part["reads"]),
            owners=np.array(part["owners"], dtype=np.int64),
            means=np.concatenate([nodes.constant(name) for name in part["means"]]),
            weights=tuple(np.vstack([nodes.constant(one) for one in names]) for names in part["weights"]),
            biases=tuple(nodes.constant(name).ravel() for name in part["biases"]),
            gain=part["gain"],
        )

    def explained(self, values: Mapping[str, Array] | None, n_players: int) -> tuple[Floats, Floats]:
        """Return the scores of the average row, and what each player of this one adds to them.

        Shapes (n_scores,) and (n_scores, n_players). `values` holds what is read, each of shape (n,);
        without, nothing is added.
        """
        row = self.means if values is None else np.concatenate([values[name] for name in self.reads])
        change = row - self.means
        points, shares = gauss(_N_POINTS if len(self.weights) > 1 else 1)
        way = (self.means + np.append(points, [0.0, 1.0])[:, None] * change).astype(np.float32)
        scores, bends = self._forward(way)
        start, end = scores[-2:].astype(np.float64)
        slopes = self._slopes([bend[:-2] for bend in bends], shares.astype(np.float32))
        each = slopes.astype(np.float64) * change
        amounts: Floats = np.zeros((len(each), n_players))
        for score, one in enumerate(each):
            amounts[score] = np.bincount(self.owners, one, minlength=n_players)
        return start, exact(amounts, end - start)

    def _forward(self, inputs: Singles) -> tuple[Singles, list[Singles]]:
        """Return the scores, and the slope of every activation on the way to them."""
        found, bends = product(inputs, self.weights[0]) + self.biases[0], []
        for weights, biases in zip(self.weights[1:], self.biases[1:], strict=True):
            with np.errstate(over="ignore"):
                share = 1.0 / (1.0 + np.exp(-found))
            share *= np.float32(self.gain)
            active = found * share
            bends.append(share + active * (1.0 - share / np.float32(self.gain)))
            found = product(active, weights) + biases
        return found, bends

    def _slopes(self, bends: list[Singles], shares: Singles) -> Singles:
        """Return the mean slope of each score along the way, shape (n_scores, n_inputs)."""
        found = []
        for score in range(self.weights[-1].shape[1]):
            slope = shares[:, None] * self.weights[-1][:, score]
            for bend, weights in zip(bends[::-1], self.weights[-2::-1], strict=True):
                slope = product(slope * bend, weights.T)
            found.append(slope.sum(axis=0))
        return np.stack(found)

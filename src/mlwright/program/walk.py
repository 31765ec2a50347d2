"""Walks rows through trees, eight at a time and without branches, in machine code made by numba."""

from __future__ import annotations

import logging
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Singles
    from mlwright.program.pairs import Pairs

_ROWS = 8
"""At once: so many walks do not wait for one another, and the nodes where they are stay in registers."""
_logger = logging.getLogger("mlwright.program")


@cache
def is_there() -> bool:
    """Tell whether numba is there, which the extra 'bulk' installs, and makes machine code."""
    if find_spec("numba") is None:
        return False
    try:
        import numba  # noqa: PLC0415 - heavy
    except Exception as error:  # noqa: BLE001 - whatever it is, the runtime goes on without it
        _logger.warning("The extra 'bulk' is of no use here: numba cannot be imported (%s).", error)
        return False
    return not numba.config.DISABLE_JIT  # as who debugs sets it: Python itself would walk for hours


def scores_of(pairs: Pairs, cells: Singles) -> Singles:
    """Add up the leaves that each row reaches, tree by tree in single precision: as ONNX Runtime does.

    Parameters
    ----------
    cells
        Shape (n_rows, n_features).
    """
    n_blocks = -(-len(cells) // _ROWS)
    found = np.empty((n_blocks, pairs.n_scores, _ROWS), np.float32)
    trees = (pairs.root, pairs.depth, pairs.target)
    _walker()(_blocks(pairs, cells, n_blocks), pairs.nodes, pairs.value, trees, found)
    scores = found.transpose(0, 2, 1).reshape(n_blocks * _ROWS, pairs.n_scores)
    return np.ascontiguousarray(scores[: len(cells)])


def _blocks(pairs: Pairs, cells: Singles, n_blocks: int) -> Array:
    """Return what columns hold, shape (n_blocks, n_columns * rows of a block); the last rows are filled up.

    A block is column after column.
    """
    wide = np.zeros((n_blocks * _ROWS, len(pairs.feature)), np.uint32)
    wide[: len(cells)] = pairs.cells(cells)
    return wide.reshape(n_blocks, _ROWS, len(pairs.feature)).transpose(0, 2, 1).reshape(n_blocks, -1)


@cache
def _walker() -> Any:
    """Return the walk in machine code, which takes a second or so once a process."""
    import numba  # noqa: PLC0415 - the extra 'bulk', and heavy

    def walk(blocks: Array, nodes: Array, value: Array, trees: tuple[Array, ...], found: Array) -> None:
        root, depth, target = trees
        at = np.empty(_ROWS, np.uint32)  # without a sign: else each index is asked whether it is negative
        for b in range(len(blocks)):
            block, total = blocks[b], found[b]
            total[:] = 0
            for t in range(len(root)):
                at[:] = root[t]
                for _ in range(depth[t]):
                    for r in range(_ROWS):
                        i = at[r]
                        x = block[nodes[i, 0] * np.uint32(_ROWS) + np.uint32(r)]
                        at[r] = nodes[i, 3] + np.uint32(x & nodes[i, 1] > nodes[i, 2])
                for w in range(value.shape[1]):
                    for r in range(_ROWS):
                        total[target[t] + w, r] += value[at[r], w]

    return numba.njit(nogil=True, error_model="numpy")(walk)

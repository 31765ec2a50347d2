"""Walks rows through trees, sixteen at a time and without branches, in machine code made by numba."""

from __future__ import annotations

import logging
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.program.pairs import CODE, MISSING_LOWEST, ZERO, are_codes

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Singles
    from mlwright.program.pairs import Pairs

_ROWS = 16
"""At once: so many walks do not wait for one another, and their cells stay in the innermost cache."""
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
    has_equal, has_sets = bool(np.isfinite(pairs.low).any()), bool(pairs.members.any())
    first = pairs.column * np.uint32(_ROWS)  # where its cells begin
    nodes = (first, pairs.low, pairs.high, pairs.members, pairs.kid, pairs.value)
    blocks = _blocks(pairs, cells, n_blocks, has_sets=has_sets)
    bits = blocks.view(np.uint64) if has_sets else blocks
    _walker(has_equal, has_sets)(blocks, bits, nodes, (pairs.root, pairs.depth, pairs.target), found)
    scores = found.transpose(0, 2, 1).reshape(n_blocks * _ROWS, pairs.n_scores)
    return np.ascontiguousarray(scores[: len(cells)])


def _blocks(pairs: Pairs, cells: Singles, n_blocks: int, *, has_sets: bool) -> Array:
    """Return what columns hold, shape (n_blocks, n_columns * rows of a block); the last rows are filled up.

    A block is column after column. With sets, a cell takes as many bytes as the bits of a code.
    """
    wide = np.zeros((n_blocks * _ROWS, len(pairs.feature)), np.float64 if has_sets else np.float32)
    wide[: len(cells)] = cells[:, pairs.feature]
    wide[:, pairs.holds == ZERO] = 0
    lowest = np.flatnonzero(pairs.holds == MISSING_LOWEST)
    part = wide[:, lowest]
    wide[:, lowest] = np.where(np.isnan(part), np.float32(-np.inf), part)
    if has_sets:
        coded = np.flatnonzero(pairs.holds == CODE)
        wide.view(np.uint64)[:, coded] = _bits(wide[:, coded])
    return wide.reshape(n_blocks, _ROWS, len(pairs.feature)).transpose(0, 2, 1).reshape(n_blocks, -1)


def _bits(codes: Array) -> Array:
    """Return the bit of each code; what is no code has none."""
    is_code = are_codes(codes)
    bits: Array = is_code.astype(np.uint64) << np.where(is_code, codes, 0).astype(np.uint64)
    return bits


@cache
def _walker(has_equal: bool, has_sets: bool) -> Any:  # noqa: FBT001 - cached by its values
    """Return the walk in machine code, which takes a second or so once a process."""
    import numba  # noqa: PLC0415 - the extra 'bulk', and heavy

    def walk(
        blocks: Array, bits: Array, nodes: tuple[Array, ...], trees: tuple[Array, ...], found: Array
    ) -> None:
        first, low, high, members, kid, value = nodes
        root, depth, target = trees
        at = np.empty(_ROWS, np.uint32)  # without a sign: else each index is asked whether it is negative
        for b in range(len(blocks)):
            block, codes, total = blocks[b], bits[b], found[b]
            total[:] = 0
            for t in range(len(root)):
                at[:] = root[t]
                for _ in range(depth[t]):
                    for r in range(_ROWS):
                        i = at[r]
                        here = first[i] + np.uint32(r)
                        right = not block[here] <= high[i]  # as what is no number does
                        if has_equal:
                            right = right | (not block[here] >= low[i])
                        if has_sets:
                            right = right & ((codes[here] & members[i]) == 0)
                        at[r] = kid[i] + np.uint32(right)
                for w in range(value.shape[1]):
                    for r in range(_ROWS):
                        total[target[t] + w, r] += value[at[r], w]

    return numba.njit(nogil=True, error_model="numpy")(walk)

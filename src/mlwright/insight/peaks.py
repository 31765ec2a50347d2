"""Peaks: how many parts to take something apart into, by how stable the parts are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_ALMOST = 0.7
"""Of the best stability: as much is enough for more parts, as they tell more."""


def largest_peak(stabilities: Mapping[int, float]) -> int:
    """Return the largest number of parts that is stabler than its neighbors, or the stablest of all.

    A second peak is a second level of detail, such as genres within two camps; it must be nearly as high as
    the highest. Where stability just falls, more parts cut what belongs together.

    Examples
    --------
    >>> largest_peak({2: 0.94, 3: 0.69, 4: 0.66, 5: 0.6, 6: 0.74, 8: 0.58})
    6
    >>> largest_peak({2: 0.94, 3: 0.8, 4: 0.79})
    2
    """
    tried = sorted(stabilities)
    best = max(tried, key=lambda n: (stabilities[n], n))
    inner = zip(tried, tried[1:], tried[2:], strict=False)
    peaks = [
        n
        for before, n, after in inner
        if stabilities[n] > max(stabilities[before], stabilities[after])
        and stabilities[n] >= _ALMOST * stabilities[best]
    ]
    return max([best, *peaks])

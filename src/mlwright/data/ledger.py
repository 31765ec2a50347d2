"""Ledger: events with a time and a known outcome, and what could be known of them at any later time."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.history import MOST_COUNTED, STATISTICS, WINDOWS
from mlwright.data.distinct import distinct

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats, Integers

_COUNT, _GAP, _LAST, _MEANS = 0, 1, 2, 3


@final
@dataclass(frozen=True)
class Ledger:
    """Events by entity and, within each, by time.

    `names` are the entities, sorted; `moments` the different times, ascending. `keys`, ascending, holds for
    each event the number of its entity and of its moment as one; `values` are the outcomes and `sums` those
    of the entity so far, each of shape (n_events,).
    """

    names: Array
    moments: Floats
    keys: Integers
    times: Floats
    values: Floats
    sums: Floats

    @classmethod
    def of(cls, entities: Array, times: Floats, values: Floats) -> Ledger:
        """Enter events, in any order; those without an entity (""), a time or an outcome tell nothing.

        Parameters
        ----------
        entities
            Texts, shape (n_events,).
        times, values
            Numbers, NaN where unknown, shape (n_events,).
        """
        known = np.flatnonzero((entities != "") & ~np.isnan(times) & ~np.isnan(values))
        names, owners = distinct(entities[known])
        moments, places = np.unique(times[known], return_inverse=True)
        keys = owners * (len(moments) + 1) + places
        order = np.lexsort((values[known], keys))
        known, keys = known[order], keys[order]
        values = values[known]
        sums = np.empty(len(values))
        bounds = [0, *(np.flatnonzero(np.diff(owners[order])) + 1).tolist(), len(values)]
        for start, stop in pairwise(bounds):
            # Each entity is added up by itself, so that not even a last bit depends on others.
            np.cumsum(values[start:stop], out=sums[start:stop])
        return cls(np.array(names, dtype=object), moments, keys, times[known], values, sums)

    def as_of(self, entities: Array, times: Floats, unit: float = 1.0, delay: float = 0.0) -> Floats:
        """Return what was known of each entity just before a time, shape (n_rows, n_statistics).

        Events at that very time, or whose outcome was not yet known, tell nothing. What is not known of
        anybody is NaN, and the count 0; so is all of a row without an entity or a time.

        Parameters
        ----------
        entities, times
            Of the rows that ask, shape (n_rows,).
        unit
            What gaps are counted in, in the unit of `times`.
        delay
            How long after its time the outcome of an event is known, in the unit of `times`.
        """
        owners = self._owners(entities)
        asked = np.where(np.isnan(times), -np.inf, times - delay)
        begin = owners * (len(self.moments) + 1)
        return self._told(begin, np.searchsorted(self.moments, asked, side="left"), owners >= 0, times, unit)

    def latest(self) -> Floats:
        """Return what is known of each of `names` in the end, shape (n_names, n_statistics); gaps are NaN."""
        owners = np.arange(len(self.names))
        never = np.full(len(owners), np.nan)
        begin = owners * (len(self.moments) + 1)
        return self._told(begin, np.full(len(owners), len(self.moments)), owners >= 0, never, 1.0)

    def _owners(self, entities: Array) -> Integers:
        """Return the number of each entity, -1 for those without an event."""
        place = {name: number for number, name in enumerate(self.names.tolist())}
        return np.array([place.get(text, -1) for text in entities.tolist()], np.int64)

    def _told(
        self, begin: Integers, n_moments: Integers, is_known: Array, times: Floats, unit: float
    ) -> Floats:
        """Say what the events tell that stand from the entity's first to before a moment."""
        start = np.searchsorted(self.keys, begin, side="left")
        stop = np.searchsorted(self.keys, begin + n_moments, side="left")
        counts = np.where(is_known, stop - start, 0)
        found = np.full((len(begin), len(STATISTICS)), np.nan)
        found[:, _COUNT] = np.minimum(counts, MOST_COUNTED)
        some = np.flatnonzero(counts > 0)
        last, n_events = stop[some] - 1, counts[some]
        found[some, _GAP] = (times[some] - self.times[last]) / unit
        found[some, _LAST] = self.values[last]
        for place, window in enumerate((*WINDOWS, len(self.values)), _MEANS):
            n_used = np.minimum(n_events, window)
            before = np.where(n_used < n_events, self.sums[last - n_used], 0.0)
            found[some, place] = (self.sums[last] - before) / n_used
        return found

"""Processors: how many of them this process may use."""

from __future__ import annotations

import os


def n_processors() -> int:
    """Return how many processors this process may run on, not how many the machine has."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1

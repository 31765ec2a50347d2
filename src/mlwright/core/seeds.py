"""One root seed, many independent named streams."""

from __future__ import annotations

from hashlib import sha256

import numpy as np


def seed_for(root: int, *names: object) -> int:
    """Derive a seed in [0, 2**31) for a named purpose; the same names give the same seed."""
    text = "/".join([str(root), *map(str, names)])
    return int.from_bytes(sha256(text.encode()).digest()[:4], "big") >> 1


def stream(root: int, *names: object) -> np.random.Generator:
    """Return a random generator for a named purpose."""
    return np.random.default_rng(seed_for(root, *names))

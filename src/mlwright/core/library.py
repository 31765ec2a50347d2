"""Libraries imported without what they can do without, which may take ten to twenty times as long."""

from __future__ import annotations

import sys
import threading
from functools import cache
from importlib import import_module
from typing import Any

_SPARE = ("cffi", "dask", "graphviz", "joblib", "matplotlib", "pandas", "polars", "pyarrow", "sklearn")
"""What libraries offer functions of their own for, which are not used here."""


@cache
def bare(name: str) -> Any:
    """Return a library; if nobody has imported it yet, a copy of our own that knows arrays alone.

    Whoever imports it later gets it whole. Where other threads run, which may be importing something, it is
    imported as usual.
    """
    if name in sys.modules or threading.active_count() > 1:
        return import_module(name)
    modules: dict[str, Any] = sys.modules
    absent = [other for other in _SPARE if other not in modules]
    modules.update(dict.fromkeys(absent))  # None: cannot be imported
    try:
        return import_module(name)
    finally:
        for other in absent:
            del modules[other]
        for part in [part for part in modules if part.split(".")[0] == name]:
            del modules[part]

"""LightGBM, imported without what it can do without: with all of that it takes ten to twenty times longer."""

from __future__ import annotations

import sys
import threading
from functools import cache
from typing import Any

_SPARE = ("cffi", "dask", "graphviz", "joblib", "matplotlib", "pandas", "polars", "pyarrow", "sklearn")
"""What it offers functions of its own for, which are not used here."""


@cache
def lightgbm() -> Any:
    """Return the library; if nobody has imported it yet, a copy of our own that knows arrays alone.

    Whoever imports it later gets it whole. Where other threads run, which may be importing something, it is
    imported as usual.
    """
    if "lightgbm" in sys.modules or threading.active_count() > 1:
        import lightgbm as whole  # noqa: PLC0415 - heavy: imported where it is used

        return whole
    modules: dict[str, Any] = sys.modules
    absent = [name for name in _SPARE if name not in modules]
    modules.update(dict.fromkeys(absent))  # None: cannot be imported
    try:
        import lightgbm as bare  # noqa: PLC0415 - see above
    finally:
        for name in absent:
            del sys.modules[name]
        for name in [name for name in sys.modules if name.split(".")[0] == "lightgbm"]:
            del sys.modules[name]
    return bare

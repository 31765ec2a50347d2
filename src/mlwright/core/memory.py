"""Memory: sizes as people write them, and how much of it a process holds."""

from __future__ import annotations

import os
import re
from pathlib import Path

from mlwright.core.errors import UsageError

_UNITS = {
    "": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12,
    "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40,
}  # fmt: skip


def parse_size(
    value: str | float, what: str = "memory limit", such_as: str = "'800MB', '4GB' or '1.5GiB'"
) -> int:
    """Read bytes from a number or from text such as "800MB", "4GB", "1.5GiB".

    `what` it is, and texts that would do, are for the message of the UsageError.
    """
    size = float(value) if isinstance(value, int | float) else _read(value, what, such_as)
    if not 0 < size < float("inf"):
        message = f"A {what} must be positive, got {value!r}."
        raise UsageError(message)
    return int(size)


def _read(text: str, what: str, such_as: str) -> float:
    match = re.fullmatch(r"([0-9]*\.?[0-9]+)\s*([kmgt]i?b|[kmgt])", text.strip().lower())
    if not match:
        message = f"A {what} of {text!r} cannot be read. Give a number with a unit: {such_as}, for example."
        raise UsageError(message)
    unit = match[2] if match[2].endswith("b") else f"{match[2]}b"
    return float(match[1]) * _UNITS[unit]


def size_text(size_bytes: float) -> str:
    """Write a size for people: "750 MB", "4.2 GB"."""
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:.0f} MB"


def resident_bytes(pid: int) -> int | None:
    """Return the memory that a process holds; 0 if it has ended, None if this system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * _PAGE_BYTES
    except (ProcessLookupError, FileNotFoundError):
        if _HAS_PROC:
            return 0
    try:
        import psutil  # noqa: PLC0415 - a help where it happens to be installed
    except ImportError:
        return None
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


_HAS_PROC = Path("/proc/self/statm").exists()
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096

"""Writing a document so that nobody ever sees half of it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from mlwright.core.errors import UsageError

_LONGEST = 40
"""Letters of the name that a draft bears: with all of them it could be too long for a file."""


def write_whole(path: str | Path, content: str | bytes) -> Path:
    """Write beside the place, then put it there in one step; on failure nothing is left.

    Raises
    ------
    UsageError
        There is no room, no permission, or no such folder; the message names the place.
    """
    place = Path(path)
    try:
        return _written(place, content)
    except OSError as error:
        message = f"The output {str(place)[:200]!r} cannot be written: {error.strerror or error}."
        raise UsageError(message) from error


def _written(place: Path, content: str | bytes) -> Path:
    handle, draft = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name[:_LONGEST]}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content.encode() if isinstance(content, str) else content)
        Path(draft).chmod(0o644)
        Path(draft).replace(place)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    return place

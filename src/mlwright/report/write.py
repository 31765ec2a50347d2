"""Writing a document so that nobody ever sees half of it."""

from __future__ import annotations

from pathlib import Path

from mlwright.core.atomic import replacing
from mlwright.core.errors import UsageError


def write_whole(path: str | Path, content: str | bytes) -> Path:
    """Write beside the place, then put it there in one step; on failure nothing is left.

    Raises
    ------
    UsageError
        There is no room, no permission, or no such folder; the message names the place.
    """
    place = Path(path)
    try:
        with replacing(place) as file:
            file.write(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        message = f"The output {str(place)[:200]!r} cannot be written: {error.strerror or error}."
        raise UsageError(message) from error
    return place

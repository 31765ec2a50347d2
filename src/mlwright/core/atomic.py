"""Files that are there whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What a device says that takes no more."""
_LONGEST = 40
"""Letters of the name that a draft bears: with all of them it could be too long for a file."""


@contextmanager
def replacing(path: str | Path) -> Iterator[Any]:
    """Open a file that takes its place, with the rights that new files have, when the block ends well.

    Raises
    ------
    OSError
        The file cannot be written; as after any other error, the place is as it was before.
    """
    place = Path(path)
    if place.exists() and not place.is_file():
        raise FileExistsError(errno.EEXIST, "there is something that is not a file", str(place))
    temporary = ""
    try:
        with tempfile.NamedTemporaryFile(
            dir=place.parent, prefix=f".{place.name[:_LONGEST]}.", suffix=".part", delete=False
        ) as file:
            temporary = file.name
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())  # noqa: PTH101 - the name is a string here
        os.replace(temporary, place)  # noqa: PTH105 - as above
    except BaseException:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask

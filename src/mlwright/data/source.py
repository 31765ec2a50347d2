"""Source: a file format that can be read, one file each in `sources/`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from pathlib import Path

    from mlwright.data.raw import Raw
    from mlwright.data.scan import Scan


class Source(ABC):
    """A file format."""

    suffixes: ClassVar[tuple[str, ...]]
    """File name endings, lower case, with their dot, such as ".csv"."""

    @abstractmethod
    def read(self, path: Path) -> Raw:
        """Return all rows of a file; raise DataError if it is not what its name says."""

    @abstractmethod
    def scan(self, path: Path) -> Scan:
        """Look through a file, to go through the same rows lot by lot; raise DataError as `read` does."""

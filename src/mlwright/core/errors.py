"""Everything that mlwright raises on purpose.

* MlwrightError
  - DataError (ValueError)            the rows, a column or a file cannot be used
    - MissingColumnError (LookupError)
  - UsageError (ValueError)           an option or argument cannot be used
    - UnknownNameError (LookupError)
  - ArtifactError (ValueError)        a model file is damaged, hostile or too new
  - ProofError (RuntimeError)         the compiled program differs from the trained model
  - SearchError (RuntimeError)        no candidate could be fitted
  - ContractError (RuntimeError)      no model is as quick or as small as was asked for
  - OutOfMemoryError (MemoryError)    the work does not fit into memory
  - MissingDependencyError (ImportError)

A message says what is wrong, where, what was received, and what to do. The command line prints it
and exits with status 2; nothing has been written by then.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def _nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name that looks most like this one, whatever the case; "" if none does."""
    by_lower = {other.lower(): other for other in known}
    near = get_close_matches(name.lower(), by_lower, n=1)
    return by_lower[near[0]] if near else ""


class MlwrightError(Exception):
    """Base of every error raised on purpose."""


class DataError(MlwrightError, ValueError):
    """The data cannot be used as they are; `row` is the one at fault, from 1, where it is one."""

    row: int | None = None

    @classmethod
    def cell(cls, column: str, row: int, value: object, expected: str) -> DataError:
        """Name one cell that cannot be read. Rows count from 1, the header apart."""
        shown = repr(value)
        shown = shown if len(shown) <= 80 else f"{shown[:77]}..."
        error = cls(f"Column {column!r}, row {row}: found {shown}, expected {expected}.")
        error.row = row
        return error


class MissingColumnError(DataError, LookupError):
    """A column that is needed is not there."""

    @classmethod
    def among(
        cls, missing: Iterable[str], present: Iterable[str], where: str = "", needed: Iterable[str] = ()
    ) -> MissingColumnError:
        """Name the missing columns and what may have been meant: one that looks alike.

        With `needed`, all that must be there, what looks alike is not one of these, and is what was given
        under a wrong name; else the missing name is the wrong one.
        """
        lost, known, taken = list(missing), list(present), set(needed)
        spare = [name for name in known if name not in taken]
        near = {name: found for name in lost if (found := _nearest(name, spare))}
        names = ", ".join(repr(name) for name in lost[:10])
        more = f" and {len(lost) - 10} more" if len(lost) > 10 else ""
        hint = f" Did you mean {', '.join(map(repr, near.values()))}?" if near else ""
        if taken and near:
            hint = f" Found {', '.join(f'{found!r}: is it {name!r}' for name, found in near.items())}?"
        place = f" in {where}" if where else ""
        word, verb = ("Column", "is") if len(lost) == 1 else ("Columns", "are")
        shown = ", ".join(repr(name) for name in known[:10])
        tail = ", …" if len(known) > 10 else ""
        present = f"Present: {shown}{tail}." if known else "There is no column at all."
        return cls(f"{word} {names}{more} {verb} missing{place}.{hint} {present}")


class UsageError(MlwrightError, ValueError):
    """An option or argument cannot be used."""


class UnknownNameError(UsageError, LookupError):
    """A name that nothing answers to."""

    @classmethod
    def among(cls, what: str, name: object, known: Iterable[str], where: str = "") -> UnknownNameError:
        """Say which names are known, and which one was probably meant."""
        names = sorted(map(str, known))  # as written: members of an enumeration show as its code
        near = _nearest(str(name), names)
        hint = f" Did you mean {near!r}?" if near else ""
        place = f" for {where}" if where else ""
        return cls(f"No {what} is called {name!r}{place}.{hint} Known: {', '.join(names)}.")


class ArtifactError(MlwrightError, ValueError):
    """A model file cannot be trusted or understood."""


class ProofError(MlwrightError, RuntimeError):
    """The compiled program and the trained model disagree, so nothing ships."""


class SearchError(MlwrightError, RuntimeError):
    """No candidate could be fitted."""


class ContractError(MlwrightError, RuntimeError):
    """No model is as quick or as small as was asked for."""


class OutOfMemoryError(MlwrightError, MemoryError):
    """The work does not fit into the memory that it may use."""


class MissingDependencyError(MlwrightError, ImportError):
    """An optional package is not installed."""

    @classmethod
    def install(cls, what: str, package: str, extra: str) -> MissingDependencyError:
        """Give the line that installs what is missing."""
        return cls(f"{what} needs {package!r}, which is not installed. Run: pip install 'mlwright[{extra}]'.")

    @classmethod
    def core(cls, package: str) -> MissingDependencyError:
        """Say that this is not a whole installation; images and deployments are made so, to be small."""
        return cls(
            f"This needs {package!r}, which is not installed here. If this is an image or a deployment of a "
            "model: it only serves (mlwright serve). Do this where all of mlwright is installed."
        )

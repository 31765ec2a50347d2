"""The run folder: what a training keeps while it works, so that one that was killed goes on where it was."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import sqlite3
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.atomic import replacing
from mlwright.core.errors import UsageError
from mlwright.core.progress import Event, Listener
from mlwright.tuning.journal import Journal
from mlwright.workflow.prepare import fingerprint

try:
    import fcntl
except ImportError:  # not on every system; there nobody guards the folder
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlwright.core.budget import Budget
    from mlwright.core.dataset import Dataset
    from mlwright.workflow.options import TrainOptions
    from mlwright.workflow.prepare import Prepared

FORMAT = 1
_FACTS, _JOURNAL, _LOCK, _ROWS = "run.json", "journal.sqlite", "lock", "rows"
_LONGEST_SHOWN = 20


@final
@dataclass(frozen=True, slots=True)
class Run:
    """Where one training works: `rows` is for prepared rows; `place`, if any, outlives it."""

    rows: Path
    place: Path | None = None

    @contextmanager
    def journal(
        self, work: dict[str, Any], options: TrainOptions, budget: Budget, listen: Listener
    ) -> Iterator[Journal | None]:
        """Open the journal of this work, and say what it knows; None where nothing outlives the run.

        `work` says on what all fits depend, part by part, so that a difference can be named; on the seed, the
        code and the machine they depend in any case.
        """
        if self.place is None:
            yield None
            return

        def tell(phase: str, message: str) -> None:
            listen(Event(phase=phase, message=message, is_lasting=True))

        try:
            _claim(self.place, {**work, **_circumstances(options.seed)}, options, tell)
            journal = Journal(self.place / _JOURNAL, budget.time_limit_s, tell)
        except (OSError, sqlite3.Error) as error:
            raise _unwritable(self.place, error) from error
        if journal.n_known:
            was = "was" if journal.n_known == 1 else "were"
            tell("continuing", f"{journal.n_known} of the fits {was} already done")
        try:
            yield journal
        finally:
            journal.close()


@contextmanager
def open_run(options: TrainOptions) -> Iterator[Run]:
    """Take hold of the run folder, or of a temporary one; the prepared rows go when the block ends.

    Raises
    ------
    UsageError
        The folder holds something else, cannot be written, or another training works in it.
    """
    if options.run is None:
        with tempfile.TemporaryDirectory(prefix="mlwright-", ignore_cleanup_errors=True) as folder:
            yield Run(Path(folder))
        return
    place = Path(options.run)
    is_new = not place.exists()
    try:
        _check(place)
        place.mkdir(parents=True, exist_ok=True)
        lock = _hold(place)
    except OSError as error:
        raise _unwritable(place, error) from error
    rows = place / _ROWS
    try:
        shutil.rmtree(rows, ignore_errors=True)  # what a killed run has left
        yield Run(rows, place)
    finally:
        shutil.rmtree(rows, ignore_errors=True)
        if not (place / _FACTS).exists():  # it ended before there was anything to keep
            (place / _LOCK).unlink(missing_ok=True)
            if is_new:
                with suppress(OSError):
                    place.rmdir()
        lock.close()


def remove_run(place: Path) -> None:
    """Remove a run folder that has served; what is not of a run stays, and so does a run that goes on."""
    try:
        lock = _hold(place)
    except (OSError, UsageError):
        return
    shutil.rmtree(place / _ROWS, ignore_errors=True)
    with suppress(OSError):
        _forget(place)
        # The facts last: a folder without them would be taken for something else.
        for path in [*place.glob(f".{_FACTS}.*"), place / _FACTS, place / _LOCK]:
            path.unlink(missing_ok=True)
        place.rmdir()
    lock.close()


def _check(place: Path) -> None:
    if place.exists() and not place.is_dir():
        message = f"The run folder {str(place)!r} is a file. Name a folder with --run."
        raise UsageError(message)
    if not place.exists() or (place / _FACTS).exists():
        return
    others = [p.name for p in place.iterdir() if p.name != _LOCK and not p.name.startswith(f".{_FACTS}.")]
    if others:
        message = (
            f"The folder {str(place)!r} is not the folder of a run: it holds {min(others)!r}. "
            "Name an empty or a new folder with --run."
        )
        raise UsageError(message)


def _hold(place: Path) -> IO[str]:
    """Lock the folder until this process ends, however it ends."""
    path = place / _LOCK
    while True:
        lock = path.open("a+", encoding="utf-8")
        if not _is_free(lock):
            lock.seek(0)
            holder = lock.read(20).strip() or "unknown"
            lock.close()
            message = (
                f"Another training works in the run folder {str(place)!r} (process {holder}). "
                "Wait for its end, or name another folder with --run."
            )
            raise UsageError(message)
        if path.exists() and os.fstat(lock.fileno()).st_ino == path.stat().st_ino:
            lock.truncate(0)
            lock.write(f"{os.getpid()}\n")
            lock.flush()
            return lock
        lock.close()  # a run that ended just now has removed it


def _is_free(lock: IO[str]) -> bool:
    """Take the lock; False if it is taken."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _claim(place: Path, work: dict[str, Any], options: TrainOptions, tell: Any) -> None:
    """See to it that the journal in the folder is of this work, or that there is none."""
    path = place / _FACTS
    key = sha256(json.dumps(work, sort_keys=True).encode()).hexdigest()
    if path.exists():
        try:
            facts = json.loads(path.read_text(encoding="utf-8"))
            known, before, form = str(facts["key"]), dict(facts["work"]), int(facts["format"])
        except (ValueError, TypeError, LookupError):
            tell("beginning anew", f"{str(path)!r} cannot be read, so nothing is known of the run")
            known, before, form = "", {}, FORMAT
        if known == key and form == FORMAT:
            return
        if form != FORMAT and not options.run_anew:
            message = (
                f"The run folder {str(place)!r} has format {form}; this mlwright knows {FORMAT}. "
                "Continue with the mlwright that began it, or name another folder with --run."
            )
            raise UsageError(message)
        if before:
            what = f"The run folder {str(place)!r} is of other work: {_difference(before, work)}."
            if not options.run_anew:
                message = f"{what} Repeat the command that began it, or name another folder with --run."
                raise UsageError(message)
            tell("beginning anew", what)
        _forget(place)
    with replacing(path) as file:
        file.write(json.dumps({"format": FORMAT, "key": key, "work": work}, indent=1).encode())


def _forget(place: Path) -> None:
    for path in place.glob(f"{Path(_JOURNAL).stem}.*"):
        path.unlink(missing_ok=True)


def work_on(prepared: Prepared) -> dict[str, Any]:
    """Say on what all fits on rows depend."""
    schema = json.dumps(prepared.schema.to_json(), sort_keys=True)
    return {
        "the target": prepared.task.target,
        "the kind of question": prepared.task.kind,
        "the rows to learn from": _fingerprint(prepared.train),
        "the rows to judge by": _fingerprint(prepared.test),
        "the columns and what they mean": sha256(schema.encode()).hexdigest(),
    }


def _circumstances(seed: int) -> dict[str, Any]:
    return {
        "the seed": seed,
        "the code of mlwright": _code(),
        "the machine": platform.machine(),
        **{f"the version of {name}": found for name, found in _versions().items()},
    }


def _difference(before: dict[str, Any], now: dict[str, Any]) -> str:
    found = []
    for name in sorted({*before, *now}):
        old, new = str(before.get(name)), str(now.get(name))
        if old == new:
            continue
        is_short = max(len(old), len(new)) <= _LONGEST_SHOWN
        found.append(f"{name} was {old}, is {new}" if is_short else f"{name} changed")
    return "; ".join(found) or "its key is another"


def _fingerprint(dataset: Dataset) -> str:
    digest = sha256(fingerprint(dataset).encode())
    for values in (dataset.groups, dataset.times, dataset.weights):
        digest.update(b"" if values is None else np.ascontiguousarray(values).tobytes())
        digest.update(b";")
    return digest.hexdigest()


def _code() -> str:
    """Hash our own source: between two releases a fit may change without the version."""
    home = Path(__file__).parents[1]
    digest = sha256()
    for path in sorted(home.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _versions() -> dict[str, str]:
    found = {"Python": platform.python_version()}
    for line in ["mlwright", "scipy", *(requires("mlwright") or ())]:
        name = re.split(r"[^\w.-]", line, maxsplit=1)[0]
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _unwritable(place: Path, error: Exception) -> UsageError:
    message = f"The run folder {str(place)!r} cannot be used: {error}. Name another one with --run."
    return UsageError(message)

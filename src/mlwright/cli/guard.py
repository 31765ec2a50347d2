"""The edge of the program: whatever happens inside becomes one clear line and an exit status.

0: fine. 1: an error was found in the data or the model. 2: the call or its input cannot be used, or
mlwright itself failed. 130: interrupted. 141: nobody reads the output any more, as any Unix tool says.
"""

import os
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from glob import glob, has_magic
from pathlib import Path
from typing import Any

import typer

from mlwright.core.atomic import FULL
from mlwright.core.errors import MissingDependencyError, MlwrightError, UsageError
from mlwright.core.escapes import printable

DEBUG: ContextVar[bool] = ContextVar("DEBUG", default=False)
"""Whether to show tracebacks; set by `--debug` or MLWRIGHT_DEBUG=1."""

STARTED: ContextVar[float | None] = ContextVar("STARTED", default=None)
"""When the command began, `time.monotonic()`: a time limit counts from there, loading libraries included."""

FOUND, FAILED, INTERRUPTED, UNREAD = 1, 2, 130, 141


@contextmanager
def boundary() -> Iterator[None]:
    """Run a verb: errors become one line on stderr and an exit status, never a traceback."""
    try:
        yield
        _flush()  # a reader that has gone must show here, not when Python shuts down
    except BrokenPipeError:
        _drop_the_rest()
        raise typer.Exit(UNREAD) from None
    except KeyboardInterrupt:
        _complain("interrupted, nothing saved", label="")
        raise typer.Exit(INTERRUPTED) from None
    except MlwrightError as error:
        if DEBUG.get():
            traceback.print_exc()
        _complain(str(error))
        raise typer.Exit(FAILED) from None
    except ModuleNotFoundError as error:
        _miss(error)
        raise typer.Exit(FAILED) from None
    except MemoryError:
        if DEBUG.get():
            traceback.print_exc()
        _complain("memory is used up. Give fewer rows or columns, or use a machine with more memory.")
        raise typer.Exit(FAILED) from None
    except (typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except Exception as error:  # noqa: BLE001 - the request boundary: a bug is recorded, then told in one line
        _tell(error)
        raise typer.Exit(FAILED) from None


def finish(findings: Sequence[Mapping[str, Any]]) -> None:
    """Exit with status 1 if an error was found that nobody has acted on."""
    from mlwright.report.words import open_errors

    if open_errors(findings):
        raise typer.Exit(FOUND)


def check_writable(path: Path, *inputs: object) -> None:
    """Refuse, before any work is done, an output that could not be written, or that is one of the inputs."""
    folder = path.parent
    _check_name(path)
    for given in inputs if path.exists() else ():
        if isinstance(given, str | Path) and any(map(path.samefile, _files(given))):
            message = f"The output {str(path)!r} is an input of this command. Choose another name for it."
            raise UsageError(message)
    if not folder.is_dir():
        message = f"The output {str(path)!r} has no folder to go to: create {str(folder)!r} first."
        raise UsageError(message)
    if path.is_dir():
        message = f"The output {str(path)!r} is a folder. Name a file in it."
        raise UsageError(message)
    if not os.access(folder, os.W_OK):
        message = f"The output {str(path)!r} cannot be written: no permission to write into {str(folder)!r}."
        raise UsageError(message)


def _files(given: str | Path) -> list[Path]:
    """Return the files that an input names and that are there; it may be a glob, as `data.read` takes it."""
    path = Path(given).expanduser()
    if path.exists() or not has_magic(str(given)):
        return [path] if path.exists() else []
    found = glob(str(path), recursive=True)  # noqa: PTH207 - Path.glob takes no absolute pattern
    return [Path(file) for file in found if Path(file).exists()]  # a link may lead nowhere


def _check_name(path: Path) -> None:
    try:
        is_taken = path.exists() and not path.is_file() and not path.is_dir()
    except OSError as error:
        message = f"The output {str(path)[:60]!r} cannot be written: {error.strerror}."
        raise UsageError(message) from error
    if is_taken:
        message = f"The output {str(path)!r} is a device or a pipe. Name a file."
        raise UsageError(message)


def _flush() -> None:
    if sys.stdout is not None:  # nobody has closed it
        sys.stdout.flush()


def _tell(error: Exception) -> None:
    """Tell what nobody has foreseen: a bug, or that there is no room for what is written."""
    if not isinstance(error, OSError) or error.errno not in FULL:
        _record(error)
        return
    if DEBUG.get():
        traceback.print_exc()
    _drop_the_rest()
    _complain(f"standard output, or a temporary file, cannot be written: {error.strerror}.")


def _drop_the_rest() -> None:
    """Let what waits to be written go nowhere: it would fail once more when Python shuts down."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(message: str, label: str = "error: ") -> None:
    """Say what is wrong on stderr; where nobody can read it, the exit status says so still."""
    if sys.stderr is None:
        return
    is_colored = bool(label) and sys.stderr.isatty() and "NO_COLOR" not in os.environ
    with suppress(OSError):
        typer.secho(label, err=True, nl=False, fg="red" if is_colored else None, bold=is_colored)
        typer.echo(printable(message), err=True)


def _miss(error: ModuleNotFoundError) -> None:
    """Tell what is not installed; that mlwright does not find a part of its own is a bug."""
    package = (error.name or "").partition(".")[0]
    if package in ("", "mlwright"):
        _record(error)
        return
    if DEBUG.get():
        traceback.print_exc()
    _complain(str(MissingDependencyError.core(package)))


def _record(error: Exception) -> None:
    what = f"{type(error).__name__}: {error}"
    if DEBUG.get():
        traceback.print_exc()
        _complain(f"this is a bug in mlwright ({what}).")
        return
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="mlwright-", suffix=".txt", delete=False, encoding="utf-8", errors="backslashreplace"
        ) as file:
            traceback.print_exc(file=file)
    except OSError:  # no room
        place = "what `mlwright --debug` prints."
    else:
        place = file.name
    _complain(f"this is a bug in mlwright ({what}). Please report it with {place}")

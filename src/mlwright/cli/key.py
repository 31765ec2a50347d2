"""`mlwright key`: keys that open a service."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer

from mlwright.cli.guard import boundary
from mlwright.core.errors import UsageError

try:
    import fcntl
except ImportError:  # not on every system; there two commands at once may lose a key
    fcntl = None  # type: ignore[assignment]

EPILOG = """Examples:

mlwright key app --file keys.json

mlwright key prometheus --file keys.json --scope metrics"""


@boundary()
def key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of who asks; refusals show it.")],
    file: Annotated[
        Path,
        typer.Option("--file", metavar="FILE", help="Keeps the hashes; give it to mlwright serve --keys."),
    ] = Path("keys.json"),
    scope: Annotated[
        list[str] | None,
        typer.Option(metavar="predict|metrics", help="What it opens, predict unless said; may be repeated."),
    ] = None,
    remove: Annotated[
        bool, typer.Option("--remove", help="Take the oldest key of this name out of the file.")
    ] = False,
) -> None:
    """Make a key for a service, print it once, and add its hash to FILE.

    Nobody can read the key from the file: what is printed is all there is. To exchange a key, make a second
    one of the same name, hand it out, and take the old one out with --remove. Services that run with FILE
    notice within a second.
    """
    from mlwright.serving.keys import add_key, remove_key

    if remove:
        if scope:
            message = (
                "--scope and --remove cannot be used together: the oldest key of NAME goes, "
                "whatever it opens. Leave --scope out."
            )
            raise UsageError(message)
        with _alone(file):
            n_left = remove_key(file, name)
        typer.echo(f"The oldest key of {name} is taken out of {file}; {n_left} of this name left.", err=True)
        return
    with _alone(file):
        made = add_key(file, name, tuple(scope or ("predict",)))
    typer.echo(made)
    typer.echo(
        f"Keep it: it is shown this once. Serve with --keys {file}; "
        "clients send the header `Authorization: Bearer KEY`.",
        err=True,
    )


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Let no other command change the file meanwhile. Its folder is locked, as the file is exchanged."""
    with ExitStack() as stack:
        with suppress(OSError):  # what is wrong with the folder is told by who writes; some cannot be locked
            folder = os.open(file.parent, os.O_RDONLY)
            stack.callback(os.close, folder)
            if fcntl is not None:
                fcntl.flock(folder, fcntl.LOCK_EX)
        yield

"""`mlwright key`: keys that open a service."""

from pathlib import Path
from typing import Annotated

import typer

from mlwright.cli.guard import boundary

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
        n_left = remove_key(file, name)
        typer.echo(f"The oldest key of {name} is taken out of {file}; {n_left} of this name left.", err=True)
        return
    typer.echo(add_key(file, name, tuple(scope or ("predict",))))
    typer.echo(
        f"Keep it: it is shown this once. Serve with --keys {file}; "
        "clients send the header `Authorization: Bearer KEY`.",
        err=True,
    )

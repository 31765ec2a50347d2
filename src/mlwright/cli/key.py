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
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of who asks; counters and messages show it.")],
    file: Annotated[
        Path,
        typer.Option("--file", metavar="FILE", help="Keeps the hashes; give it to mlwright serve --keys."),
    ] = Path("keys.json"),
    scope: Annotated[
        list[str] | None,
        typer.Option(metavar="predict|metrics", help="What it opens, predict unless said; may be repeated."),
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the key out of the file.")] = False,
) -> None:
    """Make a key for a service, print it once, and add its hash to FILE.

    Nobody can read the key from the file: what is printed is all there is. Two keys may have one name, so
    that a new one can be handed out before --remove takes out those that were there.
    """
    from mlwright.serving.keys import add_key, remove_keys

    if remove:
        n_removed = remove_keys(file, name)
        typer.echo(
            f"{n_removed} {'key' if n_removed == 1 else 'keys'} of {name} taken out of {file}.", err=True
        )
        return
    typer.echo(add_key(file, name, tuple(scope or ("predict",))))

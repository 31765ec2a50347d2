"""`mlwright profile`: what is in the data."""

from typing import Annotated

import typer

from mlwright.cli.console import print_json
from mlwright.cli.guard import boundary, finish
from mlwright.cli.options import AsJson, Data

EPILOG = """Examples:

mlwright profile telco.csv

mlwright profile telco.csv --target Churn --json"""


@boundary()
def profile(
    data: Data,
    target: Annotated[
        str | None,
        typer.Option("--target", "-t", metavar="COL", help="The column to predict; it keeps its role."),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show what each column of DATA holds and what deserves attention.

    Exits with 1 if an error is found.
    """
    from mlwright.workflow.profile import profile as inspect

    found = inspect(data, target)
    if as_json:
        print_json(found)
    else:
        from mlwright.cli.summary import show_profile

        show_profile(found)
    finish(found["findings"])

"""`mlwright compare`: is the new model better than the one in place."""

from typing import Annotated

import typer

from mlwright.cli.console import print_json
from mlwright.cli.guard import FOUND, boundary
from mlwright.cli.options import AsJson, Data, NewModel, OldModel, RequireSigned

EPILOG = """Examples:

mlwright compare in_place.mlw new.mlw last_month.csv

mlwright compare in_place.mlw new.mlw last_month.csv --metric log_loss --matters 0.005 --json"""


@boundary()
def compare(
    old: OldModel,
    new: NewModel,
    data: Data,
    *,
    metric: Annotated[
        str | None,
        typer.Option(metavar="NAME", show_default="the new model's", help="The measure to compare by."),
    ] = None,
    matters: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            min=0.0,
            show_default="1 % of the score",
            help="The smallest difference that would change anything.",
        ),
    ] = None,
    require_signed: RequireSigned = None,
    as_json: AsJson = False,
) -> None:
    """Compare OLD, the model in place, with NEW on DATA: labeled rows that neither has seen.

    Exits with 0 if the new one should replace the old one, else with 1.
    """
    from mlwright.artifact.load import load
    from mlwright.workflow.compare import compare as judge

    known, better = (load(model, require_signed=require_signed) for model in (old, new))
    found = judge(known, better, data, metric=metric, matters=matters)
    if as_json:
        print_json(found)
    else:
        from mlwright.cli.summary import show_comparison

        show_comparison(found)
    if found["verdict"] != "ship":
        raise typer.Exit(FOUND)

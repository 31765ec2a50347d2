"""`mlwright evaluate`: how good is a model on rows whose truth is known."""

from mlwright.cli.console import print_json
from mlwright.cli.guard import boundary
from mlwright.cli.options import AsJson, Data, Events, ModelFile, RequireSigned

EPILOG = """Examples:

mlwright evaluate churn.mlw last_month.csv

mlwright evaluate churn.mlw last_month.csv --json"""


@boundary()
def evaluate(
    model: ModelFile,
    data: Data,
    *,
    history: Events = None,
    require_signed: RequireSigned = None,
    as_json: AsJson = False,
) -> None:
    """Score MODEL on DATA, which holds the true target, with 95 % intervals.

    A model that was trained with --history knows of earlier rows what --history FILE tells it: DATA itself,
    too, may be named there, as no row is told anything of its own outcome or of later ones.
    """
    from mlwright.artifact.load import load
    from mlwright.workflow.verbs import evaluate as judge

    scores = judge(load(model, require_signed=require_signed), data, history=history)
    if as_json:
        print_json(scores)
        return
    from mlwright.cli.summary import show_scores

    show_scores(scores)

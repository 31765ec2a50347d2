"""`mlwright evaluate`: how good is a model on rows whose truth is known."""

from mlwright.cli.console import print_json
from mlwright.cli.guard import boundary
from mlwright.cli.options import AsJson, Data, ModelFile, RequireSigned

EPILOG = """Examples:

mlwright evaluate churn.mlw last_month.csv

mlwright evaluate churn.mlw last_month.csv --json"""


@boundary()
def evaluate(
    model: ModelFile, data: Data, *, require_signed: RequireSigned = None, as_json: AsJson = False
) -> None:
    """Score MODEL on DATA, which holds the true target, with 95 % intervals."""
    from mlwright.artifact.load import load
    from mlwright.workflow.evaluate import evaluate as judge

    scores = judge(load(model, require_signed=require_signed), data)
    if as_json:
        print_json(scores)
        return
    from mlwright.cli.summary import show_scores

    show_scores(scores)

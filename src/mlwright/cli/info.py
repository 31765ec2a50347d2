"""`mlwright info`: what a model file holds."""

from mlwright.cli.console import print_json
from mlwright.cli.guard import boundary
from mlwright.cli.options import AsJson, ModelFile, RequireSigned

EPILOG = """Examples:

mlwright info churn.mlw

mlwright info churn.mlw --json"""


@boundary()
def info(model: ModelFile, *, require_signed: RequireSigned = None, as_json: AsJson = False) -> None:
    """Show what MODEL answers, how good it is, what it reads and where it comes from."""
    from mlwright.artifact.load import load

    evidence = load(model, require_signed=require_signed).evidence
    if as_json:
        print_json(evidence)
        return
    from mlwright.cli.summary import show_model

    show_model(evidence, model)

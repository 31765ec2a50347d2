"""`mlwright sign`: a signature beside a model, so that others can tell that it is yours."""

from pathlib import Path
from typing import Annotated

import typer

from mlwright.cli.console import print_text
from mlwright.cli.guard import boundary
from mlwright.cli.options import ModelFile

EPILOG = """Examples:

mlwright sign churn.mlw --key private.pem

mlwright predict churn.mlw new.csv --require-signed public.pem"""


@boundary()
def sign(
    model: ModelFile,
    key: Annotated[
        Path, typer.Option("--key", metavar="KEY", help="Your private key, a PEM file on the curve P-256.")
    ],
) -> None:
    """Write a signature of MODEL beside it, MODEL.sig, in the format of OpenSSF model signing.

    Verbs that answer or tell with a model, serve among them, take --require-signed with the public key,
    which stands elsewhere; the environment variable MLWRIGHT_REQUIRE_SIGNED requires it of all that open a
    model. An encrypted key needs its password in MLWRIGHT_SIGN_PASSWORD.
    """
    from mlwright.artifact.load import load
    from mlwright.artifact.signature import read_private_key
    from mlwright.artifact.signature import sign as write

    read_private_key(key)
    load(model, require_signed="")
    print_text(str(write(model, key)))

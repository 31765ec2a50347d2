"""One SQL query that computes what the program answers, from the raw columns of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mlwright.core.errors import UnknownNameError, UsageError
from mlwright.core.task import OF_ROWS
from mlwright.exports.query.dialects import DIALECTS
from mlwright.exports.query.proof import prove
from mlwright.exports.query.statement import INPUT, Statement
from mlwright.exports.target import Target, Wishes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.artifact.model import Model


@final
class Sql(Target):
    """Says the program as a query, and proves it where the database runs inside Python."""

    title = "one SQL query that answers the rows of a table"
    links = OF_ROWS
    wishes = ("dialect", "relation")

    def files(self, model: Model, name: str, wishes: Wishes) -> Mapping[str, bytes]:
        """Return the query; see `exports.query.statement`."""
        if not wishes.dialect:
            message = f"--to sql needs --dialect: {', '.join(sorted(DIALECTS))}."
            raise UsageError(message)
        if wishes.dialect not in DIALECTS:
            raise UnknownNameError.among("SQL dialect", wishes.dialect, DIALECTS)
        statement = Statement(model, DIALECTS[wishes.dialect])
        if prove(model, statement):
            proof = (
                f"Run in {statement.dialect.title} before it was written: the golden rows have equal answers."
            )
        else:
            proof = f"Not run in {statement.dialect.title} before it was written: compare some answers."
        return {name: statement.text(wishes.relation or INPUT, proof).encode()}

"""The dialects that are known, by the name that --dialect takes."""

from mlwright.exports.query.duckdb import DUCKDB
from mlwright.exports.query.postgres import POSTGRES
from mlwright.exports.query.sqlite import SQLITE

DIALECTS = {one.name: one for one in (DUCKDB, POSTGRES, SQLITE)}

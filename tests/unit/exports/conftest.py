"""Real databases, and rows that could break a translation: shared with the benchmarks."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[3] / "benchmarks"))


@pytest.fixture(scope="session")
def postgres():
    """A connection to a server of its own."""
    from engines import postgres_server

    with postgres_server() as connection:
        yield connection


@pytest.fixture(params=["duckdb", "postgres", "sqlite"])
def database(request):
    """The name of a dialect, and what opens a database of that sort with a table in it."""
    from engines import duckdb_engine, postgres_engine, sqlite_engine

    if request.param == "postgres":
        connection = request.getfixturevalue("postgres")
        return "postgres", lambda cells, table="input": postgres_engine(cells, connection, table)
    return request.param, {"duckdb": duckdb_engine, "sqlite": sqlite_engine}[request.param]

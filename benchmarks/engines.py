"""Real databases to run exported queries in: DuckDB and SQLite in memory, a server of PostgreSQL."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import tempfile
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Cells = Any
"""Columns by name: a type (number, whole, text, truth or moment) and cells, None where missing."""
USER = "nobody"
"""PostgreSQL does not run as root."""


@contextmanager
def duckdb_engine(cells: Cells, table: str = "input") -> Iterator[Any]:
    """Load a table and yield what runs a query there and returns names and rows."""
    import duckdb  # noqa: PLC0415 - an extra
    import pyarrow as pa  # noqa: PLC0415 - of the dev group

    kinds = {
        "number": pa.float64(), "whole": pa.int64(), "text": pa.string(), "truth": pa.bool_(),
        "moment": pa.timestamp("us"),
    }  # fmt: skip
    with duckdb.connect() as connection:
        arrays = {
            name: pa.array(values, kinds[kind], from_pandas=False) for name, (kind, values) in cells.items()
        }
        connection.register("given", pa.table(arrays))
        connection.execute(f"CREATE TABLE {quoted(table)} AS FROM given")

        def run(query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
            found = connection.execute(query)
            return [one[0] for one in found.description], found.fetchall()

        yield run


@contextmanager
def sqlite_engine(cells: Cells, table: str = "input") -> Iterator[Any]:
    """Load a table and yield what runs a query there and returns names and rows."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute(f"CREATE TABLE {quoted(table)} ({', '.join(map(quoted, cells))})")
        marks = ", ".join("?" * len(cells))
        rows = zip(*([_for_sqlite(cell) for cell in values] for _, values in cells.values()), strict=True)
        connection.executemany(f"INSERT INTO {quoted(table)} VALUES ({marks})", rows)  # noqa: S608 - ours

        def run(query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
            found = connection.execute(query)
            return [one[0] for one in found.description], found.fetchall()

        yield run
    finally:
        connection.close()


def _for_sqlite(cell: Any) -> Any:
    return cell.isoformat(" ") if isinstance(cell, datetime) else cell


@contextmanager
def postgres_engine(cells: Cells, connection: Any, table: str = "input") -> Iterator[Any]:
    """Load a table and yield what runs a query there and returns names and rows."""
    kinds = {
        "number": "double precision", "whole": "bigint", "text": "text", "truth": "boolean",
        "moment": "timestamp",
    }  # fmt: skip
    columns = ", ".join(f"{quoted(name)} {kinds[kind]}" for name, (kind, _) in cells.items())
    # PostgreSQL puts rows where there is place for them; a view keeps the order in which they came.
    connection.execute("DROP TABLE IF EXISTS given CASCADE")
    connection.execute(f"CREATE TABLE given (place bigint, {columns})")
    with connection.cursor().copy("COPY given FROM STDIN") as copy:
        for place, row in enumerate(zip(*(values for _, values in cells.values()), strict=True)):
            copy.write_row((place, *row))
    names = ", ".join(map(quoted, cells))
    connection.execute(f"CREATE VIEW {quoted(table)} AS SELECT {names} FROM given ORDER BY place")  # noqa: S608 - ours
    connection.execute("SET jit = off")

    def run(query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        found = connection.execute(query)
        return [one.name for one in found.description], found.fetchall()

    yield run


@contextmanager
def postgres_server() -> Iterator[Any]:
    """Start a cluster of its own on a free port of this machine, and yield a connection to it.

    Raises
    ------
    RuntimeError
        PostgreSQL is not installed, or does not start; `scripts/postgres.sh` installs it.
    """
    import psycopg  # noqa: PLC0415 - of the dev group

    folder = Path(tempfile.mkdtemp(prefix="mlwright-postgres-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, USER)
        data, log, port = folder / "data", folder / "log", _free_port()
        _as_user(
            [program("initdb"), "-D", str(data), "-A", "trust", "-U", "mlwright", "-E", "UTF8", "--locale=C"]
        )
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        control = [program("pg_ctl"), "-D", str(data)]
        _as_user([*control, "-l", str(log), "-w", "-o", options, "start"])
        try:
            where = f"host=127.0.0.1 port={port} user=mlwright dbname=postgres"
            with psycopg.connect(where, autocommit=True) as connection:
                yield connection
        finally:
            _as_user([*control, "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def program(name: str) -> str:
    """Return the path of a program of PostgreSQL, the newest; Debian keeps them out of PATH."""
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda p: int(p.parts[4]))
    found = shutil.which(name) or (str(places[-1]) if places else None)
    if found is None:
        raise RuntimeError(f"PostgreSQL is not installed: no {name!r}. Run scripts/postgres.sh.")
    return found


def _as_user(command: list[str]) -> None:
    if os.geteuid() == 0:
        command = ["runuser", "-u", USER, "--", *command]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    if done.returncode:
        raise RuntimeError(f"{command[-1]} of PostgreSQL failed: {done.stderr or done.stdout}")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def quoted(name: str) -> str:
    """Write the name of a column or table."""
    return '"' + name.replace('"', '""') + '"'

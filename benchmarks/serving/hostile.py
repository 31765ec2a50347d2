"""Hostile bodies and connections against a real service: nothing but refusals may come of them.

python benchmarks/serving/hostile.py model.mlw --n 100000 --seed 0

Attack `i` of a seed is always the same: `--only i` repeats it and shows what was sent and what came.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import socket
import struct
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import polars as pl
from client import Service

if TYPE_CHECKING:
    from collections.abc import Callable

Row = dict[str, object]
_ALLOWED = {408, 503, 504}
_TYPES = (
    "application/json", "text/csv", "application/vnd.apache.arrow.stream", "text/plain", "", "\xff",
    "a" * 5000, "application/json; charset=utf-16", "APPLICATION/JSON", "multipart/form-data; boundary=a",
)  # fmt: skip
_QUERIES = (
    "", "", "", "", "?explain=true", "?level=0.9", "?level=nan", "?level=1e999", "?level=-1", "?level=1_0",
    "?explain=%ff", "?%00=%0d%0a&explain=maybe", "?level=&explain", "?" + "a=1&" * 2000,
    "?explain=true&level=0.5", "?level=0.9#part", "?level=" + "9" * 4000,
)  # fmt: skip
_METHODS = ("POST",) * 12 + ("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "CONNECT", "PRI", "post", "")
_PATHS = (
    "/", "/model", "/metrics", "/openapi.json", "/docs", "/form", "/livez", "/readyz", "/ping", "/v2", "*",
    "/../../etc/passwd", "/page/..%2f..%2fetc%2fpasswd", "/page/%00", "/%70redict", "//predict", "/predict/",
    "/model/", "http://elsewhere/predict", "http://", "/\xff", "/%", "/%zz", "/predict%0d%0ax:y",
    "/" + "a" * 60000, "/v2/models/a/infer", "/v2/models//infer", "/page/app.js", "/predict;a=b", "predict",
    "?", "/predict#x",
)  # fmt: skip
_LINES = (
    "expect: 100-continue", "upgrade: websocket\r\nconnection: upgrade",
    "upgrade: h2c\r\nconnection: upgrade", "x-request-id: a\tb", "x-request-id: " + "a" * 500,
    "x-request-id: \x80\xff", "x-request-id: a\rset-cookie: b", "authorization: Bearer \xff\x80",
    "x-api-key: " + "k" * 30000, "accept: text/csv", "accept: \xff", "a" * 70000,
    "transfer-encoding: chunked", "transfer-encoding: gzip, chunked", "content-length: 5",
    "content-length: -1", "content-length: 99999999999999999999", "content-length: 1e3", "host: [",
    "host: a\r\nhost: b", "no colon", " folded: line", ": no name", "a\x00b: c", "cookie: " + "c" * 60000,
    "x: 1\r\n" * 900 + "y: 2", "content-type: application/json\r\ncontent-type: text/csv",
    "connection: keep-alive, close, upgrade",
)  # fmt: skip
_ODD = (
    "1e999", "-1e999", "1" + "0" * 400, "1" + "0" * 5000, "NaN", "Infinity", "-Infinity", "nul", "tru",
    "0x10", '"\\ud800"', '"\\u0000"', '"\\ud83d\\ude00"', '"\U0001f600"', '""', '"' + "x" * 20000 + '"', "[]",
    "{}", "[[1]]", '"9999-12-31T23:59:59"', '"0000-00-00"', '"2024-02-30"', '"2024-05-31T08:00:00+23:59"',
    '"\u0661\u0662"', "true", "null", "-0", "1e-999", "9007199254740993", "1" * 3000, "0." + "3" * 3000,
    '"NaN"', '"1,5"', "'a'",
)  # fmt: skip


def body_of(rng: Random, row: Row, path: str) -> tuple[bytes, str]:
    """Return a body that is wrong somewhere, or right, and its content type; both mostly fit the path."""
    fitting: list[Callable[[Random, Row], bytes]] = [_cell, _cell, _names, _csv, _arrow]
    if path != "/predict":
        fitting = [_frames, _frames, _frames, _csv]
    maker = rng.choice(
        fitting if rng.random() < 0.8 else [_cell, _names, _nested, _torn, _csv, _arrow, _frames]
    )
    kind = {_csv: _TYPES[1], _arrow: _TYPES[2]}.get(maker, _TYPES[0])
    return maker(rng, row), kind if rng.random() < 0.9 else rng.choice(_TYPES)


def _dumped(row: object) -> bytes:
    return json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _cell(rng: Random, row: Row) -> bytes:
    names = rng.sample(list(row), min(len(row), rng.choice((1, 1, 2, 5))))
    text = _dumped(row | dict.fromkeys(names, "@"))
    for _ in names:
        text = text.replace(b'"@"', rng.choice(_ODD).encode("utf-8", "surrogatepass"), 1)
    return rng.choice((text, text, b"[%b]" % text, b"[%b,%b]" % (_dumped(row), text), b"\xef\xbb\xbf" + text))


def _names(rng: Random, row: Row) -> bytes:
    first = next(iter(row))
    return rng.choice(
        (
            lambda: b'{"%b":1,%b' % (first.encode(), _dumped(row)[1:]),
            lambda: _dumped(row | {"k" * rng.randrange(90000): 1}),
            lambda: _dumped(row | {f"{first}{n}": n for n in range(rng.choice((5, 3000)))}),
            lambda: _dumped({f"{first[:-1]}{n}": n for n in range(rng.choice((5, 20000)))}),
            lambda: _dumped({name: cell for name, cell in row.items() if rng.random() < 0.7}),
            lambda: _dumped({name.upper(): cell for name, cell in row.items()}),
            lambda: _dumped([row] * rng.choice((0, 33, 1000, 1001))),
            lambda: b"[" + b"{}," * rng.choice((10, 100000)) + b"{}]",
        )
    )()


def _nested(rng: Random, row: Row) -> bytes:
    depth = rng.choice((5, 900, 5000, 300000))
    start, end = rng.choice(((b"[", b"]"), (b'{"a":', b"}")))
    inside = start * depth + b"1" + end * rng.choice((depth, 0))
    return inside if rng.random() < 0.5 else b'{"%b":%b}' % (next(iter(row)).encode(), inside)


def _torn(rng: Random, row: Row) -> bytes:
    text = bytearray(_dumped(row))
    for _ in range(rng.choice((1, 1, 3, 20))):
        place = rng.randrange(len(text))
        text[place : place + rng.choice((0, 1, 4))] = rng.choice(
            (b"", b"\x00", b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b'"', b"\\", b"}", b",", rng.randbytes(3))
        )
    return bytes(text[: rng.choice((len(text), rng.randrange(len(text) + 1)))])


def _csv(rng: Random, row: Row) -> bytes:
    names = ",".join(f'"{name}"' for name in row)
    line = ",".join("" if cell is None else str(cell) for cell in row.values())
    odd = rng.choice(
        ("\x00", '"', '""', "\r", "\n", ",", "x" * 140000, '"\n"', "\ufeff", "1e999", "nan", "\ud800")
    )
    texts = (
        f"{names}\n{line[:-1]}{odd}\n",
        f"{names}{odd}\n{line}\n",
        f"{names}\n" + f"{line}\n" * rng.choice((1, 50, 5000)),
    )
    more = (
        "," * 100000,
        "\n" * 100000,
        "a\n" * 100000,
        f"{names},{names}\n{line},{line}\n",
        f"{names}\n{line}\n{odd * 3}",
    )
    return rng.choice(texts + more).encode("utf-8", "surrogatepass")


def _arrow(rng: Random, row: Row) -> bytes:
    """Return a stream of odd types, or one of which bytes were changed."""
    n_rows = rng.choice((0, 1, 3, 40, 1001))
    odd = (
        pl.Series([[1], []] * n_rows)[:n_rows], pl.Series([b"\xff"] * n_rows, dtype=pl.Binary),
        pl.Series([None] * n_rows), pl.Series(["1.5"] * n_rows).cast(pl.Decimal(38, 3)),
        pl.Series([{"a": 1}] * n_rows), pl.Series([2**63] * n_rows, dtype=pl.UInt64),
        pl.Series(["a", "b"] * n_rows, dtype=pl.Categorical)[:n_rows], pl.Series([float("nan")] * n_rows),
        pl.Series([2**62] * n_rows, dtype=pl.Int64).cast(pl.Datetime("ms")),
        pl.Series([10**6] * n_rows, dtype=pl.Int64).cast(pl.Time),
        pl.Series([f"{rng.random()}"] * n_rows, dtype=pl.Categorical),
        pl.Series(["x" * rng.choice((1, 9000))] * n_rows),
        pl.Series([2**31 - 1] * n_rows, dtype=pl.Int32).cast(pl.Date),
    )  # fmt: skip
    columns = {name: pl.Series(name, [cell] * n_rows, strict=False) for name, cell in row.items()}
    for name in rng.sample(list(row), rng.choice((0, 1, 2))):
        columns[name] = rng.choice(odd)
    out = io.BytesIO()
    pl.DataFrame(columns).write_ipc_stream(out, compression=rng.choice(("uncompressed", "lz4", "zstd")))
    text = bytearray(out.getvalue())
    for _ in range(rng.choice((0, 1, 1, 2, 8))):
        place = rng.randrange(max(1, len(text) - 8))
        size = struct.pack("<q", rng.choice((-1, 0, 1, 2**31, 2**33, 2**40, 2**62, -(2**63), 10**9)))
        text[place : place + rng.choice((1, 8))] = rng.choice((size, b"\x00", b"\xff", rng.randbytes(1)))
    return bytes(text[: rng.choice((len(text), len(text), rng.randrange(len(text) + 1)))])


def _frames(rng: Random, row: Row) -> bytes:
    """Return a body of one of the other protocols, with something odd in it."""
    row = row | {rng.choice(list(row)): "@"} if rng.random() < 0.6 else row
    odd = rng.choice(
        (None, [], {}, -1, 1.5, "a", [[1]], [None], [row] * 40, {"columns": 1}, 2**63, [row, 1], True)
    )
    odd = [row] if rng.random() < 0.3 else odd
    inputs = [
        {"name": name, "shape": [1, 1], "datatype": "BYTES", "data": [cell]} for name, cell in row.items()
    ]
    if rng.random() < 0.5:
        rng.choice(inputs)[rng.choice(("name", "shape", "datatype", "data", "parameters"))] = odd
    split = {"columns": list(row), "data": [list(row.values())]}
    text = _dumped(
        rng.choice(
            (
                *({name: odd} for name in ("instances", "inputs", "dataframe_split", "dataframe_records")),
                *({"dataframe_split": split | {name: odd}} for name in split),
                *({"inputs": inputs, more: odd} for more in ("id", "outputs", "parameters")),
                {"inputs": {name: [cell] for name, cell in row.items()} | {next(iter(row)): odd}},
                {"instances": [row, odd]}, {"instances": [row], "inputs": [row]}, odd,
            )
        )
    )  # fmt: skip
    return text.replace(b'"@"', rng.choice(_ODD).encode("utf-8", "surrogatepass"), 1)


def attack_of(seed: int, number: int, row: Row, routes: list[str]) -> tuple[list[bytes], str]:
    """Return what is sent, in pieces, and how it ends: "wait", "half" closed, or "cut"."""
    rng = Random(f"{seed}-{number}")  # noqa: S311 - the same attacks each time
    requests = [_request(rng, row, routes) for _ in range(rng.choice((1,) * 9 + (5,)))]
    sent = b"".join(requests)
    how = rng.random()
    if how < 0.8:
        pieces = [sent]
    elif how < 0.9:
        places = sorted(rng.randrange(len(sent) + 1) for _ in range(4))
        pieces = [sent[a:b] for a, b in zip([0, *places], [*places, len(sent)], strict=True)]
    elif how < 0.95:
        pieces = [sent[:-80], *(sent[n : n + 1] for n in range(max(0, len(sent) - 80), len(sent)))]
    else:
        pieces = [
            rng.choice(
                (b"", b"\r\n" * 9, rng.randbytes(400), sent[: len(sent) // 2], b"\x16\x03\x01\x02\x00\x01")
            )
        ]
    return pieces, rng.choice(("wait",) * 8 + ("half", "cut"))


def _request(rng: Random, row: Row, routes: list[str]) -> bytes:
    is_odd = rng.random() < 0.25
    method = rng.choice(_METHODS) if is_odd else "POST"
    path = rng.choice(_PATHS) if is_odd and rng.random() < 0.5 else rng.choice(routes)
    body, kind = body_of(rng, row, path)
    version = rng.choice(("1.1",) * 6 + ("1.0", "2.0", "0.9", "9")) if is_odd else "1.1"
    lines = [f"{method} {path}{rng.choice(_QUERIES)} HTTP/{version}", "host: a", f"content-type: {kind}"]
    lines += rng.sample(_LINES, rng.choice((1, 2))) if is_odd else []
    lines += ["connection: close"] * (rng.random() < 0.7)
    if rng.random() < 0.1:
        sizes = (
            f"{len(body):x}",
            f"{len(body):X};a=b",
            "0",
            "-1",
            "ffffffffffffffffff",
            "zz",
            f"{len(body) + 9:x}",
        )
        lines.append("transfer-encoding: chunked")
        body = (
            rng.choice(sizes[:2] + sizes).encode()
            + b"\r\n"
            + body
            + rng.choice((b"\r\n0\r\n\r\n", b"", b"0\r\n"))
        )
    else:
        told = len(body) + (rng.choice((-1, 1, 50, -len(body), 10**12)) if rng.random() < 0.05 else 0)
        lines += [f"content-length: {told}"] * rng.choice((1,) * 30 + (0, 2))
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body


def send(port: int, attack: tuple[list[bytes], str], patience_s: float) -> bytes:
    """Return what comes back within this time after the last byte was sent, or until the end."""
    pieces, end = attack
    found = b""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for piece in pieces:
                connection.sendall(piece)
            if end == "cut":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return b""
            if end == "half":
                connection.shutdown(socket.SHUT_WR)
            connection.settimeout(patience_s)
            while part := connection.recv(1 << 18):
                found += part
    except ConnectionRefusedError:
        raise
    except OSError:  # it was hung up on, or says nothing more
        return found
    return found


def statuses(answer: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 ([0-9]{3}) ", answer)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int)
    parser.add_argument("--patience-s", type=float, default=0.25)
    given = parser.parse_args()
    service = Service(given.model)
    row, name = service.example(), json.loads(service.get("/model"))["name"]
    routes = ["/predict"] * 5 + ["/invocations"] * 2 + [f"/v2/models/{name}/infer"] * 2
    make = partial(attack_of, given.seed, row=row, routes=routes)
    if given.only is not None:
        attack = make(given.only)
        print(attack, send(service.port, attack, 12), *service.said, sep="\n")
        service.stop()
        return
    sys.exit(storm(service, row, make, given))


def storm(
    service: Service, row: Row, make: Callable[[int], tuple[list[bytes], str]], given: argparse.Namespace
) -> int:
    """Attack; return 1 if something came of it that should not."""
    text = _dumped(row)
    head = b"POST /predict HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\n"
    usual = [head + b"content-length: %d\r\n\r\n" % len(text) + text], "wait"
    before = send(service.port, usual, 30).partition(b"\r\n\r\n")[2]
    seen, wrong, sizes, idle = Counter[int](), list[tuple[int, int]](), list[int](), list[socket.socket]()
    started = time.monotonic()

    def one(number: int) -> None:
        found = statuses(send(service.port, make(number), given.patience_s))
        seen.update(found or [0])
        wrong.extend((number, status) for status in found if status >= 500 and status not in _ALLOWED)

    with ThreadPoolExecutor(16) as threads:
        for tenth in range(10):
            idle.extend(socket.create_connection(("127.0.0.1", service.port)) for _ in range(50))
            list(threads.map(one, range(tenth * given.n // 10, (tenth + 1) * given.n // 10)))
            sizes.append(service.resident_bytes())
    took_s = time.monotonic() - started
    after = send(service.port, usual, 30).partition(b"\r\n\r\n")[2]
    status = service.stop()
    odd = [line for line in service.said if "Traceback" in line or " ERROR " in line]
    n_panics = sum(" panicked at " in line for line in service.said)  # of polars, which the service outlives
    print(
        f"{given.n:,} attacks in {took_s:.0f} s: "
        + ", ".join(f"{n:,} of {s or 'nothing'}" for s, n in sorted(seen.items()))
    )
    print(f"resident after each tenth: {', '.join(f'{size / 1e6:.0f}' for size in sizes)} MB")
    print(f"{len(odd)} errors and {n_panics} panics of polars in the log")
    print(f"the usual request gets {'its' if after == before else 'ANOTHER'} answer")
    for number, wrong_status in wrong[:20]:
        print(f"attack {number} got {wrong_status}")
    print(*odd[:20], sep="")
    return int(
        bool(wrong or odd or status or after != before or not before or sizes[-1] > 1.3 * sizes[4] + 30e6)
    )


if __name__ == "__main__":
    main()

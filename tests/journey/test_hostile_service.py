"""A service and clients that mean no good, or only write HTTP in another way than most.

Real processes and sockets. `benchmarks/serving/hostile.py` attacks for longer.
"""

from __future__ import annotations

import io
import json
import socket
import subprocess
import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import mlwright as mw
from mlwright.serving.keys import add_key

pytestmark = [pytest.mark.journey, pytest.mark.slow]
ROOT = Path(__file__).parents[2]
LONG_S = 60.0
JSON, CSV, ARROW = "application/json", "text/csv", "application/vnd.apache.arrow.stream"
MOST_BYTES = 20_000
ROW = {"amount": 12.5, "color": "red", "when": "2024-05-31T08:00:00", "note": "a late parcel", "flag": True}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A model of every kind of column."""
    rng, n_rows = np.random.default_rng(5), 200
    words = ["late", "broken", "blue", "parcel", "thanks", "refund", "box"]
    amount, flag = rng.normal(50, 20, n_rows).round(2), rng.choice([True, False], n_rows)
    start = datetime(2021, 3, 4)  # noqa: DTZ001 - as tables hold them
    table = {
        "amount": amount,
        "color": rng.choice(["red", "green", "Blau"], n_rows),
        "when": [str(start + timedelta(seconds=int(s))) for s in rng.integers(0, 9 * 10**7, n_rows)],
        "note": [" ".join(rng.choice(words, 6)) for _ in range(n_rows)],
        "flag": flag,
        "sold": np.where(amount / 20 + flag + rng.normal(0, 0.5, n_rows) > 3, "yes", "no"),
    }
    place = tmp_path_factory.mktemp("hostile") / "orders.mlw"
    mw.train(table, "sold", max_trials=1, refit="no").save(place)
    return place


class Service:
    def __init__(self, place, *options):
        command = [
            sys.executable,
            "-m",
            "mlwright",
            "serve",
            str(place),
            "--port",
            "0",
            "--drain",
            "0",
            *options,
        ]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        told = self.process.stderr.readline()
        assert " answers at " in told, told + self.process.stderr.read()
        self.port, self.said = int(told.rpartition(":")[2]), []
        self.listening = threading.Thread(
            target=lambda: self.said.extend(line for line in self.process.stderr if " INFO stop" not in line)
        )
        self.listening.start()

    def ask(self, sent, n_answers=1):
        """Send bytes; return the answers, as (status, headers, body), once they are whole."""
        got, found = b"", []
        with socket.create_connection(("127.0.0.1", self.port), timeout=LONG_S) as connection:
            connection.sendall(sent)
            while len(found) < n_answers and (part := connection.recv(1 << 16)):
                got += part
                found = answers(got)
        return found

    def end(self):
        self.process.terminate()
        assert self.process.wait(LONG_S) == 0
        self.listening.join()
        self.process.stderr.close()


@pytest.fixture(scope="module")
def service(place):
    one = Service(place, "--max-body", "20KB")
    yield one
    one.end()
    assert not one.said


def answers(got):
    found = []
    while b"\r\n\r\n" in got:
        head, _, rest = got.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        status, size = int(first.split()[1]), int(headers.get("content-length", 0))
        if len(rest) < size:
            break
        if status != 100:
            found.append((status, headers, rest[:size]))
        got = rest[size:]
    return found


def request(body=b"", path="/predict", kind=JSON, method="POST", **more):
    lines = {"host": "a", "content-type": kind, "content-length": len(body), "x-request-id": "same", **more}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def dumped(value):
    return json.dumps(value).encode()


def stream(columns, **more):
    out = io.BytesIO()
    pl.DataFrame(columns).write_ipc_stream(out, **more)
    return out.getvalue()


def padded(size):
    return dumped(ROW).ljust(size)


TENSORS = {
    "inputs": [{"name": n, "shape": [1, 1], "datatype": "BYTES", "data": [cell]} for n, cell in ROW.items()]
}
LINE = ",".join(map(str, ROW.values())).encode()
ASKED = {
    "a row": request(dumped(ROW)),
    "rows": request(dumped([ROW] * 3)),
    "many rows": request(dumped([ROW] * 100)),
    "too many rows": request(b"[" + b"{}," * 1000 + b"{}]"),
    "explained": request(dumped(ROW), "/predict?explain=true"),
    "a level": request(dumped(ROW), "/predict?level=0.5"),
    "no level": request(dumped(ROW), "/predict?level=2"),
    "a fragment": request(dumped(ROW), "/predict?level=0.5#part"),
    "an encoded query": request(dumped(ROW), "/predict?explain=%66alse"),
    "nothing": request(),
    "no JSON": request(b"{"),
    "no row": request(b"[1]"),
    "a row too little": request(b"{}"),
    "an odd cell": request(dumped(ROW | {"amount": "12"})),
    "csv": request(",".join(ROW).encode() + b"\n" + LINE, kind=CSV),
    "arrow": request(stream({name: [cell] for name, cell in ROW.items()}), kind=ARROW),
    "broken arrow": request(b"ARROW1", kind=ARROW),
    "another type": request(dumped(ROW), kind="text/plain"),
    "invocations": request(dumped({"instances": [ROW]}), "/invocations"),
    "invocations as csv": request(dumped({"instances": [ROW]}), "/invocations", accept=CSV),
    "no invocation": request(b"[]", "/invocations"),
    "tensors": request(dumped(TENSORS), "/v2/models/orders/infer"),
    "no tensor": request(b"{}", "/v2/models/orders/infer"),
    "an unknown kind": request(
        dumped({"inputs": [TENSORS["inputs"][0] | {"datatype": []}]}), "/v2/models/orders/infer"
    ),
    "the largest body": request(padded(MOST_BYTES)),
    "a larger body": request(padded(MOST_BYTES + 1)),
    "the last": request(dumped(ROW), connection="close"),
    "an old client": request(dumped(ROW)).replace(b"HTTP/1.1", b"HTTP/1.0"),
    "in chunks": request(transfer_encoding="chunked").replace(b"content-length: 0\r\n", b"")
    + b"1\r\n{\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(dumped(ROW)) - 1, dumped(ROW)[1:]),
}
EXPECTED = {
    "too many rows": 413, "no level": 422, "nothing": 400, "no JSON": 400, "no row": 422,
    "a row too little": 422, "an odd cell": 422, "broken arrow": 400, "another type": 415,
    "no invocation": 422, "no tensor": 422, "an unknown kind": 422, "a larger body": 413,
}  # fmt: skip


@pytest.mark.parametrize("name", ASKED)
def test_every_way_that_a_request_can_take_gives_the_same_answer(service, name):
    """The short way; uvicorn's, which `Expect` and haste take; and with an offer of HTTP/2."""
    sent = ASKED[name]
    (short,) = service.ask(sent)
    assert short[0] == EXPECTED.get(name, 200), short
    assert service.ask(with_header(sent, b"expect: 100-continue")) == [short]
    assert service.ask(with_header(sent, b"connection: upgrade\r\nupgrade: h2c")) == [short]
    first, second = service.ask(request(dumped(ROW)) + sent, 2)
    assert first == service.ask(request(dumped(ROW)))[0]
    assert second == short


def with_header(sent, line):
    first, _, rest = sent.partition(b"\r\n")
    return b"%b\r\n%b\r\n%b" % (first, line, rest)


def test_nobody_is_sent_where_the_host_header_says(service):
    ((status, headers, _),) = service.ask(request(path="/model/", method="GET", host="elsewhere"))
    assert status == 404
    assert "location" not in headers


def test_many_offers_of_another_protocol_in_one_segment(service):
    offered = with_header(request(path="/livez", method="GET"), b"connection: upgrade\r\nupgrade: websocket")
    found = service.ask(offered * 2000, 2000)
    assert [(status, body) for status, _, body in found] == [(200, b"alive")] * 2000


def test_a_stream_that_says_it_unpacks_to_an_exabyte_is_refused(service):
    sent = bytearray(stream({name: [cell] * 300 for name, cell in ROW.items()}, compression="zstd"))
    amount = stream({"amount": [12.5] * 300}, compression="zstd")
    size = (300 * 8).to_bytes(8, "little")
    assert size in amount
    place = sent.index(size)
    sent[place : place + 8] = (2**60).to_bytes(8, "little")
    ((status, _, body),) = service.ask(request(bytes(sent), kind=ARROW))
    assert (status, json.loads(body)["type"]) == (400, "urn:mlwright:problem:arrow")
    assert service.ask(request(dumped(ROW)))[0][0] == 200


def test_reasons_go_into_an_arrow_stream_as_json(service):
    sent = request(stream({name: [cell] for name, cell in ROW.items()}), "/predict?explain=true", ARROW)
    ((status, _, body),) = service.ask(sent)
    assert status == 200
    written = json.loads(pl.read_ipc_stream(io.BytesIO(body))["explanation"][0])
    assert (
        written == json.loads(service.ask(request(dumped(ROW), "/predict?explain=true"))[0][2])["explanation"]
    )


def test_what_is_wrong_with_a_cell_is_not_told_in_terse_refusals(place):
    service = Service(place, "--errors", "terse")
    secret, others = "4711secret", set(ROW) - {"amount"}
    try:
        odd = [
            {"amount": secret},
            {"amount": [secret]},
            {"amount": {secret: 1}},
            {"amount": True, "note": secret},
        ]
        bodies = [dumped(ROW | cells) for cells in odd] + [
            b"[%b" % dumped(ROW | odd[0]),
            dumped([ROW, secret]),
        ]
        for body in bodies:
            assert_silent(service.ask(request(body)), secret, others)
            assert_silent(service.ask(request(body, kind=CSV)), secret, others)
        for body in (
            {"instances": [ROW | odd[0]]},
            {"inputs": {secret: [1]}},
            {"instances": [ROW], "inputs": secret},
        ):
            assert_silent(service.ask(request(dumped(body), "/invocations")), secret, others)
    finally:
        service.end()
    assert not service.said


def assert_silent(found, secret, others):
    ((status, _, body),) = found
    assert 400 <= status < 500, body
    assert secret not in body.decode()
    assert not [name for name in others if f"'{name}'" in body.decode()], body


def test_the_storm_leaves_nothing_behind(place):
    command = [sys.executable, "benchmarks/serving/hostile.py", str(place), "--n", "1000", "--seed", "3"]
    ended = subprocess.run(
        [*command, "--patience-s", "0.1"], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize("is_open", [True, False])
def test_the_description_holds_under_schemathesis_with_all_checks(place, tmp_path, is_open):
    keys = tmp_path / "keys.json"
    key = add_key(keys, "app", ("predict", "metrics"))
    service = Service(place, *([] if is_open else ["--keys", str(keys)]))
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "run", f"http://127.0.0.1:{service.port}/openapi.json",
        "--checks", "all", "-n", "15", "--seed", "1", "--continue-on-failure", "--no-color",
        "--generation-database", "none", "-H", f"Authorization: Bearer {key}",
    ]  # fmt: skip
    try:
        ended = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
        )
    finally:
        service.end()
    assert ended.returncode == 0, ended.stdout
    assert "No issues found" in ended.stdout
    assert not service.said

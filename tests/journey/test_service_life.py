"""A service keeps its promises while it is stopped, while its model is exchanged, and while workers die.

Real processes and sockets. `benchmarks/serving/` does the same for longer, with more load.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

import mlwright as mw
from mlwright.artifact.signature import sign

pytestmark = [
    pytest.mark.journey,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc"),
]
LONG_S = 60.0
"""Nothing below takes nearly as long; a machine may be busy."""
ROWS = [{"size": 0.5 * n - 3, "color": "red" if n % 3 else "blue"} for n in range(12)]


def table(seed, **more):
    rng = np.random.default_rng(seed)
    size, color = rng.normal(0, 2, 160), rng.choice(["red", "blue"], 160)
    sold = np.where(size + (color == "red") + rng.normal(0, 0.5, 160) > 0, "yes", "no")
    return {"size": size.round(3), "color": color, "sold": sold} | dict.fromkeys(more, size)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Two models of one question, and one that reads a column more."""
    folder = tmp_path_factory.mktemp("models")
    places = [folder / f"{name}.mlw" for name in ("first", "second", "other")]
    tables = [table(0), table(1), table(2, weight=True)]
    for place, rows in zip(places, tables, strict=True):
        mw.train(rows, "sold", max_trials=1, refit="no").save(place)
    return places


@pytest.fixture
def place(models, tmp_path):
    return Path(shutil.copy(models[0], tmp_path / "model.mlw"))


@pytest.fixture
def serve(place):
    started = []

    def start(*options, **environment):
        started.append(Service(place, *options, **environment))
        return started[-1]

    yield start
    for service in started:
        if service.process.poll() is None:
            service.process.kill()
        service.process.wait()
        service.process.stderr.close()
        for pid in service.seen:
            assert until(lambda pid=pid: not is_alive(pid)), "a worker outlives its service"


class Service:
    def __init__(self, place, *options, **environment):
        command = [sys.executable, "-m", "mlwright", "serve", str(place), "--port", "0", *options]
        self.process = subprocess.Popen(
            command, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment}
        )
        self.said, self.seen = [], set()
        told = self.process.stderr.readline()
        assert " answers at " in told, told + self.process.stderr.read()
        self.port = int(told.rpartition(":")[2])
        threading.Thread(target=lambda: self.said.extend(self.process.stderr), daemon=True).start()

    def ask(self, row, connection=None):
        """Return version and answer."""
        if connection is None:
            with closing(self.connection()) as another:
                return self.ask(row, another)
        connection.request("POST", "/predict", json.dumps(row), {"content-type": "application/json"})
        with connection.getresponse() as answer:
            body = json.loads(answer.read())
        assert answer.status == 200, body
        return answer.headers["x-model-version"], body

    def get(self, path):
        with closing(self.connection()) as connection:
            connection.request("GET", path)
            with connection.getresponse() as answer:
                return answer.status, answer.read().decode()

    def connection(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONG_S)

    def count(self, name):
        lines = [line for line in self.get("/metrics")[1].splitlines() if line.startswith(name)]
        return float(lines[0].rpartition(" ")[2])

    def tell(self, number):
        self.process.send_signal(number)

    def end(self):
        self.tell(signal.SIGTERM)
        return self.process.wait(LONG_S)

    def workers(self):
        """Return the processes that it started and that live."""
        parent = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        found = {int(pid) for pid in Path(parent).read_text().split()}
        self.seen |= found
        return found

    def is_open(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=LONG_S).close()
        except ConnectionRefusedError:
            return False
        return True


def until(is_so):
    """Wait until it is so; tell whether it came to that."""
    for _ in range(int(LONG_S / 0.02)):
        if is_so():
            return True
        time.sleep(0.02)
    return False


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def version(model):
    return sha256(model.read_bytes()).hexdigest()[:12]


def answers(model):
    """Return the chance of "yes" for each row."""
    return mw.load(model).predict_proba(ROWS)[:, 1].tolist()


def replace(place, by):
    shutil.copy(by, place.with_suffix(".next"))
    place.with_suffix(".next").replace(place)


def test_told_to_stop_it_says_so_answers_for_a_while_and_exits_well(serve):
    service = serve("--drain", "2")
    kept = service.connection()
    service.ask(ROWS[0], kept)
    service.tell(signal.SIGTERM)
    assert until(lambda: service.get("/readyz")[0] == 503)
    assert service.get("/livez") == (200, "alive")
    assert service.ask(ROWS[0], kept)[1]["prediction"] in ("yes", "no")
    assert kept.sock is None, "the answer did not say that the connection is closed"
    assert service.process.wait(LONG_S) == 0
    assert not service.is_open()
    assert until(lambda: len(service.said) == 2)
    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}"
    assert re.fullmatch(f"{moment} INFO stopping; answers for 2 s more\n", service.said[0])
    assert re.fullmatch(f"{moment} INFO stopped\n", service.said[1])


def test_what_was_asked_before_the_end_is_answered(serve):
    service = serve("--drain", "0")
    body = json.dumps(ROWS[0]).encode()
    head = (
        b"POST /predict HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    )
    sent = head % len(body) + body
    halves = [socket.create_connection(("127.0.0.1", service.port), timeout=LONG_S) for _ in range(3)]
    for one, n_bytes in zip(halves, (20, len(sent) - len(body), len(sent) - 5), strict=True):
        one.sendall(sent[:n_bytes])
    assert until(lambda: service.get("/livez")[0] == 200)
    service.tell(signal.SIGTERM)
    assert until(lambda: not service.is_open())
    for one, n_bytes in zip(halves, (20, len(sent) - len(body), len(sent) - 5), strict=True):
        one.sendall(sent[n_bytes:])
        answer = http.client.HTTPResponse(one)
        answer.begin()
        assert answer.status == 200
        assert answer.headers["connection"] == "close"
        answer.close()
        one.close()
    assert service.process.wait(LONG_S) == 0


def test_a_second_signal_does_not_wait(serve):
    service = serve("--drain", "3600")
    service.tell(signal.SIGTERM)
    assert until(lambda: service.get("/readyz")[0] == 503)
    assert service.end() == 0


def test_a_service_that_asks_nobody_ends_well_on_ctrl_c(serve):
    service = serve("--drain", "3600")
    service.tell(signal.SIGINT)
    assert service.process.wait(LONG_S) == 0


def test_every_answer_is_of_the_model_that_its_header_names(serve, place, models):
    service = serve()
    known = {version(model): answers(model) for model in models[:2]}
    first, second = known.values()
    assert first != second
    seen, wrong, is_over = [version(models[0])], [], threading.Event()

    def ask():
        number = 0
        with closing(service.connection()) as connection:
            while not is_over.is_set():
                number = (number + 1) % len(ROWS)
                named, found = service.ask(ROWS[number], connection)
                if found["probability_yes"] != known[named][number]:
                    wrong.append((named, number, found))
                seen[:] = [named]

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        for turn in range(1, 21):
            replace(place, models[turn % 2])
            service.tell(signal.SIGHUP)
            assert until(lambda turn=turn: seen == [version(models[turn % 2])])
    finally:
        is_over.set()
        asking.join()
    assert not wrong
    assert service.count('mlwright_model_swap_total{result="exchanged"}') == 20
    assert f'version="{version(models[0])}"' in service.get("/metrics")[1]


def test_what_cannot_follow_does_not(serve, place, models):
    service = serve()
    place.with_suffix(".next").write_bytes(models[1].read_bytes()[:5000])
    place.with_suffix(".next").replace(place)
    service.tell(signal.SIGHUP)
    assert until(lambda: service.count('mlwright_model_swap_total{result="failed"}') == 1)
    replace(place, models[2])
    service.tell(signal.SIGHUP)
    assert until(lambda: service.count('mlwright_model_swap_total{result="refused"}') == 1)
    assert service.ask(ROWS[0]) == (version(models[0]), service.ask(ROWS[0])[1])
    assert until(lambda: any("it reads 'weight', which clients do not send" in line for line in service.said))
    assert service.get("/readyz")[0] == 200


def test_a_watched_model_follows_only_with_the_signature_that_is_required(serve, place, models, tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    private, public = tmp_path / "private.pem", tmp_path / "public.pem"
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    public.write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    sign(place, private)
    service = serve("--watch", MLWRIGHT_REQUIRE_SIGNED=str(public))
    replace(place, models[1])
    assert until(lambda: service.count('mlwright_model_swap_total{result="failed"}') == 1)
    assert service.ask(ROWS[0])[0] == version(models[0])
    sign(place, private)
    assert until(lambda: service.ask(ROWS[0])[0] == version(models[1]))


def test_a_watched_file_that_vanishes_is_told_and_may_come_again(serve, place, models):
    service = serve("--watch")
    place.unlink()
    goes_on = f"is not there any more, {version(models[0])} goes on"
    assert until(lambda: any(goes_on in line for line in service.said))
    assert service.ask(ROWS[0])[0] == version(models[0])
    replace(place, models[1])
    assert until(lambda: service.ask(ROWS[0])[0] == version(models[1]))
    assert sum("not there" in line for line in service.said) == 1


def test_workers_that_die_are_replaced_and_all_end_together(serve, place, models):
    service = serve("--workers", "2", "--drain", "0")
    assert until(lambda: len(service.workers()) == 2)
    lost = min(service.workers())
    os.kill(lost, signal.SIGKILL)
    assert until(lambda: len(service.workers() - {lost}) == 2)
    replace(place, models[1])
    service.tell(signal.SIGHUP)
    assert until(lambda: all(service.ask(ROWS[0])[0] == version(models[1]) for _ in range(8)))
    assert service.end() == 0
    assert any("ended (SIGKILL)" in line for line in service.said)
    told = [line.split(" ", 2)[2] for line in service.said]
    # One of them may have started with the model that the other exchanged.
    assert any(re.match(f"worker [01]: .*{version(models[1])}", line) for line in told)
    # What a worker said is passed on as it comes: it may come after the supervisor's own words.
    assert "stopping; answers for 0 s more\n" in told
    assert told[-1] == "stopped\n"


def test_workers_end_when_their_supervisor_is_killed(serve):
    service = serve("--workers", "2", "--drain", "0")
    assert until(lambda: len(service.workers()) == 2)
    service.process.kill()
    assert until(lambda: not any(map(is_alive, service.seen)))


def test_a_worker_that_cannot_start_ends_the_service_and_says_why_once(tmp_path):
    broken = tmp_path / "broken.mlw"
    broken.write_bytes(b"nothing")
    command = [sys.executable, "-m", "mlwright", "serve", str(broken), "--port", "0", "--workers", "2"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=LONG_S, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: 'broken.mlw' is not a model file")
    assert len(ended.stderr.splitlines()) == 1


def test_the_example_of_the_reference_runs_with_nothing_more_installed(serve):
    text = (Path(__file__).parents[2] / "docs" / "reference" / "serving.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL)[1]
    assert set(re.findall(r"^(?:import|from) (\w+)", code, re.MULTILINE)) <= sys.stdlib_module_names
    service, names = serve("--drain", "0"), {}
    exec(code.replace(":8080", f":{service.port}"), names)  # noqa: S102 - our own document
    assert names["ask"]("/predict", names["row"]) == service.ask(names["row"])[1]
    assert service.end() == 0


def test_two_workers_together_allow_what_one_may(serve):
    service = serve("--workers", "2", "--drain", "0", "--rate", "0.01")
    statuses = []
    for _ in range(12):
        with closing(service.connection()) as connection:
            connection.request("POST", "/predict", json.dumps(ROWS[0]))
            with connection.getresponse() as answer:
                statuses.append(answer.status)
                answer.read()
    assert sorted(statuses) == [200] + [429] * 11
    assert service.end() == 0


def test_what_was_answered_is_in_the_log_after_the_end(serve, models, tmp_path):
    log = tmp_path / "log"
    service = serve("--drain", "0", "--log", str(log), "--log-features", "size")
    with closing(service.connection()) as connection:
        for row in ROWS:
            service.ask(row, connection)
        service.ask(ROWS, connection)
    assert service.end() == 0
    assert not list(log.glob(".*"))
    found = pl.read_parquet(log / "*.parquet")
    assert found["probability_yes"].to_list() == 2 * answers(models[0])
    assert found["feature_size"].to_list() == 2 * [row["size"] for row in ROWS]
    assert found["row"].to_list() == [1] * len(ROWS) + list(range(1, len(ROWS) + 1))
    assert found["request_id"].n_unique() == len(ROWS) + 1
    assert found["model"].unique().to_list() == [version(models[0])]
    assert "feature_color" not in found.columns
    assert service.said[0] == f"answers are kept in {log}: a Parquet file each 60 s, and one at the end\n"

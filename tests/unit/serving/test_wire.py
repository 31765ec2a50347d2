"""The wire: what stands around a body is held to limits, and does not speak for the headers."""

from __future__ import annotations

import asyncio
import json

import pytest
import uvicorn
from uvicorn.server import ServerState

from mlwright.serving.wire import Wire

from .conftest import ROW

HEAD = b"POST /predict HTTP/1.1\r\nhost: a\r\nx-request-id: head\r\ncontent-type: application/json\r\n"


class Transport(asyncio.Transport):
    """What a connection writes to."""

    def __init__(self):
        super().__init__()
        self.written, self.is_closed = b"", False

    def write(self, data):
        self.written += data

    def close(self):
        self.is_closed = True

    def is_closing(self):
        return self.is_closed

    def pause_reading(self):
        pass

    resume_reading = pause_reading


@pytest.fixture
def wire(service):
    """Return a function that hands a connection bytes, read by read, and returns what it wrote and took."""

    def send(parts, **settings):
        async def talk():
            app, transport = service(**settings).app, Transport()
            config = uvicorn.Config(app, lifespan="off", ws="none", log_config=None)
            one = Wire(app.desk, config=config, server_state=ServerState(), app_state={})
            one.connection_made(transport)
            n_taken = 0
            for part in parts:
                if transport.is_closing():
                    break
                one.data_received(part)
                n_taken += 1
                await asyncio.sleep(0)
            for _ in range(5):
                await asyncio.sleep(0)
            return transport.written, n_taken

        return asyncio.run(talk())

    return send


def chunked(*sizes, more=b""):
    """Return a row in chunks of these sizes, and one of the rest; `more` is a header."""
    body = json.dumps(ROW).encode()
    yield HEAD + more + b"transfer-encoding: chunked\r\n\r\n"
    for size in [*sizes, len(body) - sum(sizes)]:
        yield b"%x\r\n%b\r\n" % (size, body[:size])
        body = body[size:]


@pytest.mark.parametrize("more", [b"", b"expect: 100-continue\r\n"])
def test_trailers_do_not_speak_for_the_headers(wire, more):
    trailers = b"0\r\nx-request-id: trailer\r\ncontent-type: text/csv\r\n\r\n"
    written, _ = wire([*chunked(more=more), trailers])
    assert b"HTTP/1.1 200 OK" in written
    assert b"x-request-id: head\r\n" in written


@pytest.mark.parametrize("line", [b"t: " + b"v" * 994 + b"\r\n", b"v" * 999])
@pytest.mark.parametrize("more", [b"", b"expect: 100-continue\r\n"])
def test_trailers_may_not_grow_without_end(wire, line, more):
    written, n_taken = wire([*chunked(more=more), b"0\r\nt: ", *[line] * 1_000], max_header_bytes=20_000)
    assert b"HTTP/1.1 431 " in written
    assert n_taken < 30


def test_the_sizes_of_chunks_may_not_grow_without_end(wire):
    written, n_taken = wire([*chunked(), *[b"1;" + b"v" * 1_000] * 100], max_header_bytes=20_000)
    assert b"HTTP/1.1 431 " in written
    assert n_taken < 30


def test_many_small_chunks_are_a_body_like_any_other(wire):
    parts = [bytes([byte]) for part in chunked(*[1] * 40) for byte in part]
    written, _ = wire([*parts, b"0\r\n\r\n"], max_header_bytes=len(next(chunked())) + 1)
    assert b"HTTP/1.1 200 OK" in written

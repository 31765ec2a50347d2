"""A client that asks at a given rate and never sleeps, so that what it measures is the service alone.

A client that sleeps between its requests wakes up late and with cold caches: on a virtual machine that is a
third of a millisecond, more than the service takes. This one turns on its own core until a request is due.
"""

from __future__ import annotations

import select
import socket
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass
class Taken:
    """Seconds from the moment a request was due until its whole answer was there; how many were not 200."""

    seconds: list[float] = field(default_factory=list)
    n_failed: int = 0


class _Connection:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(0)
        self.due, self.found, self.is_closed = 0.0, b"", False

    def ask(self, data: bytes, due: float) -> None:
        self.due, self.found = due, b""
        self.socket.sendall(data)

    def is_done(self) -> bool:
        """Read what is there; tell whether the answer is whole, or will never be."""
        try:
            part = self.socket.recv(65536)
        except ConnectionResetError:
            part = b""
        self.found += part
        self.is_closed = not part
        if self.is_closed:
            return True
        head, end, body = self.found.partition(b"\r\n\r\n")
        if not end:
            return False
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        return len(body) >= int(length.partition(b":")[2])


def ask_at_rate(port: int, requests: Iterable[bytes], per_s: float, seconds: float) -> Taken:
    """Send each request when it is due, whatever the answers take, on as many connections as that needs."""
    idle, busy, poll, taken = deque[_Connection](), dict[int, _Connection](), select.epoll(), Taken()
    by_place = dict[int, _Connection]()
    turn, started, number = iter(requests), time.perf_counter(), 0
    n_requests = round(per_s * seconds)
    while number < n_requests or busy:
        due = started + number / per_s
        if number < n_requests and time.perf_counter() >= due:
            number += 1
            if not idle:
                idle.append(one := _Connection(port))
                by_place[one.socket.fileno()] = one
                poll.register(one.socket, select.EPOLLIN)
                due = time.perf_counter()  # connecting is not asking
            one = idle.pop()
            busy[one.socket.fileno()] = one
            one.ask(next(turn), due)
        for place, _ in poll.poll(0):
            one = by_place[place]
            if not one.is_done():
                continue
            if busy.pop(place, None):
                taken.seconds.append(time.perf_counter() - one.due)
                taken.n_failed += not one.found.startswith(b"HTTP/1.1 200")
            elif one.is_closed:
                idle.remove(one)  # it waited longer than the service keeps an idle connection
            if one.is_closed:
                poll.unregister(one.socket)
                one.socket.close()
                del by_place[place]
            else:
                idle.append(one)
    return taken

"""Listening: the socket of a service, and what is told of it. Light, since a supervisor needs no more."""

from __future__ import annotations

import errno
import logging
import socket
import sys
from typing import TYPE_CHECKING

from mlwright.core.errors import UsageError
from mlwright.serving.log_files import MOST_S

if TYPE_CHECKING:
    from mlwright.serving.settings import LogPolicy, Settings

_BACKLOG = 65_535
"""As many as the system allows; who finds it full tries again only after a second."""
_NOT_THE_HOST = (errno.EADDRINUSE, errno.EACCES, errno.EPERM)
_TIME = "%Y-%m-%dT%H:%M:%S%z"
DRAIN, STOP, LOOK = b"d", b"s", b"l"
"""What a supervisor may tell its workers; when it is gone they drain."""


def bind(settings: Settings) -> socket.socket:
    """Take the place, at which nobody can connect yet; raise UsageError if it is taken or not allowed."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except (OSError, OverflowError, UnicodeError) as error:
        listener.close()
        raise _refusal(settings, error) from error
    return listener


def listen(listener: socket.socket, settings: Settings) -> socket.socket:
    """Let clients connect; raise UsageError if another process was quicker."""
    try:
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise _refusal(settings, error) from error
    return listener


def _refusal(settings: Settings, error: Exception) -> UsageError:
    reason = getattr(error, "strerror", None) or str(error)
    message = f"Nothing can be served at {settings.host}:{settings.port}: {reason}. {_advice(error)}"
    return UsageError(message)


def _advice(error: Exception) -> str:
    if getattr(error, "errno", errno.EADDRINUSE) in _NOT_THE_HOST:
        return "Choose another --port."
    return "Give --host an address of this machine: 127.0.0.1, or 0.0.0.0 for all of them."


def announce(what: str, listener: socket.socket, log: LogPolicy | None) -> None:
    """Say where it is, for people and for scripts, and where answers are kept."""
    host, port = listener.getsockname()[:2]
    where = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    print(f"{what} answers at {where}", file=sys.stderr, flush=True)  # noqa: T201 - as it says
    if log is not None:
        told = f"answers are kept in {log.folder}: a Parquet file each {MOST_S:g} s, and one at the end"
        print(told, file=sys.stderr, flush=True)  # noqa: T201 - as above


def tell_stderr(worker: int | None = None) -> None:
    """Let what happens later be told on stderr, with the time, and by which worker if there are several."""
    logger = logging.getLogger("mlwright.serving")
    if not logger.handlers:
        who = "" if worker is None else f"worker {worker}: "
        shown = logging.StreamHandler()
        shown.setFormatter(logging.Formatter(f"%(asctime)s %(levelname)s {who}%(message)s", _TIME))
        logger.addHandler(shown)
        logger.setLevel(logging.INFO)
        logger.propagate = False

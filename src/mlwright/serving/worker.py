"""One process of several that serve a model. The supervisor starts it, and tells it on stdin what to do."""

from __future__ import annotations

import json
import os
import pickle
import signal
import socket
import sys
from typing import TYPE_CHECKING

from mlwright.core.errors import MlwrightError
from mlwright.serving.build import open_scorer
from mlwright.serving.run import Post, run
from mlwright.serving.terms import check_terms, terms_of

if TYPE_CHECKING:
    from pathlib import Path

    from mlwright.serving.settings import Settings
    from mlwright.serving.terms import Terms


def main() -> int:
    """Load, say that all is well, serve; return the status to exit with."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is a model that could be looked for
    place, settings, listener, number, folder, terms = _setup()
    said = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints is no message
    try:
        scorer = open_scorer(place, settings)
        found = terms_of(scorer)
        if terms is not None:
            check_terms(terms, found)
    except MlwrightError as error:
        said.write(json.dumps({"error": str(error)}) + "\n")
        return 2
    said.write(json.dumps({"terms": found}) + "\n")
    said.close()
    post = Post(place, terms or found, number, folder, sys.stdin.fileno())
    run(scorer, settings, socket.socket(fileno=listener), post)
    return 0


def _setup() -> tuple[Path, Settings, int, int, Path, Terms | None]:
    """Read from the supervisor what this process is to be."""
    size = int.from_bytes(_bytes(4))
    found: tuple[Path, Settings, int, int, Path, Terms | None] = pickle.loads(_bytes(size))  # noqa: S301 - our own parent's
    return found


def _bytes(size: int) -> bytes:
    """Read exactly so many; what follows are orders."""
    found = b""
    while len(found) < size:
        part = os.read(sys.stdin.fileno(), size - len(found))
        if not part:
            sys.exit("the supervisor is gone")
        found += part
    return found


if __name__ == "__main__":
    sys.exit(main())

"""The gate: who may come in, how many at once, how often."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, final

from mlwright.serving.allowance import Allowances
from mlwright.serving.options import is_this_machine
from mlwright.serving.problems import Problem, busy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mlwright.serving.counters import Counters
    from mlwright.serving.settings import Settings

_ANYBODY = "anybody"


@final
class Gate:
    """Lets requests in and counts them until they leave.

    `folder` is where processes share allowances. `is_local`: the service listens at this machine alone.
    """

    def __init__(
        self, settings: Settings, counters: Counters, folder: Path | None = None, *, is_local: bool = False
    ) -> None:
        self._settings, self._counters, self._is_local = settings, counters, is_local
        self._inside = 0
        self._allowances = Allowances(settings.rate, folder)

    @property
    def inside(self) -> int:
        """How many requests are worked on."""
        return self._inside

    def admit(self, headers: Mapping[bytes, bytes], scope: str) -> str:
        """Return the name of the key; raise a problem (401, 403) for those who may not."""
        keys = self._settings.keys
        if keys is None:
            if self._is_local:
                _check_host(headers)
            return _ANYBODY
        given = _given(headers)
        if not given:
            detail = "Send a key: `Authorization: Bearer KEY`, or `X-API-Key: KEY`."
            raise Problem(401, "no_key", detail)
        found = keys.find(given)
        if found is None:
            raise Problem(401, "wrong_key", "This key is not known.")
        if scope not in found.scopes:
            raise Problem(403, "scope", f"The key {found.name!r} does not open this: it lacks {scope!r}.")
        return found.name

    def enter(self, who: str) -> None:
        """Take a request in; raise a problem (429, 503) if there are too many."""
        rate = self._settings.rate
        if rate and not self._allowances.take(who):
            told = f"{who} may ask {rate:g} times a second. Try again."
            raise Problem(429, "rate", told, retry_s=ceil(1 / rate))
        if self._inside >= self._settings.max_in_flight:
            raise busy(f"{self._inside} requests are being worked on, and no more may be.")
        self._inside += 1
        self._counters.entered()

    def leave(self) -> None:
        """Let a request go."""
        self._inside -= 1
        self._counters.left()


def _check_host(headers: Mapping[bytes, bytes]) -> None:
    """Raise a problem (403) for a page of elsewhere whose name was made to lead to this machine.

    To a browser such a page is of the same origin, so that it could read all answers. It knows itself by its
    own name, and by plain HTTP: to names that it trusts, and over a proxy with TLS, a browser sends
    `Sec-Fetch-Mode`, which no page can; programs that are none send no `Accept-Language`.
    """
    if b"accept-language" not in headers and not headers.get(b"origin", b"").startswith(b"http:"):
        return
    host = headers.get(b"host", b"").decode("latin-1")
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    if b"sec-fetch-mode" in headers or is_this_machine(name.lower()) or name.lower().endswith(".localhost"):
        return
    detail = (
        f"A browser asks {name[:60]!r}, and this service has no keys and answers this machine alone. Open it "
        "as 127.0.0.1 or localhost, or give it keys."
    )
    raise Problem(403, "host", detail)


def _given(headers: Mapping[bytes, bytes]) -> str:
    """Return the key that a request brings; "" if none."""
    kind, _, token = headers.get(b"authorization", b"").partition(b" ")
    if kind.lower() == b"bearer" and token:
        return token.strip().decode("latin-1")
    return headers.get(b"x-api-key", b"").decode("latin-1")

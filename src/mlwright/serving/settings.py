"""Settings of a service: where it listens, what it allows, how much it takes at once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from pathlib import Path

    from mlwright.serving.keys import Keys


class Errors(StrEnum):
    """How much a refusal tells."""

    FULL = "full"
    """What was found, what was expected, and which columns are there."""
    TERSE = "terse"
    """The column and the row, and nothing of the schema or of the cell."""


class Extra(StrEnum):
    """What is done with columns that the model does not read."""

    IGNORE = "ignore"
    REJECT = "reject"


@final
@dataclass(frozen=True, slots=True)
class LogPolicy:
    """What is kept of answers.

    `features`: whose cells are kept: "none", "all" or names with commas between. `keep_bytes`: how much all
    files may take together, None: any.
    """

    folder: Path
    features: str = "none"
    keep_bytes: int | None = None


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an operator may choose; the defaults suit one model behind a proxy or on a desk.

    `max_header_bytes`, `max_body_bytes`: of one request. `max_rows`: of one request. `max_in_flight`:
    requests that a process may work on at once; more are refused with 503. `rate`: requests a second for
    each key (0: no limit), of all processes together; more are refused with 429. `body_s`,
    `answer_s`: how long a body may take to arrive and rows may take to answer. `drain_s`: how long a
    service that was told to stop still takes requests. `watch`: whether the model's file is looked at each
    second. `workers`: processes that answer. `log`: where answers are kept, None: nowhere.
    `require_signed`: the public key whose owner must have signed the model, and each that follows it; None:
    that of the environment, if there is one.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    keys: Keys | None = None
    errors: Errors = Errors.FULL
    extra: Extra = Extra.IGNORE
    max_header_bytes: int = 64 * 2**10
    max_body_bytes: int = 2**20
    max_rows: int = 1_000
    max_in_flight: int = 256
    rate: float = 0.0
    body_s: float = 10.0
    answer_s: float = 30.0
    drain_s: float = 5.0
    watch: bool = False
    workers: int = 1
    log: LogPolicy | None = None
    require_signed: Path | None = None

    @property
    def is_terse(self) -> bool:
        """Whether refusals keep the schema and cells to themselves."""
        return self.errors is Errors.TERSE

"""Finding: anything noticed, with its evidence. One type for data, leaks, drift and reviews."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, final

from mlwright.core.said import spelled

if TYPE_CHECKING:
    from collections.abc import Mapping


class Severity(StrEnum):
    """How bad it is if nobody acts."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was noticed, where, how sure we are, and what to do.

    `rule` is the stable name of the check; `column` is "" when the finding is about the whole table;
    `action` says what mlwright did about it: "dropped", "kept", "noted".
    """

    rule: str
    severity: Severity
    message: str
    column: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    remedy: str = ""
    action: str = "noted"

    def to_json(self) -> dict[str, Any]:
        """Return the documented JSON shape of a finding."""
        told = {
            "rule": self.rule,
            "severity": self.severity.value,
            "column": self.column or None,
            "message": self.message,
            "evidence": dict(self.evidence),
            "remedy": self.remedy,
            "action": self.action,
        }
        return dict(spelled(told))

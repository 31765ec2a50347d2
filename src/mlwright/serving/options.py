"""From the words of the command line to settings, refusing what would not be safe."""

from __future__ import annotations

from importlib.util import find_spec
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from mlwright.core.errors import MissingDependencyError, UnknownNameError, UsageError
from mlwright.core.memory import parse_size
from mlwright.serving.keys import Keys
from mlwright.serving.log_files import open_folder
from mlwright.serving.settings import Errors, Extra, LogPolicy, Settings

if TYPE_CHECKING:
    from pathlib import Path

_NEEDED = ("fastapi", "httptools", "msgspec", "prometheus_client", "uvicorn", "uvloop")


def check_installed() -> None:
    """Raise MissingDependencyError if something that a service stands on is not there."""
    for name in _NEEDED:
        if find_spec(name) is None:
            raise MissingDependencyError.install("A service", name, "serve")


def log_policy(folder: Path | None, features: str, keep: str) -> LogPolicy | None:
    """Return what is kept of answers; raise UsageError if that cannot be."""
    if folder is None:
        if features != "none" or keep:
            message = "--log-features and --log-keep say how answers are logged; say where with --log FOLDER."
            raise UsageError(message)
        return None
    if find_spec("polars") is None:
        message = (
            "--log writes with 'polars', which is not installed here: images are made without it. What "
            "mlwright export --to deployment makes has it."
        )
        raise MissingDependencyError(message)
    return LogPolicy(open_folder(folder), features, parse_size(keep, "--log-keep") if keep else None)


def settings_of(
    *, host: str, keys: Path | None, is_insecure: bool, errors: str, extra: str, max_body: str, **others: Any
) -> Settings:
    """Return the settings.

    Raises
    ------
    UsageError
        An option cannot be used; or the service would be open to other machines without a key, and
        nobody said `--insecure`.
    """
    for what, given, known in (("--errors", errors, Errors), ("--extra", extra, Extra)):
        if given not in list(known):
            raise UnknownNameError.among(f"value of {what}", given, list(known))
    if not host.strip():
        message = "--host is empty. Give an address of this machine: 127.0.0.1, or 0.0.0.0 for all of them."
        raise UsageError(message)
    if keys is None and not is_insecure and not is_this_machine(host):
        message = (
            f"At {host} everybody who reaches this machine could ask the model. Give the keys that open it "
            "with --keys or MLWRIGHT_KEYS (make one with: mlwright key NAME), or say --insecure or "
            "MLWRIGHT_INSECURE=1 if something else protects it."
        )
        raise UsageError(message)
    return Settings(
        host=host,
        keys=None if keys is None else Keys(keys),
        errors=Errors(errors),
        extra=Extra(extra),
        max_body_bytes=parse_size(max_body, "--max-body", "'64kB', '1MB' or '10MB'"),
        **others,
    )


def is_this_machine(host: str) -> bool:
    """Tell whether an address or a name leads to this machine alone."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

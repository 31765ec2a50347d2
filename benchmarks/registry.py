"""The list of peers (peers/peers.toml), read once: who runs where, with which adapter and options."""

from __future__ import annotations

import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

HERE = Path(__file__).resolve().parent
PEERS_FILE = HERE / "peers" / "peers.toml"
ENVIRONMENTS = Path.home() / ".cache" / "mlwright-benchmarks"
"""Where venvs are made if nothing else is said: outside the checkout, for they are large."""


@final
@dataclass(frozen=True, slots=True)
class Peer:
    """One way to train a model that takes part in the comparison."""

    name: str
    adapter: str
    environment: str | None = None
    group: str | None = None
    extra: bool = False
    options: dict[str, Any] = field(default_factory=dict)

    def python(self, environments: Path) -> Path:
        """Return the interpreter that runs this peer; without an environment, the one in use."""
        if self.environment is None:
            return Path(sys.executable)
        return environments / self.environment / "bin" / "python"


@final
@dataclass(frozen=True, slots=True)
class Environment:
    """A venv: what pip puts into it, in which order, and the packages whose versions are worth noting."""

    name: str
    pip: tuple[tuple[str, ...], ...]
    shows: tuple[str, ...]


def read_peers(path: Path = PEERS_FILE) -> dict[str, Peer]:
    """Return every peer by its name."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name: Peer(name=name, **what) for name, what in content["peers"].items()}


def read_environments(path: Path = PEERS_FILE) -> dict[str, Environment]:
    """Return every environment by its name; the worker's own needs are the last install of each."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        name: Environment(
            name=name,
            pip=(*map(tuple, what["pip"]), tuple(content["worker"])),
            shows=tuple(what["shows"]),
        )
        for name, what in content["environments"].items()
    }


def chosen_peers(names: str) -> list[Peer]:
    """Turn names of peers and groups into peers, each once; end the program at a wrong name."""
    known = read_peers()
    found: dict[str, Peer] = {}
    for word in filter(None, (name.strip() for name in names.split(","))):
        meant = [peer for peer in known.values() if word in (peer.name, peer.group)]
        if not meant:
            sys.exit(f"No peer is called {word!r}. Known: {', '.join(known)}")
        found |= {peer.name: peer for peer in meant}
    return list(found.values())

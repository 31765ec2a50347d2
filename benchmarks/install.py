"""Makes the venvs in which peers run, one after another, and notes what each cost.

    python benchmarks/install.py autogluon lightautoml flaml --environments /somewhere/large

Give names of environments or of peers (peers/peers.toml); `all` means every environment. A venv that
was finished is left alone unless --again is given. Seconds, megabytes and versions are appended to
installs.jsonl in that folder, the words of pip go to NAME.log.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import venv
from pathlib import Path
from typing import TYPE_CHECKING, Any

from registry import ENVIRONMENTS, Environment, read_environments, read_peers

if TYPE_CHECKING:
    from collections.abc import Iterable

DONE = "installed.json"
"""Written into a venv when all of its installs went well; says what is in it."""


def main() -> None:
    """Install what was asked for; exit with 1 if anything failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="+", help="environments or peers, or all")
    parser.add_argument("--environments", type=Path, default=ENVIRONMENTS, help="folder of the venvs")
    parser.add_argument("--again", action="store_true", help="install into venvs that are finished, too")
    options = parser.parse_args()
    options.environments.mkdir(parents=True, exist_ok=True)
    failed = []
    for environment in wanted(options.names):
        place = options.environments / environment.name
        if (place / DONE).exists() and not options.again:
            print(f"{environment.name}: is there")
            continue
        facts = install(environment, place)
        with (options.environments / "installs.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(facts) + "\n")
        print(f"{environment.name}: {facts}", flush=True)
        failed += [environment.name] if facts["error"] else []
    sys.exit(1 if failed else 0)


def wanted(names: Iterable[str]) -> list[Environment]:
    """Return the environments meant by the words of the command line, each once."""
    known, peers = read_environments(), read_peers()
    found: dict[str, Environment] = {}
    for word in names:
        if word == "all":
            return list(known.values())
        name = peers[word].environment if word in peers and word not in known else word
        if name is None:
            print(f"{word}: runs in the environment of compare.py, nothing to install")
        elif name not in known:
            sys.exit(f"No environment or peer is called {word!r}. Known: {', '.join([*known, *peers])}")
        else:
            found[name] = known[name]
    return list(found.values())


def install(environment: Environment, place: Path) -> dict[str, Any]:
    """Make one venv; an error is a result."""
    start = time.monotonic()
    venv.create(place, with_pip=True)
    python = place / "bin" / "python"
    error = None
    with place.with_suffix(".log").open("w", encoding="utf-8") as log:
        for words in environment.pip:
            command = [str(python), "-m", "pip", "install", "--no-input", *words]
            done = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, check=False)
            if done.returncode:
                error = f"pip install {' '.join(words)} exited with {done.returncode}; see {log.name}"
                break
    facts: dict[str, Any] = {
        "environment": environment.name,
        "install_s": round(time.monotonic() - start, 1),
        "size_mb": round(sum(file.lstat().st_size for file in place.rglob("*") if file.is_file()) / 1e6),
        "versions": versions(python, environment.shows),
        "error": error,
    }
    if error is None:
        (place / DONE).write_text(json.dumps(facts), encoding="utf-8")
    return facts


def versions(python: Path, packages: tuple[str, ...]) -> dict[str, str]:
    """Ask a venv which versions it holds."""
    listed = subprocess.run(
        [str(python), "-m", "pip", "list", "--format", "json"], capture_output=True, text=True, check=False
    )
    if listed.returncode:
        return {}
    found = {one["name"].lower(): one["version"] for one in json.loads(listed.stdout)}
    return {"n_packages": str(len(found)), **{name: found[name] for name in packages if name in found}}


if __name__ == "__main__":
    main()

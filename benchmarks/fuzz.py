"""Flips bytes of a model's program, makes the hashes fit, and loads, asks and explains it in a process apart.

    python benchmarks/fuzz.py model.mlw --tries 3000 [--seed 0] [--memory 1e9] [--seconds 20]
    python benchmarks/fuzz.py films.mlw --member all           # or memory.bin, evidence.json, ...
    python benchmarks/fuzz.py films.mlw --member all --as-is   # the hashes stay

Prints how many were refused and by what words, how many answered as before (the bytes that were flipped do
not matter for these answers), and how many ended otherwise: by another error, another answer, a dead process.
What a recommender knows of users is data: who changes it and its hash changes answers, which is told apart.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import resource
import signal
import tempfile
import zipfile
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import mlwright as mw
from mlwright.artifact.save import MANIFEST, PROGRAM, write_atomically
from mlwright.core.errors import MlwrightError
from mlwright.core.task import OF_ROWS

_LONGEST = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--tries", type=int, default=3_000)
    parser.add_argument(
        "--member", default=PROGRAM, help="whose bytes are flipped; all: one at random each time"
    )
    parser.add_argument("--as-is", action="store_true", help="leave the hashes as they are")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--memory", type=float, default=1e9, help="bytes beyond those of the sound model")
    parser.add_argument("--seconds", type=int, default=20, help="for one file")
    asked = parser.parse_args()
    with zipfile.ZipFile(asked.model) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    outcomes: list[str] = []
    while len(outcomes) < asked.tries:
        outcomes += _until_it_ends(files, asked, len(outcomes))
    for how, n_times in Counter(outcomes).most_common():
        print(f"{n_times:6,}  {how}")


def _until_it_ends(files: dict[str, bytes], asked: argparse.Namespace, first: int) -> list[str]:
    """Let a process try from the first on; return how each ended, the last perhaps with the process."""
    context = multiprocessing.get_context("fork")
    reader, writer = context.Pipe(duplex=False)
    work = context.Process(target=_attack, args=(files, asked, first, writer))
    work.start()
    writer.close()
    outcomes: list[str] = []
    with contextlib.suppress(EOFError):
        while True:
            outcomes.append(reader.recv())
    work.join()
    if work.exitcode:
        print(f"try {first + len(outcomes)}: the process ended with {work.exitcode}", flush=True)
        outcomes.append(f"THE PROCESS ENDED with {work.exitcode}")
    return outcomes


def _attack(files: dict[str, bytes], asked: argparse.Namespace, first: int, writer: Any) -> None:
    """Make and open the files from the first on; send for each how that ended."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "model.mlw"
        rows = _rows(mw.load(asked.model))
        expected = _answers(asked.model, rows)
        size = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + int(asked.memory),) * 2)
        for number in range(first, asked.tries):
            rng = np.random.default_rng([asked.seed, number])
            member = str(rng.choice(sorted(files))) if asked.member == "all" else asked.member
            write_atomically(place, _flipped(files, member, rng, fits=not asked.as_is))
            signal.alarm(asked.seconds)
            writer.send(f"{member} {_outcome(place, rows, expected, is_data=member != PROGRAM)}")
            signal.alarm(0)


def _flipped(
    files: dict[str, bytes], member: str, rng: np.random.Generator, *, fits: bool
) -> dict[str, bytes]:
    """Change one to four bytes of a member: a bit, any value, or a value that numbers often end at."""
    data = bytearray(files[member])
    # What it begins with says how the rest is read, so it is met more often than by chance.
    reach = len(data) if rng.integers(2) else min(len(data), 400)
    for at in rng.integers(0, reach, rng.integers(1, 5)):
        kind = rng.integers(3)
        data[at] = (
            data[at] ^ (1 << int(rng.integers(8)))
            if kind == 0
            else int(rng.integers(256))
            if kind == 1
            else int(rng.choice([0, 1, 0x7F, 0x80, 0xFF]))
        )
    changed = {**files, member: bytes(data)}
    if fits and member != MANIFEST:
        manifest = json.loads(files[MANIFEST])
        manifest["files"][member] = {"sha256": sha256(data).hexdigest(), "size": len(data)}
        changed[MANIFEST] = json.dumps(manifest).encode()
    return changed


def _rows(model: Any) -> dict[str, list[Any]]:
    rows: dict[str, list[Any]] = model._contents["golden"]["rows"]  # noqa: SLF001 - rows that it knows
    return {name: cells[:4] for name, cells in rows.items()}


def _answers(place: Path, rows: dict[str, list[Any]]) -> np.ndarray[Any, Any]:
    model = mw.load(place)
    answer = model.answer(rows)
    if model.task.link in OF_ROWS:
        model.explain(rows)
    if model.memory is None:
        return np.asarray(answer.scores)
    out = place.with_suffix(".parquet")
    mw.predict(model, None, out, top=3)
    mw.predict(model, {"user": ["nobody"]}, out.with_name("nobody.parquet"), top=3)
    offered = pl.read_parquet(out)["score"].head(1_000).to_numpy()
    return np.concatenate([np.asarray(answer.scores).ravel(), offered])


def _outcome(
    place: Path, rows: dict[str, list[Any]], expected: np.ndarray[Any, Any], *, is_data: bool
) -> str:
    try:
        found = _answers(place, rows)
    except MlwrightError as error:
        return f"refused: {str(error)[:_LONGEST].partition(chr(39))[0]}"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
        return f"FAILED: {type(error).__name__}: {str(error)[:_LONGEST]}"
    if found.shape == expected.shape and np.allclose(found, expected, rtol=0, atol=1e-5):
        return "answered as before"
    return "answered otherwise, by other data" if is_data else "ANSWERED OTHERWISE"


if __name__ == "__main__":
    main()

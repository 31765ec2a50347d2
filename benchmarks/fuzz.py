"""Flips bytes of a model's program, makes the hashes fit, and loads, asks and explains it in a process apart.

    python benchmarks/fuzz.py model.mlw --tries 3000 [--seed 0] [--memory 1e9] [--seconds 20]

Prints how many were refused and by what words, how many answered as before (the bytes that were flipped do
not matter for these answers), and how many ended otherwise: by another error, another answer, a dead process.
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

import mlwright as mw
from mlwright.artifact.save import MANIFEST, PROGRAM, write_atomically
from mlwright.core.errors import MlwrightError
from mlwright.core.task import OF_ROWS

_LONGEST = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--tries", type=int, default=3_000)
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
            write_atomically(place, _flipped(files, np.random.default_rng([asked.seed, number])))
            signal.alarm(asked.seconds)
            writer.send(_outcome(place, rows, expected))
            signal.alarm(0)


def _flipped(files: dict[str, bytes], rng: np.random.Generator) -> dict[str, bytes]:
    """Change one to four bytes of the program: a bit, any value, or a value that numbers often end at."""
    data = bytearray(files[PROGRAM])
    for at in rng.integers(0, len(data), rng.integers(1, 5)):
        kind = rng.integers(3)
        data[at] = (
            data[at] ^ (1 << int(rng.integers(8)))
            if kind == 0
            else int(rng.integers(256))
            if kind == 1
            else int(rng.choice([0, 1, 0x7F, 0x80, 0xFF]))
        )
    manifest = json.loads(files[MANIFEST])
    manifest["files"][PROGRAM] = {"sha256": sha256(data).hexdigest(), "size": len(data)}
    return {**files, PROGRAM: bytes(data), MANIFEST: json.dumps(manifest).encode()}


def _rows(model: Any) -> dict[str, list[Any]]:
    rows: dict[str, list[Any]] = model._contents["golden"]["rows"]  # noqa: SLF001 - rows that it knows
    return {name: cells[:4] for name, cells in rows.items()}


def _answers(place: Path, rows: dict[str, list[Any]]) -> np.ndarray[Any, Any]:
    model = mw.load(place)
    answer = model.answer(rows)
    if model.task.link in OF_ROWS:
        model.explain(rows)
    return np.asarray(answer.scores)


def _outcome(place: Path, rows: dict[str, list[Any]], expected: np.ndarray[Any, Any]) -> str:
    try:
        found = _answers(place, rows)
    except MlwrightError as error:
        return f"refused: {str(error)[:_LONGEST].partition(chr(39))[0]}"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
        return f"FAILED: {type(error).__name__}: {str(error)[:_LONGEST]}"
    return "answered as before" if np.allclose(found, expected, rtol=0, atol=1e-5) else "ANSWERED OTHERWISE"


if __name__ == "__main__":
    main()

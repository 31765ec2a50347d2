"""What an exported image weighs, how soon it is ready, and what memory it takes; built twice, to compare.

python benchmarks/serving/image.py model.mlw [--starts 5] [--results image.jsonl]

As root, with runc (scripts/runc.sh) and apt.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

from containers import running, unpack

import mlwright as mw


def main() -> None:
    """Print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--results", type=Path)
    asked = parser.parse_args()
    model, facts = mw.load(asked.model), {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        builds = []
        for number in ("first", "second"):
            (folder / number).mkdir()
            started = time.perf_counter()
            mw.export(model, "image", folder / number / "model.tar")
            builds.append(round(time.perf_counter() - started, 1))
        archives = [folder / number / "model.tar" for number in ("first", "second")]
        image = unpack(archives[0], folder)
        starts, memory = [], []
        for _ in range(asked.starts):
            with running(image, {"MLWRIGHT_INSECURE": "1"}, ["serve", "--drain", "0"]) as container:
                starts.append(container.ready_s)
                memory.append(container.rss_bytes)
        facts = {
            "digest": image.digest,
            "is_same_twice": archives[0].read_bytes() == archives[1].read_bytes(),
            "archive_bytes": archives[0].stat().st_size,
            "layers_bytes": dict(image.layers),
            "built_s": builds,
            "ready_s": [round(one, 3) for one in starts],
            "median_ready_s": round(statistics.median(starts), 3),
            "rss_bytes": round(statistics.median(memory)),
        }
    line = json.dumps(facts)
    print(line)
    if asked.results:
        with asked.results.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


if __name__ == "__main__":
    main()

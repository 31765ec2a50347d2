"""A real table of the catalog and what 60 s made of it, for those who train their own (versus.py).

python benchmarks/serving/real.py DATA/adult FOLDER
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import mlwright as mw

sys.path.append(str(Path(__file__).parents[1]))
from tables import read_catalog, read_table

N_BODIES = 1_000


def write(source: Path, folder: Path, time_limit: str) -> None:
    """Write model.mlw, rows.jsonl (what is asked), train.parquet, where the target is called y."""
    folder.mkdir(parents=True, exist_ok=True)
    table = read_table(read_catalog(source.parent)[source.name], source)
    train = table.train.rename(columns={table.target: "y"})
    train.to_parquet(folder / "train.parquet")
    table.questions[:N_BODIES].to_json(folder / "rows.jsonl", orient="records", lines=True)
    model = mw.train(train, "y", time_limit=time_limit)
    model.save(folder / "model.mlw")
    print(model.evidence["program"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("source", type=Path, help="a data set of two classes in the catalog format")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--time-limit", default="60s")
    given = parser.parse_args()
    write(given.source, given.folder, given.time_limit)

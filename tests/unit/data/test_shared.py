"""Real files are read, understood and parsed; their kinds are what a person would say."""

import json
import os
from pathlib import Path

import pytest

from mlwright.core.schema import Kind
from mlwright.data.infer import infer
from mlwright.data.parse import labels, parse
from mlwright.data.read import read

FOLDER = Path(os.environ.get("MLWRIGHT_SHARED_DATA", Path(__file__).parents[4] / "shared" / "data"))
CATALOG = FOLDER / "catalog.json"
SETS = {
    entry["name"]: entry
    for entry in (json.loads(CATALOG.read_text())["datasets"] if CATALOG.exists() else [])
    if entry["modality"] in ("tabular", "text")
}
KINDS = {
    "adult": {"workclass": Kind.CATEGORY, "fnlwgt": Kind.NUMBER},
    "ames_housing": {"Mas_Vnr_Type": Kind.CATEGORY, "Lot_Area": Kind.NUMBER},
    "beijing_pm25": {"No": Kind.IDENTIFIER, "datetime": Kind.DATETIME},
    "bike_sharing_hourly": {"instant": Kind.IDENTIFIER, "dteday": Kind.DATETIME, "season": Kind.NUMBER},
    "hotel_bookings": {
        "agent": Kind.NUMBER,
        "country": Kind.CATEGORY,
        "reservation_status_date": Kind.DATETIME,
    },
    "reddit_finance_survey": {"age": Kind.CATEGORY, "cash": Kind.NUMBER},
    "sms_spam": {"text": Kind.TEXT},
    "telco_churn": {"customerID": Kind.IDENTIFIER, "TotalCharges": Kind.NUMBER, "Partner": Kind.CATEGORY},
    "titanic3": {"name": Kind.TEXT, "cabin": Kind.STRING, "ticket": Kind.STRING},
    "tweet_engagement": {"id_str": Kind.IDENTIFIER, "created_at": Kind.DATETIME},
}

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(
        not SETS, reason=f"there are no data sets in {FOLDER}; name them by MLWRIGHT_SHARED_DATA"
    ),
]


@pytest.mark.parametrize("name", SETS or ["none"])
def test_a_data_set_is_understood(name):
    entry = SETS[name]
    raw = read(FOLDER / name / entry["files"]["train"])
    schema, _ = infer(raw, target=entry["target"])
    parsed = parse(schema, raw)
    assert {len(cells) for cells in parsed.values()} == {raw.n_rows}
    assert None not in set(labels(schema[entry["target"]], raw.columns[entry["target"]]))
    assert {column: schema[column].kind for column in KINDS.get(name, {})} == KINDS.get(name, {})
    parse(schema, read(FOLDER / name / entry["files"]["test"]))

"""A run leaves one line with everything, whether the peer did well or not."""

import pytest
from registry import Peer
from runs import Run, Setting, execute
from worlds import make_world


@pytest.fixture
def run(tmp_path):
    entry = make_world(tmp_path, 400, 6)
    setting = Setting(tmp_path, tmp_path / "results.jsonl")
    return lambda adapter: (execute(Run(entry, Peer(adapter, adapter), 5.0, 0), setting), entry)


@pytest.mark.slow
def test_a_peer_is_trained_judged_saved_and_timed(run, tmp_path):
    line, entry = run("lightgbm")
    assert line["error"] is None, line
    assert 0.6 < line["low"] < line["score"] < line["high"] < entry["best"] < 1
    assert (line["n_rows"], line["n_test"], line["n_columns"], line["stage"]) == (400, 20_000, 6, "done")
    assert line["overrun_s"] == pytest.approx(line["fit_s"] - 5.0)
    assert min(line[key] for key in ("peak_mb", "cpu_s", "model_mb", "row_p50_ms", "predict_s")) > 0
    assert (tmp_path / "results.runs" / f"{entry['name']}-lightgbm-5-0.npz").exists()


@pytest.mark.slow
def test_a_peer_that_cannot_even_start_is_a_result(run):
    line, _ = run("nobody")
    assert line["score"] is None
    assert "FileNotFoundError" in line["error"]
    assert line["stage"] == "import"

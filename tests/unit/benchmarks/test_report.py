"""The report says what the file of results says, with nothing else to read."""

import json

import pytest
from registry import HERE, read_environments, read_peers
from report import report
from results import append, is_settled, key_of, read_lines


def line(dataset, peer, score, **more):
    """A run of which only the score matters."""
    known = {
        "dataset": dataset, "peer": peer, "group": "autogluon" if "autogluon" in peer else None,
        "time_limit_s": 60.0, "seed": 0, "task": "binary", "metric": "roc_auc", "floor": 0.7,
        "score": score, "error": None if score else "killed after 195 s in stage fit", "others_cores": 0.1,
        "n_rows": 100, "n_test": 50,
    }  # fmt: skip
    if score:
        known |= {"low": score - 0.01, "high": score + 0.01, "resampled": [score - 0.01, score, score + 0.01]}
        known |= {"fit_s": 61.5, "overrun_s": 1.5, "predict_s": 0.1, "peak_mb": 500.0, "cpu_s": 90.0}
    return known | more


@pytest.fixture
def lines():
    own = {"own": {"value": 0.86, "low": 0.84, "high": 0.88}}
    return [
        line("one", "mlwright", 0.85, notes=own),
        line("one", "lightgbm", 0.80),
        line("one", "autogluon_medium", 0.83),
        line("one", "autogluon_best", 0.84),
        line("two", "mlwright", 0.90, notes=own),
        line("two", "lightgbm", 0.80, others_cores=0.9),
        line("two", "autogluon_medium", 0.95),
        line("two", "autogluon_best", None),
    ]


def row(text, title, first):
    """Cells of the line that begins with these words, in the part with this title."""
    part = next(part for part in text.split("\n## ") if part.startswith(title))
    found = next(one for one in part.splitlines() if one.startswith(f"| {first} |"))
    return [cell.strip() for cell in found.strip("|").split("|")]


def test_scores_have_the_best_in_bold_and_name_the_crash(lines):
    text = report(lines)
    assert row(text, "Scores", "one")[3:] == ["**0.85**", "0.8", "0.83", "0.84"]
    assert row(text, "Scores", "two")[3:] == ["0.9", "0.8", "**0.95**", "crash"]
    assert "two, autogluon_best: killed after 195 s" in text
    assert "two, lightgbm: 0.90 cores" in text


def test_a_group_stands_by_its_best_setting_and_by_the_best_of_each_table(lines):
    text = report(lines)
    assert row(text, "Every peer", "mlwright")[1].startswith("1.50")
    assert "autogluon by the best of its settings, autogluon_medium (2 tables" in text
    assert row(text, "autogluon by the best of its settings, autogluon_medium", "autogluon")[1].startswith(
        "1.50"
    )
    assert row(text, "autogluon by the best of its settings on each", "mlwright")[1].startswith("1.50")


def test_wins_are_counted_against_each_peer(lines):
    assert row(report(lines), "Wins", "autogluon_medium")[1:5] == ["2", "1", "0", "1"]
    assert row(report(lines), "Wins", "autogluon_best")[1:5] == ["2", "2", "0", "0"]
    assert row(report(lines), "Wins", "autogluon (best on each)")[1:5] == ["2", "1", "0", "1"]


def test_a_difference_is_a_verdict_by_test_rows(lines):
    text = report(lines)
    assert row(text, "mlwright against autogluon_medium", "one")[3].startswith("-11.8%")
    assert row(text, "mlwright against autogluon_medium", "two")[4] == "worse"


def test_a_difference_is_of_seeds_that_both_ran(lines):
    text = report([*lines, line("one", "autogluon_medium", 0.5, seed=1)])
    assert row(text, "mlwright against autogluon_medium", "one")[3].startswith("-11.8%")


def test_promises_are_held_against_the_test_file(lines):
    text = report(lines)
    assert row(text, "Does mlwright keep", "one")[-2:] == ["yes", "yes"]
    assert row(text, "Does mlwright keep", "two")[-2:] == ["no", "no"]
    assert "overlap on 1, holds on 1 of 2; beats the floor on 2 of 2" in text


def test_nothing_run_is_no_error():
    assert report([]) == "No runs yet.\n"
    assert "crash" in report([line("one", "mlwright", None)])


def test_results_are_appended_and_the_last_line_of_a_run_counts(tmp_path, lines):
    path = tmp_path / "results.jsonl"
    append(path, lines[0])
    append(path, lines[0] | {"score": 0.99})
    with path.open("a") as file:
        file.write('{"dataset": "cut o')
    append(path, lines[1])
    found = read_lines(path)
    assert [*found] == [key_of(lines[0]), key_of(lines[1])]
    assert found[key_of(lines[0])]["score"] == 0.99
    assert len(path.read_text().splitlines()) == 4
    assert json.loads(path.read_text().splitlines()[0]) == lines[0]


def test_a_run_is_repeated_only_if_asked_for(lines):
    crashed, disturbed = lines[7], lines[5]
    assert is_settled(crashed, "no")
    assert not is_settled(crashed, "crashed")
    assert is_settled(crashed, "disturbed")
    assert not is_settled(disturbed, "disturbed")
    assert not is_settled(lines[0], "all")


def test_every_peer_has_an_adapter_and_an_environment():
    environments = read_environments()
    for peer in read_peers().values():
        assert (HERE / "peers" / f"{peer.adapter}.py").is_file()
        assert peer.environment is None or peer.environment in environments

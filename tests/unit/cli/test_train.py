from __future__ import annotations

import json
import re

import pytest

from mlwright.cli.train import default_output


def options(workflow):
    return next(args[2] for name, args in workflow.calls if name == "train")


def test_every_option_reaches_the_workflow(call, workflow):
    line = (
        "train a.csv -t income --time-limit 2m --metric roc_auc --id a --id b --group g --time w --weight n "
        "--exclude x,y --exclude z --test t.csv --baseline o.mlw --refit yes --leaks warn "
        "--kind k --seed 3 --run r --memory-limit 4GB -q"
    )
    done = call(*line.split())
    assert done.exit_code == 0, done.output
    asked = options(workflow)
    assert (asked.time_limit_s, asked.max_trials, asked.metric) == (120.0, None, "roc_auc")
    assert (asked.id, asked.exclude) == (("a", "b"), ("x", "y", "z"))
    assert (asked.group, asked.time, asked.weight, asked.test) == ("g", "w", "n", "t.csv")
    assert (asked.refit, asked.kind, asked.seed, asked.baseline) == ("yes", "k", 3, "o.mlw")
    assert asked.leaks == "warn"
    assert (str(asked.run), asked.run_anew, asked.memory_limit_bytes) == ("r", False, 4 * 10**9)


def test_without_a_name_the_run_folder_stands_beside_the_model(call, workflow):
    call("train", "a.csv", "-t", "income", "-o", "m.mlw")
    assert (str(options(workflow).run), options(workflow).run_anew) == ("m.run", True)


def test_a_lack_of_memory_is_one_clear_line(call, workflow):
    workflow.error = MemoryError()
    done = call("train", "a.csv", "-t", "income")
    assert done.exit_code == 2
    assert "memory is used up" in done.stderr


def test_a_budget_of_work_has_no_clock(call, workflow):
    call("train", "a.csv", "-t", "income", "--max-trials", "5")
    assert (options(workflow).time_limit_s, options(workflow).max_trials) == (None, 5)


def test_the_summary_says_what_came_out_and_what_to_do_next(call, tmp_path):
    done = call("train", "folder/adult.csv", "-t", "income")
    assert done.exit_code == 0, done.output
    for words in ("Is income <=50K or >50K?", "Ready to ship", "0.907", "age", "adult.report.html"):
        assert words in done.stdout
    assert "mlwright predict adult.mlw new.csv" in done.stdout
    assert "mlwright serve adult.mlw\n" in done.stdout
    assert "search: leafwise trees (best roc_auc 0.9, 12 s left)" in done.stderr
    assert (tmp_path / "adult.mlw").exists()
    assert (tmp_path / "adult.report.html").read_text().startswith("<!doctype html>")


def test_json_has_the_documented_shape_and_nothing_else(call, income):
    done = call("train", "a.csv", "-t", "income", "-o", "m.mlw", "--json")
    printed = json.loads(done.stdout)
    assert list(printed) == [
        "artifact", "report", "metric", "test", "baseline", "baseline_rule", "findings", "elapsed_s",
        "time_limit_s",
    ]  # fmt: skip
    assert (printed["artifact"], printed["report"]) == ("m.mlw", "m.report.html")
    assert printed["test"] == income["test"]


def test_quiet_is_quiet_and_no_report_writes_none(call, tmp_path):
    done = call("train", "a.csv", "-t", "income", "--quiet", "--no-report", "--json")
    assert done.stderr == ""
    assert json.loads(done.stdout)["report"] is None
    assert [p.name for p in tmp_path.iterdir()] == ["a.mlw"]


def test_an_error_that_nobody_acted_on_gives_status_1(call, workflow):
    leak = {"rule": "leak", "severity": "error", "column": "x", "message": "It leaks.", "evidence": {}}
    workflow.evidence["findings"] = [{**leak, "remedy": "Drop it.", "action": "kept"}]
    done = call("train", "a.csv", "-t", "income")
    assert done.exit_code == 1
    assert "Do not ship yet" in done.stdout
    workflow.evidence["findings"] = [{**leak, "remedy": "", "action": "dropped"}]
    assert call("train", "a.csv", "-t", "income").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("-o", "nowhere/m.mlw"), "create 'nowhere' first"),
        (("-o", "."), "is a folder"),
        (("--time-limit", "soon"), "'soon'"),
        (("--memory-limit", "much"), "'800MB', '4GB' or '1.5GiB'"),
        (("--refit", "maybe"), "maybe"),
    ],
)
def test_what_cannot_work_is_refused_before_any_work(call, workflow, arguments, says):
    done = call("train", "a.csv", "-t", "income", *arguments)
    assert done.exit_code == 2
    assert says in re.sub(r"\s+", " ", done.stderr)
    assert workflow.calls == []


@pytest.mark.parametrize(
    ("data", "model"),
    [
        ("x/telco.csv", "telco.mlw"),
        ("telco.csv.gz", "telco.mlw"),
        ("-", "model.mlw"),
        ("part-*.csv", "model.mlw"),
        ("postgresql://host/db", "model.mlw"),
    ],
)
def test_the_model_is_named_after_the_data(data, model):
    assert default_output(data) == model

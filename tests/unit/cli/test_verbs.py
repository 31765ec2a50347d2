from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mlwright.cli.summary import show_scores
from mlwright.core.errors import DataError
from mlwright.core.progress import Event


def test_predict_writes_csv_to_stdout_or_a_file(call, tmp_path):
    assert call("predict", "m.mlw", "a.csv").stdout == "row,prediction\n1,>50K\n"
    done = call("predict", "m.mlw", "a.csv", "-o", "out.csv")
    assert (done.stdout, done.stderr) == ("", "1 row answered: out.csv\n")
    assert (tmp_path / "out.csv").exists()


def test_what_should_stay_readable_is_told_beside_answers_on_stdout(call, workflow):
    workflow.told = [
        Event(phase="predicting", message="rows answered", done=1),
        Event(phase="predicting", message="2 users get what is popular", is_lasting=True),
    ]
    done = call("predict", "m.mlw", "a.csv")
    assert done.stdout == "row,prediction\n1,>50K\n"
    assert done.stderr == "predicting: 2 users get what is popular\n"
    assert call("predict", "m.mlw", "a.csv", "--quiet").stderr == ""


@pytest.mark.parametrize(
    "inputs", [["a.csv"], ["*.csv"], ["**/a.csv"], ["b.csv", "--history", "c.csv", "--history", "a.csv"]]
)
def test_no_answer_takes_the_place_of_an_input(call, workflow, tmp_path, inputs):
    for name in ("a.csv", "b.csv", "c.csv"):
        (tmp_path / name).write_text("size\n1\n")
    (tmp_path / "link.csv").symlink_to("a.csv")
    for output in ("a.csv", "link.csv"):
        done = call("predict", "m.mlw", *inputs, "-o", output)
        assert done.exit_code == 2
        assert f"The output '{output}' is an input of this command" in done.stderr
    assert not workflow.calls
    assert (tmp_path / "a.csv").read_text() == "size\n1\n"
    (tmp_path / "answers.txt").touch()
    assert call("predict", "m.mlw", *inputs, "-o", "answers.txt").exit_code == 0


def test_evaluate_prints_the_documented_shape(call, income):
    printed = json.loads(call("evaluate", "m.mlw", "a.csv", "--json").stdout)
    others = ["calibration_error", "intervals", "decision"]
    assert list(printed) == ["task", "n_rows", "seen", "metrics", *others]
    shown = call("evaluate", "m.mlw", "a.csv").stdout
    assert "0.889 to 0.922" in shown
    assert re.search("Truths in 90 % sets +0.912 +0.897 to 0.926 +near 90 %", shown)
    assert re.search("Saved against doing nothing +3.25", shown)


@pytest.mark.parametrize(("n", "says"), [(906, "906 users\n"), (500, "500 of 906 users, at random\n")])
def test_evaluate_counts_users_where_users_judge(n, says, income, capsys):
    others = dict.fromkeys(["seen", "calibration_error", "intervals", "decision"])
    show_scores({"n_rows": n, "n_users": 906, "metrics": income["test"], **others})
    assert capsys.readouterr().out.startswith(says)


def test_profile_prints_the_documented_shape(call):
    printed = json.loads(call("profile", "a.csv", "-t", "income", "--json").stdout)
    assert list(printed) == ["n_rows", "columns", "findings", "events"]
    shown = call("profile", "a.csv").stdout
    assert "native_country" in shown
    assert "Leave one of them out at the source." in shown


def test_info_shows_scores_schema_and_provenance(call, income):
    shown = call("info", "m.mlw").stdout
    for words in ("Is income <=50K or >50K?", "0.907", "workclass", "lightgbm 4.7.0", "sha256"):
        assert words in shown
    assert json.loads(call("info", "m.mlw", "--json").stdout) == income


def test_info_of_a_number(call, workflow, bikes):
    workflow.evidence = bikes
    assert "How high is cnt?" in call("info", "m.mlw").stdout


def test_names_that_look_like_markup_are_printed_as_they_are(call, workflow, income):
    income["data"]["columns"][0]["name"] = "[bold]x[/wrong]"
    income["task"]["target"] = "[red]"
    assert "[bold]x[/wrong]" in call("info", "m.mlw").stdout
    assert "[red]" in call("train", "a.csv", "-t", "income").stdout


HOSTILE = "a\x1b]0;owned\x07\x1b[2J\x9b2J\x7f\udce9"


@pytest.mark.parametrize(
    "line",
    [
        "info m.mlw",
        "info m.mlw --json",
        "report m.mlw --to md",
        "report m.mlw --to json",
        "report m.mlw --at /data/columns",
        "profile a.csv",
        "profile a.csv --json",
        "train a.csv -t income --no-report",
        "train a.csv -t income --no-report --json",
    ],
)
def test_no_name_and_no_finding_can_steer_the_terminal(call, income, line):
    income["data"]["columns"][0]["name"] = HOSTILE
    income["task"]["target"] = income["name"] = HOSTILE
    income["findings"] = [{"severity": "warning", "column": HOSTILE, "message": HOSTILE, "remedy": HOSTILE}]
    done = call(*line.split())
    assert done.exit_code == 0
    assert re.search(r"a\\u001b\]0;owned(\\u0007)?\\u001b\[2J\\u009b2J\\u007f\\udce9", done.stdout)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", done.output)
    if "json" in line:
        assert HOSTILE in str(json.loads(done.stdout)).encode().decode("unicode_escape")


def test_an_error_cannot_steer_the_terminal(call, workflow):
    workflow.error = DataError(f"{HOSTILE} is empty.")
    done = call("train", "a.csv", "-t", "income")
    assert done.stderr == ("error: a\\u001b]0;owned\\u0007\\u001b[2J\\u009b2J\\u007f\\udce9 is empty.\n")


def test_json_without_numbers_is_still_json(call, workflow):
    workflow.profile = {"n_rows": 1, "columns": [{"low": float("nan")}], "findings": []}
    assert json.loads(call("profile", "a.csv", "--json").stdout)["columns"] == [{"low": None}]


def test_an_expected_error_is_one_line(call, workflow):
    workflow.error = DataError("File 'a.csv' is empty. Give one with rows.")
    done = call("train", "a.csv", "-t", "income")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "error: File 'a.csv' is empty. Give one with rows.\n"


def test_a_bug_says_so_and_keeps_the_traceback(call, workflow, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    workflow.error = ZeroDivisionError("oops")
    done = call("profile", "a.csv")
    assert done.exit_code == 2
    assert "this is a bug in mlwright (ZeroDivisionError: oops)" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Traceback" in next(tmp_path.glob("mlwright-*.txt")).read_text()
    assert "Traceback" in call("--debug", "profile", "a.csv").stderr


def test_an_installation_that_only_serves_says_so(call, workflow, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    workflow.error = ModuleNotFoundError("No module named 'polars.io'", name="polars.io")
    done = call("profile", "a.csv")
    assert done.exit_code == 2
    assert done.stderr.startswith("error: This needs 'polars', which is not installed here.")
    assert "it only serves (mlwright serve)" in done.stderr
    workflow.error = ModuleNotFoundError("No module named 'mlwright.cli.lost'", name="mlwright.cli.lost")
    assert "this is a bug in mlwright" in call("profile", "a.csv").stderr


def test_an_interrupt_saves_nothing(call, workflow, tmp_path):
    workflow.error = KeyboardInterrupt()
    done = call("train", "a.csv", "-t", "income")
    assert (done.exit_code, done.stderr) == (130, "interrupted, nothing saved\n")
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_leaves_is_no_error():
    code = "from mlwright.cli.guard import boundary\n@boundary()\ndef verb():\n  print('x' * 10**6)\nverb()"
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=write, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(write)
    assert "BrokenPipe" not in done.stderr


MODEL = Path(__file__).parents[2] / "fixtures" / "models" / "format_1.mlw"


def in_shell(line, *arguments):
    """Run a line of the shell; "$@" stands for mlwright with the arguments."""
    program = [sys.executable, "-m", "mlwright", *map(str, arguments)]
    return subprocess.run(
        ["/bin/sh", "-c", line, "sh", *program], capture_output=True, text=True, check=False
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("more", [[], ["--json"]])
def test_output_that_finds_no_room_is_no_bug(more):
    done = in_shell('exec "$@" >/dev/full', "info", MODEL, *more)
    assert done.returncode == 2
    told = "error: standard output, or a temporary file, cannot be written: No space left on device.\n"
    assert done.stderr == told


def test_a_temporary_file_that_finds_no_room_is_no_bug(tmp_path):
    (tmp_path / "rows.csv").write_text("area,built,note,size\n" + "x,,y,1\n" * 4_000)
    done = in_shell('ulimit -f 8; exec "$@"', "predict", MODEL, tmp_path / "rows.csv")
    told = "error: standard output, or a temporary file, cannot be written: File too large.\n"
    assert (done.returncode, done.stderr) == (2, told)


def test_closed_outputs_are_no_bug(tmp_path):
    done = in_shell('exec "$@" >&-', "info", MODEL)
    assert (done.returncode, done.stderr) == (0, "")
    (tmp_path / "rows.csv").write_text("size,note\n1,x\n")
    done = in_shell('exec "$@" >&-', "predict", MODEL, tmp_path / "rows.csv")
    told = "error: The answers cannot be written to standard output: it is closed. Name a file.\n"
    assert (done.returncode, done.stderr) == (2, told)
    assert in_shell('exec "$@" 2>&-', "info", tmp_path / "no.mlw").returncode == 2


def test_a_bug_is_told_where_there_is_no_room_for_its_traceback(call, workflow, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    workflow.error = ZeroDivisionError("oops")
    done = call("profile", "a.csv")
    assert done.exit_code == 2
    assert (
        "bug in mlwright (ZeroDivisionError: oops). Please report it with what `mlwright --debug`"
        in done.stderr
    )


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"]])
def test_help_is_light(arguments):
    heavy = "('numpy', 'polars', 'sklearn', 'lightgbm', 'onnx', 'onnxruntime', 'jinja2')"
    code = f"""
import sys
from mlwright.cli.app import app
try:
    app({arguments!r})
except SystemExit:
    pass
print([m for m in {heavy} if m in sys.modules])
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.splitlines()[-1] == "[]"


def test_explain_tells_the_reason_and_what_each_column_did(call, workflow):
    shown = call("explain", "m.mlw", "a.csv", "--row", "7").stdout
    assert "The chance that churn is yes: 71.0 %." in shown
    assert "+0.3" in shown
    assert workflow.calls[-1] == ("explain", {"n_rows": None, "row": 7})
    call("explain", "m.mlw", "a.csv")
    assert workflow.calls[-1] == ("explain", {"n_rows": 3, "row": None})
    assert list(json.loads(call("explain", "m.mlw", "a.csv", "--json").stdout)) == ["target", "rows"]


def test_explain_writes_all_rows_into_a_file(call, workflow, tmp_path):
    done = call("explain", "m.mlw", "a.csv", "-o", "why.csv")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "1 rows explained: why.csv\n")
    assert workflow.calls[-1] == ("explain_file", {"n_rows": None, "row": None})


def test_explain_refuses_what_does_not_go_together(call):
    done = call("explain", "m.mlw", "a.csv", "--rows", "2", "--row", "2")
    assert done.exit_code == 2
    assert "cannot be used together" in done.stderr
    assert call("explain", "m.mlw", "a.csv", "-o", "x.csv", "--json").exit_code == 2
    assert call("explain", "m.mlw", "a.csv", "--row", "0").exit_code == 2

"""A project that was ejected answers, refuses and learns as its model did, and reads like written by hand."""

from __future__ import annotations

import csv
import json
import re
import signal
import subprocess
import sys
from base64 import b64decode

import numpy as np
import pytest

from mlwright.artifact.load import load
from mlwright.core.errors import ArtifactError, ProofError, UsageError
from mlwright.data.read import read as read_table
from mlwright.exports.eject import facts
from mlwright.exports.eject.fuzz import Fuzz, fuzz
from mlwright.exports.eject.imports import with_imports
from mlwright.exports.eject.project import package_name
from mlwright.exports.eject.proof import answers, expected_answers
from mlwright.exports.eject.render import mapping, quoted, sequence
from mlwright.exports.export import export
from mlwright.exports.targets import python
from mlwright.workflow.predict import predict_file

from .ejected import CASES, make

_MOST_LINES = 600
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.fixture(scope="module")
def ejected(tmp_path_factory):
    """Return what ejects a case, once: its model, the file of its rows and the folder of its project."""
    made = {}

    def eject(case):
        if case.name not in made:
            folder = tmp_path_factory.mktemp(case.name)
            with pytest.MonkeyPatch.context() as patch:
                model, path = make(case, folder, patch)
            model.save(folder / "model.mlw")
            export(load(folder / "model.mlw"), "python", folder / f"p_{case.name}")
            made[case.name] = model, path, folder / f"p_{case.name}"
        return made[case.name]

    return eject


def test_a_project_that_is_killed_is_told(tmp_path):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nkill -9 $$\n")
    python.chmod(0o755)
    with pytest.raises(ProofError, match="does not run: it ended with status -9 and said nothing"):
        answers(tmp_path, "homes", Fuzz([], []), str(python))


def run(folder, *words):
    """Run Python in a project and return what it wrote."""
    done = subprocess.run(
        [sys.executable, "-B", *map(str, words)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@every_case
def test_it_answers_fuzzed_rows_to_the_last_bit_and_refuses_what_the_model_refuses(case, ejected):
    model, _, folder = ejected(case)
    known = json.loads((folder / folder.name / "model/features.json").read_text(encoding="utf-8"))
    rows = fuzz(model, known, 300, seed=7)  # other rows than those of the proof
    found = answers(folder, folder.name, rows)
    assert found["answers"] == expected_answers(model, rows.rows)
    assert rows.bad or case.name == "words"
    assert all(found["refused"])


@every_case
def test_training_on_the_same_rows_gives_the_same_files(case, ejected, tmp_path):
    _, path, folder = ejected(case)
    run(folder, "-m", folder.name, "train", path, "-o", tmp_path)
    files = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert {"model.onnx", "features.json"} <= set(files)
    for name, data in files.items():
        assert data == (folder / folder.name / "model" / name).read_bytes(), name


@every_case
def test_it_is_short_and_formatted_and_linted(case, ejected):
    _, _, folder = ejected(case)
    lines = [line for file in folder.rglob("*.py") for line in file.read_text(encoding="utf-8").splitlines()]
    assert len(lines) <= _MOST_LINES
    run(folder, "-m", "ruff", "format", "--no-cache", "--check", ".")
    run(folder, "-m", "ruff", "check", "--no-cache", ".")


def test_what_a_model_does_not_need_is_not_in_its_project(ejected):
    def code(name):
        _, _, folder = ejected(next(case for case in CASES if case.name == name))
        return "".join(file.read_text(encoding="utf-8") for file in (folder / folder.name).glob("*.py"))

    assert not any(
        word in code("stakes") for word in ("datetime", "terms_in", "scaling", "BRANCH_EQ", "bins(")
    )
    assert all(word in code("groups") for word in ("bins(", "arithmetic", "cross", "deviation"))
    assert "1.234,5" in code("trees")
    assert "1.234,5" not in code("sets")
    assert "words.onnx" in code("words")


@pytest.mark.parametrize("name", ["groups", "words"])
def test_it_is_typed(name, ejected, tmp_path):
    _, _, folder = ejected(next(case for case in CASES if case.name == name))
    run(folder, "-m", "mypy", "--cache-dir", tmp_path)


def test_its_own_tests_pass(ejected):
    _, _, folder = ejected(CASES[0])
    assert "2 passed" in run(folder, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist")


@pytest.mark.parametrize("name", ["trees", "network", "stakes"])
def test_its_command_line_writes_the_columns_that_predict_writes(name, ejected, tmp_path):
    model, path, folder = ejected(next(case for case in CASES if case.name == name))
    predict_file(model, path, tmp_path / "ours.csv")
    run(folder, "-m", folder.name, "predict", path, "-o", tmp_path / "its.csv")
    ours, its = (read(tmp_path / file) for file in ("ours.csv", "its.csv"))
    assert list(ours[0]) == list(its[0])
    for one, other in zip(ours, its, strict=True):
        assert all(one[name] == other[name] or float(one[name]) == float(other[name]) for name in one)


@pytest.mark.parametrize("name", ["trees", "groups"])
def test_its_white_space_is_looked_at_once(name, ejected):
    _, _, folder = ejected(next(case for case in CASES if case.name == name))
    column = '{"marks": [",", " "]}' if name == "trees" else "{}"
    # Were white space or digits divided in all ways, as they were, this would take hours.
    for text in ('"$" + " " * 20_000 + "x"', '"1" * 1_000_000 + "x"'):
        code = f"from {folder.name}.features import number\nnumber({text}, {column})"
        done = subprocess.run(
            [sys.executable, "-B", "-c", code], cwd=folder, capture_output=True, text=True, check=False
        )
        assert "ValueError" in done.stderr


@pytest.fixture
def hears_interrupts():
    """What a shell starts in the background ignores them, and so would all that it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("hears_interrupts")
def test_its_service_says_where_it_is_and_ends_when_it_is_told_to(ejected):
    _, _, folder = ejected(CASES[0])
    command = [sys.executable, "-B", "-u", "-m", folder.name, "serve", "--port", "0"]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as service:
        try:
            line = service.stdout.readline()
            service.send_signal(signal.SIGINT)
            _, said = service.communicate(timeout=60)
        finally:
            service.kill()
    assert re.match(r"Answers at http://127\.0\.0\.1:[1-9]\d*/predict", line)
    assert (service.returncode, said) == (0, "")


BAD_FILES = {
    "size,city\n1,Bonn,2\n": "row 1: found 3 cells, the header has 2",
    "size, size,city\n1,2,Bonn\n": "row 1: found 3 cells, the header has 2 names",
    "size, size,city\n1,Bonn\n": "row 1: found 2 cells, the header has 2 names",
    "size,city\n": "There are no rows",
    "": "There are no rows",
    "place,person\n1,2\n": "The rows have no column",
    "\udcff": "can't decode",
}


def test_its_headers_are_those_of_files(ejected):
    _, _, folder = ejected(CASES[0])
    (folder / "headers.csv").write_text(" size ,,city\n1,2,Bonn\n", encoding="utf-8")
    code = f"from {folder.name}.__main__ import Path, read_rows\n"
    code += "print(tuple(read_rows(Path('headers.csv'))[0]))"
    assert run(folder, "-c", code).strip() == str(read_table(folder / "headers.csv").names)


@pytest.mark.parametrize(("text", "says"), BAD_FILES.items())
def test_its_command_line_says_what_is_wrong_with_a_file(text, says, ejected, tmp_path):
    _, _, folder = ejected(CASES[0])
    (tmp_path / "rows.csv").write_text(text, encoding="utf-8", errors="surrogateescape")
    assert says in refusal(folder, "predict", tmp_path / "rows.csv", "-o", tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_its_command_line_refuses_what_no_training_can_use(ejected, tmp_path):
    _, path, folder = ejected(CASES[0])
    assert "No such file" in refusal(folder, "train", tmp_path / "none.csv", "-o", tmp_path / "new")
    assert "There are no rows" in refusal(folder, "predict")
    rows = path.read_text(encoding="utf-8").splitlines()
    target = rows[0].split(",").index("late")
    cells = next(csv.reader([rows[1]]))
    cells[target] = "perhaps"
    with (tmp_path / "new.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([rows[0].split(","), cells])
    found = refusal(folder, "train", tmp_path / "new.csv", "-o", tmp_path / "new")
    assert "labels that the model does not know: {'perhaps'}" in found
    assert not (tmp_path / "new").exists()


def refusal(folder, *words):
    """Return what a project's command says when it ends with 2, without a traceback."""
    command = [sys.executable, "-B", "-m", folder.name, *map(str, words)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_project_that_differs_is_refused_and_nothing_is_written(ejected, tmp_path, monkeypatch):
    model, _, _ = ejected(CASES[0])

    def wrong(trace, step):
        found = facts._categories(trace, step)
        found["categories"][0]["levels"] = found["categories"][0]["levels"][::-1]
        return found

    monkeypatch.setitem(facts.STEPS, "category", wrong)
    with pytest.raises(ProofError, match="The project answers"):
        export(model, "python", tmp_path / "p")
    assert not list(tmp_path.iterdir())


def test_a_project_that_reads_too_much_is_refused(ejected, tmp_path, monkeypatch):
    model, _, _ = ejected(CASES[0])
    rows = fuzz(model, {"sets": []}, 50, seed=3)
    # As if the model had refused a row that it reads: for the project that is the same difference.
    monkeypatch.setattr(python, "fuzz", lambda *_: Fuzz(rows.rows, [*rows.bad, rows.rows[0]]))
    with pytest.raises(ProofError, match="reads a cell that the model refuses"):
        export(model, "python", tmp_path / "p")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda _: None, "does not say how it was learned"),
        (lambda recipe: {**recipe, "steps": [{**recipe["steps"][0], "step": "sound"}]}, "step 'sound'"),
        (
            lambda recipe: {**recipe, "members": [{**one, "learner": "oracle"} for one in recipe["members"]]},
            "'oracle'",
        ),
    ],
)
def test_what_a_project_cannot_say_is_refused_by_name(change, says, ejected, tmp_path, monkeypatch):
    model, _, _ = ejected(CASES[0])
    monkeypatch.setitem(model.evidence, "recipe", change(model.evidence["recipe"]))
    with pytest.raises(UsageError, match=says):
        export(model, "python", tmp_path / "p")
    assert not list(tmp_path.iterdir())


def test_a_recipe_that_does_not_fit_its_program_is_refused(ejected, tmp_path, monkeypatch):
    model, _, _ = ejected(CASES[0])
    recipe = model.evidence["recipe"]
    for broken in (
        {**recipe, "members": []},
        {**recipe, "sets": [{}]},
        {"steps": [], "sets": [], "members": []},
    ):
        monkeypatch.setitem(model.evidence, "recipe", broken)
        with pytest.raises(ArtifactError, match="does not fit its program"):
            export(model, "python", tmp_path / "p")


def test_a_package_gets_a_name_that_hides_no_other():
    names = ["churn", "My Model-2", "7days", "json", "numpy", "class", "___", "train"]
    assert [package_name(name) for name in names] == [
        "churn", "my_model_2", "model_7days", "model_json", "model_numpy", "model_class", "model", "train",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("it's", '"it\'s"'),
        ('a "b"', "'a \"b\"'"),
        ("'\"", '"\'\\""'),
        ('\'""', "'\\'\"\"'"),
        ("\\\n\u202e\u00e9", '"\\\\\\n\\u202e\u00e9"'),
    ],
)
def test_a_literal_is_written_as_formatters_do(text, written):
    assert quoted(text) == written


@pytest.mark.parametrize(
    "text", ['a "b"', "it's", "both ' and \"", "\\n", "{x}", "\n", "\u00e9\u202e", "'''"]
)
def test_a_string_of_a_stranger_stays_a_string(text):
    assert eval(quoted(text)) == text  # noqa: S307 - what is written here is what is tested
    assert eval(sequence([text] * 40).removesuffix("# fmt: skip")) == (text,) * 40  # noqa: S307 - as above
    assert eval(mapping({text: (text,), "x": "."})) == {text: (text,), "x": "."}  # noqa: S307 - as above


def test_imports_are_what_a_module_uses():
    source = '"""A."""\n\n# imports\n\n\ndef one(x: Any) -> int:\n    return np.sum(two(x), json.loads(x))\n'
    found = with_imports(source, {".b": ["two", "one"]})
    assert "import json\nfrom typing import Any\n\nimport numpy as np\n\nfrom .b import two\n" in found


def test_the_recipe_says_which_rows_were_learned_from(ejected):
    model, _, _ = ejected(next(case for case in CASES if case.name == "stakes"))
    rows = model.evidence["recipe"]["rows"]
    bits = np.unpackbits(np.frombuffer(b64decode(rows["learned"]), np.uint8))[: rows["n"]]
    assert bits.sum() == model.evidence["split"]["n_train"]

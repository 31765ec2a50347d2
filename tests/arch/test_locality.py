"""A plug-in is known to its own file only: nothing else asks which one it is."""

from __future__ import annotations

from importlib.metadata import requires

import pytest

from mlwright.core.schema import Kind

from .source import FILES, SRC, name, plugins, strings_that_decide

TASKS = plugins("tasks")
LEARNERS = plugins("learners") - set(Kind)  # "constant" is also what a column can be
PACKAGES = {line.split(">")[0].split("[")[0].strip() for line in requires("mlwright") or ()}


@pytest.mark.parametrize("path", [p for p in FILES if p.parent != SRC / "tasks"], ids=name)
def test_nothing_outside_tasks_branches_on_the_kind_of_task(path):
    assert not strings_that_decide(path) & TASKS


@pytest.mark.parametrize("path", FILES, ids=name)
def test_nothing_outside_its_file_asks_for_a_learner_by_name(path):
    own = {path.stem} if path.parent == SRC / "learners" else set()
    assert not strings_that_decide(path) & (LEARNERS - PACKAGES - own)

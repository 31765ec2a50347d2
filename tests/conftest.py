"""Evidence as a real training would write it, for everything that only reads it."""

from __future__ import annotations

import copy
import json
import os
import re
from html import unescape
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says something about the machine, and what else it does.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
os.environ.setdefault("SCIPY_ARRAY_API", "1")  # else scikit-learn skips one of its checks of estimators
FIXTURES = Path(__file__).parent / "fixtures"
_LOADED = {name: json.loads((FIXTURES / f"evidence_{name}.json").read_text()) for name in ("income", "bikes")}


@pytest.fixture
def income():
    """Two classes: who earns more than 50,000 a year."""
    return copy.deepcopy(_LOADED["income"])


@pytest.fixture
def bikes():
    """A number: how many bicycles are rented in an hour."""
    return copy.deepcopy(_LOADED["bikes"])


@pytest.fixture
def read():
    """Return a function that gives the words of a page as a person reads them."""

    def words(html):
        body = html[html.index("<body") :] if "<body" in html else html
        apart = re.sub(r"</(?:p|li|td|th|dd|dt|h\d|text)>", " ", body)
        return " ".join(unescape(re.sub(r"<[^>]*>", "", apart)).split())

    return words

from __future__ import annotations

import re
from html import unescape

import pytest


@pytest.fixture
def read():
    """Return a function that gives the words of a page as a person reads them."""

    def words(html):
        body = html[html.index("<body") :] if "<body" in html else html
        apart = re.sub(r"</(?:p|li|td|th|dd|dt|h\d|text)>", " ", body)
        return " ".join(unescape(re.sub(r"<[^>]*>", "", apart)).split())

    return words

"""What is on the screen, and what was sent because of it."""

from __future__ import annotations

import json
import re
from urllib.request import Request, urlopen

HOSTILE = "<script>document.title='plan'</script>"
QUOTED = '"><img src=x onerror=alert(2)>'
TARGET = "<b>comes</b> back"
YES = "<i>yes</i>"
NETWORK = "Failed to load resource"
"""What the browser says of its own accord when a service refuses."""


def fetched(url, body=None, headers=None):
    """Return what one of our services answers."""
    with urlopen(Request(url, body, headers or {})) as response:  # noqa: S310 - at an address of our own
        return response.read()


def ready(page):
    """Wait until the row that is shown was answered and explained."""
    page.wait_for_selector("#told:not(:empty)")
    page.wait_for_selector(".moves li")
    page.wait_for_selector("#curve[aria-busy=false] > *")
    return page


def answered(page, act, **cells):
    """Do something, and return the row that was sent because of it, with its answer; it holds these cells."""

    def is_answer(response):
        if not re.search(r"/try(\?level=[\d.]+)?$", response.url):
            return False
        row = json.loads(response.request.post_data)
        return isinstance(row, dict) and cells.items() <= row.items()

    with page.expect_response(is_answer) as found:
        act()
    return json.loads(found.value.request.post_data), found.value.json()


def field(page, name):
    return page.locator(".field").filter(has=page.get_by_text(name, exact=True))


def big(page):
    return page.locator("#drawn .big").inner_text()


def percent(share):
    return "< 0.1 %" if share < 0.001 else "> 99.9 %" if share > 0.999 else f"{share * 100:.1f} %"

"""The files of the page and of the docs: what is sent, and what browsers may do with it."""

import asyncio
import re
from importlib.resources import files

import pytest
from fastapi import FastAPI

from mlwright.serving.site import add_site

PLACE = files("mlwright.serving") / "page"
NAMES = sorted(file.name for file in PLACE.iterdir())


@pytest.fixture(scope="module")
def site():
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    add_site(app)
    return app


def ask(app, path, method="GET", headers=(), body=b"", query=b""):
    """Return status, headers and body."""
    sent = []
    scope = {
        "type": "http", "http_version": "1.1", "method": method, "path": path, "query_string": query,
        "root_path": "", "scheme": "http", "server": ("here", 80),
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }  # fmt: skip

    async def receive():
        return {"type": "http.request", "body": body}

    async def send(message):
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], found, b"".join(message.get("body", b"") for message in sent[1:])


@pytest.mark.parametrize(("path", "name"), [("/", "index.html"), ("/docs", "docs.html")])
def test_the_page_and_the_docs_are_there(path, name, site):
    status, headers, body = ask(site, path)
    assert status == 200
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert body == (PLACE / name).read_bytes()


def test_what_was_the_other_way_to_the_docs_still_leads_there(site):
    status, headers, _ = ask(site, "/redoc")
    assert (status, headers["location"]) == (307, "docs")


@pytest.mark.parametrize("path", ["/", "/docs", "/redoc", "/page/page.js", "/page/look.css"])
def test_nothing_from_elsewhere_may_run_or_be_loaded(path, site):
    headers = ask(site, path)[1]
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"


def test_a_file_that_did_not_change_is_not_sent_again(site):
    status, headers, body = ask(site, "/page/page.js")
    assert (status, headers["cache-control"]) == (200, "no-cache")
    again = ask(site, "/page/page.js", headers=[("if-none-match", headers["etag"])])
    assert (again[0], again[2]) == (304, b"")
    assert again[1]["etag"] == headers["etag"]
    assert ask(site, "/page/page.js", headers=[("if-none-match", '"another"')])[2] == body


def test_heads_can_be_asked_for(site):
    assert ask(site, "/", "HEAD")[0] == 200


@pytest.mark.parametrize("path", ["/page/none.js", "/page/..%2fsite.py", "/page/../site.py", "/page/"])
def test_other_files_are_not_there(path, site):
    assert ask(site, path)[0] == 404


def test_every_file_is_sent_with_its_type(site):
    types = {name.partition(".")[2]: ask(site, f"/page/{name}")[1]["content-type"] for name in NAMES}
    assert types == {
        "html": "text/html; charset=utf-8",
        "css": "text/css; charset=utf-8",
        "js": "text/javascript; charset=utf-8",
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_file_needs_no_network_and_makes_no_html_of_texts(name):
    text = (PLACE / name).read_text(encoding="utf-8")
    addresses = set(re.findall(r"https?://[^'\" )]+", text))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    sinks = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function"
    assert not re.search(sinks, text)
    assert not re.search(r"localStorage|sessionStorage|document\.cookie", text)
    assert not re.search(r"<[^>]+\s(on[a-z]+|style)=", text)
    assert len(text.splitlines()) <= 400

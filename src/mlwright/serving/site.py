"""The site: the files of the page and of the docs, with headers that forbid everything they do not need."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import PurePath
from typing import TYPE_CHECKING, final

from fastapi import HTTPException, Request
from fastapi.responses import RedirectResponse, Response

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fastapi import FastAPI

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}
# The last two: Chromium throws where a text would become HTML, so that no name of a column ever can.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    # Always asked for again, and mostly answered with 304: a service that was updated shows its new page.
    "cache-control": "no-cache",
}


@final
@dataclass(frozen=True, slots=True)
class _Page:
    body: bytes
    content_type: str
    tag: str


def add_site(app: FastAPI, front: str = "index.html") -> None:
    """Add `/`, which is the file `front`, `/docs` and what they load; nothing in them is about one model."""
    pages = _pages()

    def file_of(name: str, request: Request) -> Response:
        page = pages.get(name)
        if page is None:
            raise HTTPException(404)
        headers = {**HEADERS, "etag": page.tag}
        if page.tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(page.body, headers=headers, media_type=page.content_type)

    async def home(request: Request) -> Response:
        return file_of(front, request)

    async def docs(request: Request) -> Response:
        return file_of("docs.html", request)

    async def loaded(name: str, request: Request) -> Response:
        return file_of(name, request)

    async def redoc() -> Response:
        return RedirectResponse("docs", headers=HEADERS)

    routes: dict[str, Callable[..., Awaitable[Response]]] = {
        "/": home, "/docs": docs, "/page/{name}": loaded, "/redoc": redoc
    }  # fmt: skip
    for path, found in routes.items():
        app.add_api_route(path, found, methods=["GET", "HEAD"], include_in_schema=False)


def _pages() -> dict[str, _Page]:
    """Read all files, by name."""
    found = {}
    for file in (files("mlwright.serving") / "page").iterdir():
        content_type = _TYPES.get(PurePath(file.name).suffix)
        if content_type is not None:
            body = file.read_bytes()
            found[file.name] = _Page(body, content_type, f'"{sha256(body).hexdigest()[:24]}"')
    return found

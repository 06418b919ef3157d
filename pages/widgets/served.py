"""Scripts that are too large for a component's message: the server sends them, and a browser stores them for good."""

from collections.abc import Callable, Coroutine
from functools import cache
from hashlib import sha256
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Route

from pages.session.gate import under_prefix
from pages.widgets.components import ASSETS

FILES = (
    "plotly-cartesian.min.js",
    "vendor/d3.min.js",
    "vendor/tour.min.js",
    "vendor/editor.min.js",
)  # in the folder of assets
YEAR = 31_536_000  # seconds; the address changes with the file


@cache
def address(file: str) -> str:
    """Return where the server has one of `FILES`."""
    digest = sha256((ASSETS / file).read_bytes()).hexdigest()[:16]
    return under_prefix(f"assets/{digest}/{file}")


def routes() -> list[Route]:
    """Return the routes of the server to the files."""
    return [Route(address(file), _sender(file)) for file in FILES]


def _sender(file: str) -> Callable[[Request], Coroutine[Any, Any, FileResponse]]:
    async def send(_: Request) -> FileResponse:
        headers = {"Cache-Control": f"public, max-age={YEAR}, immutable"}
        return FileResponse(ASSETS / file, media_type="text/javascript", headers=headers)

    return send

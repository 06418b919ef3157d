"""The server's status for an instructor: metrics to scrape, and the key that protects them."""

import hmac
import os

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from streamlit import runtime

from core.runtime import status
from core.runtime.shared import pool

KEY = "META_STATUS_KEY"  # the environment variable with the key of the status page; without it everybody may look


def sessions() -> int:
    """Return the number of connected browser sessions."""
    if not runtime.exists():
        return 0
    manager = getattr(runtime.get_instance(), "_session_mgr", None)
    return len(manager.list_active_sessions()) if manager else 0


def allowed(key: str) -> bool:
    """Return whether `key` opens the status page."""
    return hmac.compare_digest(key.encode(), os.environ.get(KEY, key).encode())


async def metrics(request: Request) -> Response:
    """Return the status numbers as plain text."""
    if not allowed(request.query_params.get("key", "")):
        return PlainTextResponse("the key is missing or wrong", status_code=403)
    return PlainTextResponse(status.as_metrics(status.numbers(pool(), sessions())))

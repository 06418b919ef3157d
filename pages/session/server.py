"""What the server tells an instructor: a line of metrics to scrape, and who may see it."""

import hmac
import os

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from streamlit import runtime

from core.runtime import status
from core.runtime.shared import pool

KEY = "META_STATUS_KEY"  # the environment variable with the word that opens the status page; without it all may look


def sessions() -> int:
    """How many browser sessions are connected."""
    if not runtime.exists():
        return 0
    manager = getattr(runtime.get_instance(), "_session_mgr", None)
    return len(manager.list_active_sessions()) if manager else 0


def allowed(told: str) -> bool:
    """Whether `told` opens the status page."""
    return hmac.compare_digest(told.encode(), os.environ.get(KEY, told).encode())


async def metrics(request: Request) -> Response:
    """The numbers as plain text."""
    if not allowed(request.query_params.get("key", "")):
        return PlainTextResponse("the key is missing or wrong", status_code=403)
    return PlainTextResponse(status.as_metrics(status.numbers(pool(), sessions())))

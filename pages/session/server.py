"""The server's status for an instructor: metrics to scrape, and who may see them."""

import hmac
import os
from collections.abc import Mapping
from ipaddress import ip_address

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from streamlit import runtime

from core.runtime import status
from core.runtime.shared import pool

KEY = "META_STATUS_KEY"  # the environment variable with the key of the status page; without it only this machine looks
FORWARDED = ("forwarded", "x-forwarded", "x-real-ip", "via", "x-client-ip", "true-client-ip", "cf-connecting-ip")


def sessions() -> int:
    """Return the number of connected browser sessions."""
    if not runtime.exists():
        return 0
    manager = getattr(runtime.get_instance(), "_session_mgr", None)
    return len(manager.list_active_sessions()) if manager else 0


def allowed(key: str, host: str, headers: Mapping[str, str]) -> bool:
    """Return whether a client may see the status: with the key, or from this machine where there is none.

    host: the client's address; headers: those of its request. A request that a proxy has passed on, or that names
    this machine by another name, is not from this machine.
    """
    expected = os.environ.get(KEY, "")
    if expected:
        return hmac.compare_digest(key.encode(), expected.encode())
    return from_this_machine(host, headers)


def from_this_machine(host: str, headers: Mapping[str, str]) -> bool:
    """Return whether a request comes from this machine itself: from its address `host`, under its own name, and not
    passed on by a proxy.
    """
    named = headers.get("host", "localhost")
    name = named.rpartition(":")[0] if named.rpartition(":")[2].isdecimal() else named
    passed_on = any(header.lower().startswith(FORWARDED) for header in headers)
    return _loopback(host) and not passed_on and (name == "localhost" or _loopback(name.strip("[]")))


def _loopback(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


async def metrics(_: Request) -> Response:
    """Return the status numbers as plain text."""
    return PlainTextResponse(status.as_metrics(status.numbers(pool(), sessions())))

"""The server: `streamlit run app.py`. Starts the worker processes with it and ends them with it.

What a learner sees begins in pages/main.py.
"""
# ruff: noqa: E402

from core.runtime.machine import check

check()  # before anything is imported that this Python may not have

import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Route

from core.runtime import shared, status
from pages.session import failing, gate, labs
from pages.session.server import metrics
from pages.widgets import served


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[dict[str, Any]]:
    """Workers import torch while the server starts, so that no click waits for it."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter('{"time": "%(asctime)s", "told": %(message)s}'))
    status.LOG.addHandler(handler)
    status.LOG.setLevel(logging.INFO)
    logging.getLogger(failing.STREAMLITS).addFilter(failing.one_line)
    shared.pool()
    yield {}
    shared.close()
    labs.close()


app = st.App(
    "pages/main.py",
    lifespan=lifespan,
    routes=[Route(gate.under_prefix("metrics"), metrics), *served.routes()],
    on_script_error=failing.shown,
    middleware=[Middleware(layer) for layer in (gate.headers, gate.document, gate.numbers, gate.uploads)],
)

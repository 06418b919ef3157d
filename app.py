"""The server: `streamlit run app.py`. Starts the worker processes with it and ends them with it.

What a learner sees begins in pages/main.py.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st

from core import jobs


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[dict[str, Any]]:
    """Workers import torch while the server starts, so that no click waits for it."""
    jobs.shared()
    yield {}
    jobs.close_shared()


app = st.App("pages/main.py", lifespan=lifespan)

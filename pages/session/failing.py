"""What happens when a page fails by an error in the program: words on the page, and one line in the log."""

import logging
import traceback
from pathlib import Path

import streamlit as st

from lessons.engine.language import t

ROOT = Path(__file__).parents[2]
STREAMLITS = "streamlit.error_util"  # the logger that gets the traceback of a page


def shown(_: Exception) -> bool:
    """Say on the page that a part of it has failed, in place of Streamlit's own box."""
    st.error(
        t(
            "An error in the program stopped this part of the page. The other pages work; to try this one again, "
            "reload it."
        ),
        icon=":material/error:",
    )
    return True


def reason(error: BaseException) -> str:
    """Return what went wrong and where in this program, in one line."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(str(ROOT))]
    ours = [frame for frame in frames if ".venv" not in Path(frame.filename).relative_to(ROOT).parts]
    where = f" at {Path(ours[-1].filename).relative_to(ROOT)}:{ours[-1].lineno}" if ours else ""
    return f"a page failed{where}: {type(error).__name__}: {' '.join(str(error).split())[:200]}"


def one_line(record: logging.LogRecord) -> bool:
    """Shorten a record with a traceback to a line. A filter for the logger `STREAMLITS`."""
    if record.exc_info and record.exc_info[1] is not None:
        record.msg, record.args, record.exc_info = reason(record.exc_info[1]), (), None
    return True

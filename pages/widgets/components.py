"""Small custom components, registered once: the chart with draggable points, and the source panel."""

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from core.demos import source
from lessons.demos.sinusoid import MOST_POINTS, X_LIMIT, Y_LIMIT
from lessons.engine.language import t
from lessons.figures.theme import INITS, MUTED, SUPPORT, Line, Lines

ASSETS = Path(__file__).parent / "assets"
SVG_DASHES = {"solid": "none", "dot": "2 4", "dash": "9 5", "dashdot": "9 4 2 4"}


def asset(name: str) -> str:
    """Return the text of a component's CSS or JavaScript file."""
    return (ASSETS / name).read_text(encoding="utf-8")


_plot = st.components.v2.component(
    "meta_plot",
    html='<div class="plot"></div>',
    css=asset("plot.css") + asset("parts.css"),
    js=asset("parts.js") + asset("plot.js"),
)
_source = st.components.v2.component(
    "meta_source",
    html='<div class="frame"><button hidden aria-live="polite"></button>'  # no name before the script has run
    '<div class="source" tabindex="0" role="region" aria-label="source"></div></div>',
    css=asset("source.css"),
    js=asset("source.js"),
)

TRUTH = Line("true function", MUTED, "dash", 2)


def _curve(line: Line, y: np.ndarray | list) -> dict[str, Any]:
    return {
        "name": line.label,
        "colour": line.colour,
        "dash": SVG_DASHES[line.dash],
        "width": line.width,
        "y": np.round(np.nan_to_num(np.asarray(y, dtype=float), nan=99, posinf=99, neginf=-99), 3).tolist(),
    }


def fit_chart(
    key: str,
    grid: np.ndarray,
    truth: np.ndarray | None,
    curves: dict[str, np.ndarray],
    points: list[tuple[float, float]],
    alt: str,
    on_points: Callable[[], None],
    labels: Mapping[str, str] | None = None,
    lines: Mapping[str, Line] = INITS,
    height: int = 290,
    plain: bool = False,
    parts: Mapping[str, str] | None = None,
    **more: Any,
) -> Any:
    """Draw the chart of a task: the true function if there is one, a curve for each initialization, points to drag.

    The component's state `points` holds the learner's points after each change. labels: names of the curves, where the
    names of their initializations say too little; lines: how each curve looks. plain: for a reader who does not know
    the word "support" yet. parts: by the name of a curve, "truth" or "points", what symbols of a formula light up.
    more: what else the script draws: `read`, how many of the points count, `query`, what it looks at, `band`, how sure
    a curve is.
    """
    mark, point = (
        ("your points (drag, click to add, double click to remove)",
         "your point {n} at x {x}, y {y}; arrow keys move it, Delete removes it")
        if plain
        else ("support (drag, click to add, double click to remove)",
              "support point {n} at x {x}, y {y}; arrow keys move it, Delete removes it")
    )  # fmt: skip

    def curve(name: str, line: Line, y: np.ndarray) -> dict[str, Any]:
        named = {"name": labels[name]} if labels and name in labels else {}
        return _curve(line, y) | named | ({"part": parts[name]} if parts and name in parts else {})

    data = {
        "x": [-X_LIMIT, X_LIMIT],
        "y": [-Y_LIMIT, Y_LIMIT],
        "height": height,
        "grid": np.round(grid, 3).tolist(),
        "curves": [
            *([] if truth is None else [curve("truth", TRUTH, truth)]),
            *(curve(name, lines[name], y) for name, y in curves.items()),
        ],
        "marks": [{"name": t(mark), "colour": SUPPORT, "part": (parts or {}).get("points", "")}],
        "points": [list(point) for point in points],
        "pointLabel": t(point),
        "most": MOST_POINTS,
        "editable": True,
        "alt": alt,
    } | more
    return _plot(key=key, data=data, on_points_change=on_points)


def line_chart(key: str, shown: Lines, limit: float) -> None:
    """Draw fixed curves, y from -`limit` to `limit`."""
    data = {
        "x": [-X_LIMIT, X_LIMIT],
        "y": [-limit, limit],
        "height": 300,
        "grid": np.round(shown.grid, 3).tolist(),
        "curves": [_curve(line, y) for line, y in shown.lines],
        "marks": [],
        "points": [],
        "editable": False,
        "alt": shown.alt,
    }
    _plot(key=key, data=data, on_points_change=lambda: None)


def moving_chart(key: str, grid: np.ndarray, lines: list[Line], frames: list[dict], alt: str) -> None:
    """Draw a chart that plays recorded `frames` of a task, dicts with step, note, points and a y for each line, when
    the learner asks for it.
    """
    data = {
        "x": [-X_LIMIT, X_LIMIT],
        "y": [-6, 6],
        "height": 290,
        "grid": np.round(grid, 3).tolist(),
        "curves": [_curve(line, []) for line in lines],
        "marks": [{"name": t("the ten points it may learn from"), "colour": SUPPORT}],
        "points": [],
        "frames": frames,
        "playWords": {"play": t("Play"), "pause": t("Pause"), "again": t("Play again")},
        "editable": False,
        "alt": alt,
    }
    _plot(key=key, data=data, on_points_change=lambda: None)


def source_panel(key: str, file: str, functions: list[str], marked: Collection[int] = ()) -> None:
    """Show the real source of `functions` in `file` with the lines `marked` highlighted and a button to copy it."""
    blocks, text = _highlighted(file, tuple(functions), frozenset(marked))
    st.caption(f"`{file}`" + t(": this is the code that runs, not a copy of it"))
    _source(key=key, data={"html": blocks, "text": text} | _copy_words())


def chosen_source(sources: Mapping[str, tuple[str, str, tuple[str, ...]]]) -> None:
    """Let the learner choose a function by its title and show its source. sources: file, function, and parts of the
    lines to highlight.
    """
    title = st.selectbox(t("The code of"), list(sources), key="source_of", format_func=t)
    file, function, marks = sources[title]
    source_panel("source", file, [function], source.lines_with(file, function, *marks))


def copyable(key: str, text: str) -> None:
    """Show a line of text, such as a command, with a button to copy it. Streamlit's own button copies nothing where
    the page comes over plain http, as in most classrooms, and does not say so.
    """
    _source(key=key, data={"html": f"<pre>{escape(text)}</pre>", "text": text, "wrapped": True} | _copy_words())


def _copy_words() -> dict[str, str]:
    return {"copy": t("Copy"), "copied": t("Copied"), "failed": t("Not copied: press Ctrl+C")}


@lru_cache(maxsize=256)
def _highlighted(file: str, functions: tuple[str, ...], marked: frozenset[int]) -> tuple[str, str]:
    """Return the source as HTML and as plain text."""
    lines = source.text(file).splitlines()
    blocks, texts = [], []
    for name in functions:
        first, last = source.function_lines(file, name)
        text = "\n".join(lines[first - 1 : last])
        inside = [n - first + 1 for n in marked if first <= n <= last]
        formatter = HtmlFormatter(nowrap=False, hl_lines=inside, linenos="inline", linenostart=first)
        blocks.append(highlight(text, PythonLexer(), formatter))
        texts.append(text)
    return "".join(blocks), "\n\n\n".join(texts)

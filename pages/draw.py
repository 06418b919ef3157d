"""Draw it yourself: classes and queries of the learner, and the answers of every trained method."""

import html
from functools import partial

import streamlit as st

from core.events import MethodAnswer
from core.tasks.strokes import DrawingError
from core.words import Words
from lessons.demos import draw
from lessons.demos.compare import label
from lessons.demos.draw import Drawings
from lessons.demos.fewshot import LETTERS
from lessons.engine.content import section
from lessons.engine.language import error_text, named, t
from lessons.figures.theme import class_colour
from pages.sections.metric import part
from pages.session.questions import remembered
from pages.widgets import controls
from pages.widgets.characters import clicked, picker
from pages.widgets.components import asset
from pages.widgets.controls import option_of

LESSON = "draw"
CLASSES = option_of(int, "n", 3, 2, draw.MOST_CLASSES, "classes of your own")
SHOTS = option_of(int, "k", 1, 1, draw.MOST_SHOTS, "drawings of each class")
QUERIES = option_of(int, "asked", 1, 1, draw.MOST_QUERIES, "drawings to be recognized")
_DRAWN, _VERSION, _TOLD = "_drawings", "_drawings_version", "_drawings_told"

_pads = st.components.v2.component(
    "meta_draw", html='<div class="draw"></div>', css=asset("draw.css"), js=asset("draw.js")
)


def _drawn() -> Drawings:
    drawings: Drawings = st.session_state.setdefault(_DRAWN, draw.example())
    return drawings


def _put(drawings: Drawings) -> None:
    """Replace all drawings and repaint the pads."""
    st.session_state[_DRAWN] = drawings
    st.session_state[_VERSION] = st.session_state.get(_VERSION, 0) + 1


def _changed() -> None:
    """Store what was drawn on a pad, after a check, because it comes from a browser."""
    state = (st.session_state.get("pads") or {}).get("drawn") or {}
    if not isinstance(state, dict) or state.get("version") != st.session_state.get(_VERSION, 0):
        return
    try:
        st.session_state[_DRAWN] = draw.from_boxes(state.get("boxes"))
    except DrawingError as error:
        st.session_state[_TOLD] = error_text(error)


def _board(classes: int, shots: int, queries: int) -> None:
    support_rows, query_keys = draw.keys(classes, shots, queries)
    rows = [
        {
            "letter": LETTERS[k],
            "colour": class_colour(k),
            "keys": keys,
            "labels": [t("class {letter}, drawing {i}", letter=LETTERS[k], i=i + 1) for i in range(len(keys))],
        }
        for k, keys in enumerate(support_rows)
    ]
    names = [t("to be recognized, {i}", i=i + 1) for i in range(len(query_keys))]
    rows.append({"letter": "?", "colour": "", "keys": query_keys, "labels": names})
    data = {
        "rows": rows,
        "boxes": _drawn().to_json(),
        "version": st.session_state.get(_VERSION, 0),
        "words": {word: t(word) for word in ("undo", "clear", "strokes")},
    }
    _pads(key="pads", data=data, on_drawn_change=_changed)


def _load() -> None:
    file = st.session_state.get("drawings_file")
    if file is None:
        return
    try:
        if file.size > draw.LARGEST:
            raise DrawingError(Words("the file is too large to be a set of drawings"))
        _put(draw.from_text(file.getvalue()))
    except DrawingError as error:
        st.session_state[_TOLD] = t("Nothing was changed: {error}.", error=error_text(error))


@st.fragment
def _demo() -> None:
    """Show the pads, the answers and the file buttons in this order, always with the current drawings."""
    _answers(*_board_controls())
    _keep()


def _board_controls() -> tuple[int, int, int]:
    classes_column, shots_column, queries_column = st.columns(3)
    with classes_column:
        classes = int(controls.slider(CLASSES, "Classes N", 1))
    with shots_column:
        shots = int(controls.slider(SHOTS, "Drawings of each K", 1))
    with queries_column:
        queries = int(controls.slider(QUERIES, "To be recognized", 1))
    _board(classes, shots, queries)
    with st.container(horizontal=True):
        st.button(t("Clear everything"), icon=":material/delete_sweep:", on_click=_put, args=(Drawings(),))
        st.button(t("The example"), icon=":material/restart_alt:", on_click=lambda: _put(draw.example()))
    message = st.session_state.pop(_TOLD, None)
    if message:
        st.warning(message, icon=":material/draw:")
    return classes, shots, queries


def _answers(classes: int, shots: int, queries: int) -> None:
    """Show what every method answers, or what is still missing."""
    drawn = _drawn()
    question, ready, words = draw.question(drawn, classes, shots, queries)
    for key, word in words.items():
        st.caption(":material/info: " + t("{box}: {problem}", box=key, problem=t(word)))
    if question is None:
        st.info(draw.missing(drawn, classes, shots, queries), icon=":material/draw:")
        return
    events = remembered("drawings", question)
    if events is None:
        return
    answers = list(events)
    part(LESSON, "Who recognizes it?", "answers")
    query = _chosen(len(ready))
    notes = [f"{key}" for key in ready]
    picker("queries", question.queries, [t("to be recognized, {i}", i=i + 1) for i in range(len(ready))], [query],
           partial(_choose, len(ready)), notes, 72)  # fmt: skip
    with st.container(key="votes_room"):
        st.html(_table(answers, query))
    st.info(draw.about_answers(answers, query), icon=":material/visibility:")
    with st.expander(t("Why? What each answer rests on"), expanded=True):
        st.markdown(section(LESSON, "why"))
        rows = [
            f"| {label(answer.name)} | **{LETTERS[int(answer.probabilities[query].argmax())]}** | "
            f"{draw.reason(answer, query)} | {answer.milliseconds:.0f} |"
            for answer in answers
        ]
        head = " | ".join(t(name) for name in ("method", "says", "because", "ms"))
        st.markdown("\n".join([f"| {head} |", "|---|---|---|---|", *rows]))


def _keep() -> None:
    """Offer the current drawings as a file, and a place to open one."""
    part(LESSON, "Keep the set", "keep")
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        st.download_button(t("Save as a file"), _drawn().to_text(), "drawings.json", "application/json",
                           icon=":material/download:", width="stretch", on_click="ignore")  # fmt: skip
    with right:
        st.file_uploader(t("Open a file"), type="json", key="drawings_file", on_change=_load, max_upload_size=1)


def _chosen(count: int) -> int:
    return min(int(st.session_state.get("_query", 0)), count - 1)


def _choose(count: int) -> None:
    query = clicked("queries", count)
    if query is not None:
        st.session_state["_query"] = query


STYLE = """<style>
.votes { width: 100%; max-width: 640px; border-collapse: collapse; } .votes td { padding: 3px 10px 3px 0; }
.votes span { display: inline-grid; place-items: center; width: 24px; height: 24px; border-radius: 50%; color: #fff;
  font-weight: 700; }
.votes .track { background: rgba(128, 128, 128, 0.18); border-radius: 4px; } .votes .fill { height: 14px;
  border-radius: 4px; } .votes .bar { width: 55%; }
</style>"""


def _table(answers: list[MethodAnswer], query: int) -> str:
    """Return a table with a bar for each method: its letter and its probability."""
    rows = []
    for answer in answers:
        probabilities = answer.probabilities[query]
        best = int(probabilities.argmax())
        colour, title = class_colour(best), named(f"{LETTERS[k]} {p:.0%}" for k, p in enumerate(probabilities))
        rows.append(
            f'<tr title="{title}"><td>{html.escape(label(answer.name))}</td>'
            f'<td><span style="background:{colour}">{LETTERS[best]}</span></td>'
            f'<td class="bar"><div class="track"><div class="fill" style="width:{100 * probabilities[best]:.0f}%;'
            f'background:{colour}"></div></div></td><td>{probabilities[best]:.0%}</td></tr>'
        )
    return f'{STYLE}<table class="votes">{"".join(rows)}</table>'


def _page() -> None:
    st.title(section(LESSON, "title"))
    st.markdown(section(LESSON, "goal"))
    notices = st.container()
    part(LESSON, "Try: a set of your own", "try")
    _demo()
    part(LESSON, "Next", "next")
    controls.show_notices(notices)


_page()

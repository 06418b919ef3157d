"""Draw it yourself: classes and queries of the learner, and what every trained method says of them."""

import html
from functools import partial

import streamlit as st

from core.events import MethodAnswer
from core.tasks.strokes import DrawingError
from lessons.demos import draw
from lessons.demos.compare import LABELS
from lessons.demos.draw import Drawings
from lessons.demos.fewshot import LETTERS
from lessons.engine.content import section
from lessons.engine.language import t
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
    found: Drawings = st.session_state.setdefault(_DRAWN, draw.example())
    return found


def _put(found: Drawings) -> None:
    """Take other drawings for all there are; the pads are painted anew."""
    st.session_state[_DRAWN] = found
    st.session_state[_VERSION] = st.session_state.get(_VERSION, 0) + 1


def _changed() -> None:
    """A pad was drawn on; what comes from a browser is checked."""
    told = (st.session_state.get("pads") or {}).get("drawn") or {}
    if not isinstance(told, dict) or told.get("version") != st.session_state.get(_VERSION, 0):
        return
    try:
        st.session_state[_DRAWN] = draw.from_boxes(told.get("boxes"))
    except DrawingError as error:
        st.session_state[_TOLD] = f"{error}"


def _board(classes: int, shots: int, queries: int) -> None:
    rows, asked = draw.keys(classes, shots, queries)
    shown = [
        {
            "letter": LETTERS[k],
            "colour": class_colour(k),
            "keys": row,
            "labels": [t("class {letter}, drawing {i}", letter=LETTERS[k], i=i + 1) for i in range(len(row))],
        }
        for k, row in enumerate(rows)
    ]
    names = [t("to be recognized, {i}", i=i + 1) for i in range(len(asked))]
    shown.append({"letter": "?", "colour": "", "keys": asked, "labels": names})
    data = {
        "rows": shown,
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
            raise DrawingError("the file is too large to be a set of drawings")
        _put(draw.from_text(file.getvalue()))
    except DrawingError as error:
        st.session_state[_TOLD] = t("Nothing was changed: {error}.", error=error)


@st.fragment
def _demo() -> None:
    """Draw, see who recognizes it, keep it: one after the other, and always what is drawn now."""
    _answers(*_board_controls())
    _keep()


def _board_controls() -> tuple[int, int, int]:
    one, two, three = st.columns(3)
    with one:
        classes = int(controls.slider(CLASSES, "Classes N", 1))
    with two:
        shots = int(controls.slider(SHOTS, "Drawings of each K", 1))
    with three:
        queries = int(controls.slider(QUERIES, "To be recognized", 1))
    _board(classes, shots, queries)
    with st.container(horizontal=True):
        st.button(t("Clear everything"), icon=":material/delete_sweep:", on_click=_put, args=(Drawings(),))
        st.button(t("The example"), icon=":material/restart_alt:", on_click=lambda: _put(draw.example()))
    told = st.session_state.pop(_TOLD, None)
    if told:
        st.warning(told, icon=":material/draw:")
    return classes, shots, queries


def _answers(classes: int, shots: int, queries: int) -> None:
    """What every method says of the drawings, or what is still missing."""
    drawn = _drawn()
    asked, ready, words = draw.question(drawn, classes, shots, queries)
    for key, word in words.items():
        st.caption(f":material/info: {key}: {t(word)}")
    if asked is None:
        st.info(draw.missing(drawn, classes, shots, queries), icon=":material/draw:")
        return
    found = remembered("drawings", asked)
    if found is None:
        return
    answers = list(found)
    part(LESSON, "Who recognizes it?", "answers")
    at = _chosen(len(ready))
    notes = [f"{key}" for key in ready]
    picker("queries", asked.queries, [t("to be recognized, {i}", i=i + 1) for i in range(len(ready))], [at],
           partial(_choose, len(ready)), notes, 72)  # fmt: skip
    st.html(_table(answers, at))
    st.info(draw.about_answers(answers, at), icon=":material/visibility:")
    with st.expander(t("Why? What each answer rests on"), expanded=True):
        st.markdown(section(LESSON, "why"))
        rows = [
            f"| {t(LABELS[one.name])} | **{LETTERS[int(one.probabilities[at].argmax())]}** | "
            f"{draw.reason(one, at)} | {one.milliseconds:.0f} |"
            for one in answers
        ]
        head = " | ".join(t(one) for one in ("method", "says", "because", "ms"))
        st.markdown("\n".join([f"| {head} |", "|---|---|---|---|", *rows]))


def _keep() -> None:
    """A file of what is drawn now, and a place for one."""
    part(LESSON, "Keep the set", "keep")
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        st.download_button(t("Save as a file"), _drawn().to_text(), "drawings.json", "application/json",
                           icon=":material/download:", width="stretch")  # fmt: skip
    with right:
        st.file_uploader(t("Open a file"), type="json", key="drawings_file", on_change=_load, max_upload_size=1)


def _chosen(count: int) -> int:
    return min(int(st.session_state.get("_query", 0)), count - 1)


def _choose(count: int) -> None:
    at = clicked("queries", count)
    if at is not None:
        st.session_state["_query"] = at


STYLE = """<style>
.votes { width: 100%; max-width: 640px; border-collapse: collapse; } .votes td { padding: 3px 10px 3px 0; }
.votes span { display: inline-grid; place-items: center; width: 24px; height: 24px; border-radius: 50%; color: #fff;
  font-weight: 700; }
.votes .track { background: rgba(128, 128, 128, 0.18); border-radius: 4px; } .votes .fill { height: 14px;
  border-radius: 4px; } .votes .bar { width: 55%; }
</style>"""


def _table(answers: list[MethodAnswer], at: int) -> str:
    """A bar a method: its letter, and how sure it is."""
    rows = []
    for one in answers:
        share = one.probabilities[at]
        best = int(share.argmax())
        colour, told = class_colour(best), ", ".join(f"{LETTERS[k]} {p:.0%}" for k, p in enumerate(share))
        rows.append(
            f'<tr title="{told}"><td>{html.escape(t(LABELS[one.name]))}</td>'
            f'<td><span style="background:{colour}">{LETTERS[best]}</span></td>'
            f'<td class="bar"><div class="track"><div class="fill" style="width:{100 * share[best]:.0f}%;'
            f'background:{colour}"></div></div></td><td>{share[best]:.0%}</td></tr>'
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

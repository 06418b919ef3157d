"""A lesson in chapters of one screen each: the bar, the way on by buttons, keys, swipes and links, or all on one page.

What a chapter does not show is not computed. Its controls keep their values while another chapter is shown, and the
link holds them all.
"""

from collections.abc import Callable, Mapping

import streamlit as st
from streamlit.runtime.state import get_session_state

from lessons.engine.content import section, sections
from lessons.engine.language import t
from pages.sections import lesson
from pages.widgets import controls
from pages.widgets.components import asset

CHAPTERS = {
    "see": "See",
    "predict": "Predict",
    "play": "Play with it",
    "learn": "Watch it learn",
    "why": "Why",
    "code": "Code",
    "check": "Check",
    "next": "Next",
}
IN_WORDS = ("predict", "check", "next")  # chapters that need no data, unless a lesson adds a picture
KEY, ALL = "chapter", "all"
LABELS = CHAPTERS | {ALL: "All on one page"}
_SHOWN = "_shown_chapter"
COOKIE = "learn-meta-learning-view"  # chapters.js writes it; it carries no right

_turner = st.components.v2.component("meta_chapters", html="<div></div>", js=asset("chapters.js"))
Part = Callable[[], None]


def chapters(
    name: str, parts: Mapping[str, Part], anchors: Mapping[str, str], ready: Callable[[], bool] = lambda: True,
    **symbols: str,
) -> None:  # fmt: skip
    """Draw the lesson `name`: its title, the bar, and the chosen chapter, or all of them.

    parts: what a chapter shows, by its name; "check" and, if not given, "next" are the same in every lesson, "why"
    begins with its explanation, which has beside it what "beside" draws, and "predict" draws what plays the answer once
    the learner has made a guess. anchors: for each anchor of the lesson's texts the chapter that holds it. ready: draws
    what all chapters need, and returns whether they can be drawn. symbols: see `lesson.explanation`.
    """
    anchors = {**anchors, "predict": "predict", "check": "check", "next": "next", "explain": "why"}
    own = {"predict": lambda: lesson.prediction(name, parts.get("predict")), "check": lambda: lesson.checks(name)}
    own |= {"next": parts.get("next") or (lambda: lesson.following(name))}
    if "explain" in sections(name):
        own |= {"why": lambda: _why(name, parts, symbols)}
    see = parts["see"]
    own |= {"see": lambda: _see(name, see)}
    drawn = {chapter: own.get(chapter) or parts[chapter] for chapter in CHAPTERS if chapter in own or chapter in parts}
    lesson.heading(name)
    chosen = st.session_state[_SHOWN] = _bar(list(drawn), anchors)
    notices = st.container()
    if (chosen in IN_WORDS and chosen not in parts) or ready():
        if chosen == ALL:
            for draw in drawn.values():
                draw()
        else:
            drawn[chosen]()
            _turn_buttons(chosen, list(drawn))
    controls.show_notices(notices)


def together() -> bool:
    """Return whether all chapters are on one page now: a demo that two of them share is then drawn by the first."""
    return st.session_state.get(_SHOWN) == ALL


def _see(name: str, draw: Part) -> None:
    if "see" in sections(name):  # the idea in plain words, before any symbol
        st.markdown(section(name, "see"))
    draw()


def _why(name: str, parts: Mapping[str, Part], symbols: Mapping[str, str]) -> None:
    """Draw the explanation, with what "beside" draws beside it, and then what else "why" draws. On one page with all
    chapters the stage stands there already.
    """
    lesson.explanation(name, None if together() else parts.get("beside"), **symbols)
    if "why" in parts:
        parts["why"]()


def _bar(names: list[str], anchors: Mapping[str, str]) -> str:
    """Draw the bar, and return the chosen chapter: that of the link, or else the first, or what the reader prefers."""
    default = ALL if wants_all() else names[0]
    _let_go(default)
    labels = {name: LABELS[name] for name in [*names, ALL]}
    with st.container(key="chapters"):
        chosen = controls.choice(KEY, "Chapters", labels, default, label_visibility="collapsed")
        _turner(
            key="_turner", data={"chapter": chosen, "order": names, "anchors": dict(anchors), "cookie": COOKIE},
            height=0, on_asked_change=lambda: _asked(labels),
        )  # fmt: skip
    return chosen


def wants_all() -> bool:
    """Return whether this reader last had all chapters on one page."""
    return st.context.cookies.get(COOKIE) == ALL


def _let_go(default: str) -> None:
    """On the way to another chapter, take the link's values from the controls that are about to go.

    Streamlit removes from the link what belongs to a control that is no longer drawn. As values of nobody they stay,
    and a control that comes back starts from them.
    """
    chosen = st.session_state.get(KEY, default)
    if st.session_state.get("_chapter", chosen) != chosen:
        with get_session_state().query_params() as link:
            for id, binding in list(link._bindings_by_widget.items()):
                if binding.param_key != KEY:
                    link.unbind_widget(id)
            link.set_initial_query_params_from_current()
    st.session_state["_chapter"] = chosen


def _asked(labels: Mapping[str, str]) -> None:
    """Go to the chapter that the browser asked for, by a swipe or a link; it comes from a browser, so it is checked."""
    asked = (st.session_state.get("_turner") or {}).get("asked")
    if isinstance(asked, str) and asked in labels:
        _go(labels[asked])


def _go(label: str) -> None:
    st.session_state[KEY] = label


def _turn_buttons(chosen: str, names: list[str]) -> None:
    """Draw the ways to the chapter before and to the next one; the keys P and N do the same."""
    at = names.index(chosen)
    with st.container(horizontal=True, horizontal_alignment="distribute", key="turn"):
        for to, icon, key in ((at - 1, "arrow_back", "P"), (at + 1, "arrow_forward", "N")):
            if 0 <= to < len(names):
                st.button(
                    t(LABELS[names[to]]), icon=f":material/{icon}:", type="primary" if to > at else "secondary",
                    shortcut=key, key=f"_turn_{key}", on_click=_go, args=(LABELS[names[to]],),
                )  # fmt: skip

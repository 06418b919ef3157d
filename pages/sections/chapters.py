"""A lesson in chapters of one or more screens: bars, the way on by buttons, keys, swipes, links, or all on one page.

What is not shown is not computed. Its controls keep their values while another screen is shown, and the
link holds them all.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.state import get_session_state

from core.labs.catalog import LABS
from lessons.engine import course
from lessons.engine.content import section, sections
from lessons.engine.language import t
from pages.sections import lesson
from pages.sections.write import lab_screen
from pages.widgets import controls
from pages.widgets.components import asset

CHAPTERS = {
    "see": "See",
    "predict": "Predict",
    "play": "Play with it",
    "learn": "Watch it learn",
    "why": "Why",
    "code": "Code",
    "write": "Write it",
    "check": "Check",
    "next": "Next",
}
IN_WORDS = ("predict", "write", "check", "next")  # chapters that need no data, unless a lesson adds a picture
KEY, ALL = "chapter", "all"
LABELS = CHAPTERS | {ALL: "All on one page"}
_SHOWN = "_shown_chapter"
COOKIE = "learn-meta-learning-view"  # chapters.js writes it; it carries no right

_turner = st.components.v2.component("meta_chapters", html="<div></div>", js=asset("chapters.js"))
Part = Callable[[], None]


@dataclass(frozen=True)
class Scene:
    """One screen of a chapter that has several: its anchor, what the bar calls it, and what it shows."""

    name: str
    label: str
    draw: Part


def chapters(
    name: str, parts: Mapping[str, Part | Sequence[Scene]], anchors: Mapping[str, str],
    ready: Callable[[DeltaGenerator], bool] = lambda _: True, **symbols: str,
) -> None:  # fmt: skip
    """Draw the lesson `name`: its title, the bars, and the chosen screen, or all of them.

    parts: what a chapter shows, by its name, as one screen or as several scenes; "check" and, if not given, "next"
    are the same in every lesson, "why" begins with its explanation, which has beside it what "beside" draws, and
    "predict" draws what plays the answer once the learner has made a guess. anchors: for each anchor of the
    lesson's texts that is no scene, the chapter or the scene that holds it. ready: draws what all chapters need, a
    choice in the place that it is given, and returns whether they can be drawn. symbols: see `lesson.explanation`.
    """
    scenes = _scenes(name, parts, symbols)
    heading = lesson.heading(name)
    chosen = st.session_state[_SHOWN] = _bar(scenes, anchors)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom", key="scenes"):
        several = chosen != ALL and len(scenes[chosen]) > 1
        scene = _scene_bar(chosen, scenes[chosen]) if several else None
        beside = (st if several else heading).container(width="content")
    notices = st.container()
    if (chosen in IN_WORDS and chosen not in parts) or ready(beside):
        if chosen == ALL:
            for each in scenes.values():
                for screen in each:
                    screen.draw()
        else:
            screen = scene or scenes[chosen][0]
            with st.container(key="scene"):
                screen.draw()
            _turn_buttons(_screen(chosen, screen), scenes)
    controls.show_notices(notices)


def _scenes(
    name: str, parts: Mapping[str, Part | Sequence[Scene]], symbols: Mapping[str, str]
) -> dict[str, list[Scene]]:
    """Return the scenes of each chapter that the lesson has."""
    own: dict[str, Part | Sequence[Scene]] = dict(parts)
    first, answer = parts["see"], parts.get("predict")
    assert callable(first) and (answer is None or callable(answer)), "these two are one screen each"
    own |= {"see": lambda: _see(name, first), "predict": lambda: lesson.prediction(name, answer)}
    own |= {"check": lambda: lesson.checks(name), "next": parts.get("next") or (lambda: lesson.following(name))}
    if "explain" in sections(name):
        own["why"] = _explained(name, parts.get("why", ()), parts.get("beside"), symbols)
    labs = course.lesson(name).labs
    if labs:
        own["write"] = [Scene(f"write-{lab}", LABS[lab].title, partial(lab_screen, name, lab)) for lab in labs]
    screens: dict[str, list[Scene]] = {}
    for chapter, label in CHAPTERS.items():
        if chapter in own:
            part = own[chapter]
            screens[chapter] = [Scene(chapter, label, part)] if callable(part) else list(part)
    return screens


def _explained(
    name: str, more: Part | Sequence[Scene], beside: Part | Sequence[Scene] | None, symbols: Mapping[str, str]
) -> Part | list[Scene]:
    """Return the chapter "why", which begins with the lesson's explanation: above a picture, or before scenes."""
    assert beside is None or callable(beside), "one stage"

    def explain() -> None:
        lesson.explanation(name, None if together() else beside, **symbols)  # on one page the stage is there already

    if not callable(more):
        return [Scene("explain", "Words and formula", explain), *more] if more else explain

    def both() -> None:
        explain()
        more()

    return both


def together() -> bool:
    """Return whether all chapters are on one page now: a demo that two of them share is then drawn by the first."""
    return st.session_state.get(_SHOWN) == ALL


def _see(name: str, draw: Part) -> None:
    if "see" in sections(name):  # the idea in plain words, before any symbol
        st.markdown(section(name, "see"))
    draw()


def _bar(scenes: Mapping[str, Sequence[Scene]], anchors: Mapping[str, str]) -> str:
    """Draw the bar, and return the chosen chapter: that of the link, or else the first, or what the reader prefers."""
    default = ALL if wants_all() else next(iter(scenes))
    _let_go(default, scenes)
    labels = {name: LABELS[name] for name in [*scenes, ALL]}
    screens = {screen.name: _screen(chapter, screen) for chapter, each in scenes.items() for screen in each}
    places = screens | {anchor: screens.get(holder) or _first(holder, scenes) for anchor, holder in anchors.items()}
    with st.container(key="chapters"):
        chosen = controls.choice(KEY, "Chapters", labels, default, label_visibility="collapsed")
        shown = None if chosen == ALL else _scene_of(chosen, scenes)
        _turner(
            key="_turner",
            data={
                "chapter": _screen(chosen, shown) if shown else ALL,
                "part": t(shown.label) if shown and len(scenes[chosen]) > 1 else "",
                "order": list(screens.values()), "anchors": places, "cookie": COOKIE,
            },
            height=0, on_asked_change=lambda: _asked(scenes),
        )  # fmt: skip
    return chosen


def _scene_bar(chapter: str, scenes: Sequence[Scene]) -> Scene:
    labels = {scene.name: scene.label for scene in scenes}
    chosen = controls.choice(
        _key(chapter), "Parts of this chapter", labels, scenes[0].name, label_visibility="collapsed"
    )
    return next(scene for scene in scenes if scene.name == chosen)


def _key(chapter: str) -> str:
    return f"{chapter}_part"


def _screen(chapter: str, scene: Scene) -> str:
    """Return what the browser calls a screen."""
    return chapter if scene.name == chapter else f"{chapter}/{scene.name}"


def _first(chapter: str, scenes: Mapping[str, Sequence[Scene]]) -> str:
    return _screen(chapter, scenes[chapter][0])


def _scene_of(chapter: str, scenes: Mapping[str, Sequence[Scene]]) -> Scene:
    """Return the scene that `chapter` stands at, whether it is shown or not."""
    labels = {scene.name: scene.label for scene in scenes[chapter]}
    chosen = controls.linked_choice(_key(chapter), labels, scenes[chapter][0].name)
    return next(scene for scene in scenes[chapter] if scene.name == chosen)


def wants_all() -> bool:
    """Return whether this reader last had all chapters on one page."""
    return st.context.cookies.get(COOKIE) == ALL


def _let_go(default: str, scenes: Mapping[str, Sequence[Scene]]) -> None:
    """On the way to another screen, take the link's values from the controls that are about to go.

    Streamlit removes from the link what belongs to a control that is no longer drawn. As values of nobody they stay,
    and a control that comes back starts from them.
    """
    label = st.session_state.get(KEY, LABELS[default])
    shown = next((_screen(name, _scene_of(name, scenes)) for name in scenes if LABELS[name] == label), label)
    if st.session_state.get("_screen", shown) != shown:
        with get_session_state().query_params() as link:
            for id, binding in list(link._bindings_by_widget.items()):
                if binding.param_key != KEY:
                    link.unbind_widget(id)
            link.set_initial_query_params_from_current()
    st.session_state["_screen"] = shown


def _asked(scenes: Mapping[str, Sequence[Scene]]) -> None:
    """Go to the screen that the browser asked for, by a swipe or a link; it comes from a browser, so it is checked."""
    asked = (st.session_state.get("_turner") or {}).get("asked")
    if isinstance(asked, str):
        for chapter, each in scenes.items():
            for scene in each:
                if asked == _screen(chapter, scene):
                    _go(chapter, scene)


def _go(chapter: str, scene: Scene) -> None:
    st.session_state[KEY] = LABELS[chapter]
    if scene.name != chapter:
        st.session_state[_key(chapter)] = scene.label


def _turn_buttons(shown: str, scenes: Mapping[str, Sequence[Scene]]) -> None:
    """Draw the ways to the screen before and to the next one; the keys P and N do the same."""
    screens = [(chapter, scene) for chapter, each in scenes.items() for scene in each]
    at = next(i for i, (chapter, scene) in enumerate(screens) if _screen(chapter, scene) == shown)
    with st.container(horizontal=True, horizontal_alignment="distribute", key="turn"):
        for to, icon, key in ((at - 1, "arrow_back", "P"), (at + 1, "arrow_forward", "N")):
            if 0 <= to < len(screens):
                chapter, scene = screens[to]
                leaves = chapter != screens[at][0]
                st.button(
                    t(LABELS[chapter] if leaves else scene.label), icon=f":material/{icon}:",
                    type="primary" if to > at else "secondary", shortcut=key, key=f"_turn_{key}", on_click=_go,
                    args=(chapter, scene),
                )  # fmt: skip

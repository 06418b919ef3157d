"""What a lesson asks, on its page: the prediction, goals that the demo checks, presets, and checks at the end."""

import math

import streamlit as st

from lessons.engine import course, glossary
from lessons.engine.content import section
from lessons.engine.language import t
from pages.session.progress import progress, save, widget

LOOK_EVERY = 2.0  # seconds between two looks at what the controls hold


def opening(name: str) -> None:
    """Title, goal, how long it takes, and how far this learner is; then the prediction."""
    st.title(section(name, "title"))
    st.markdown(section(name, "goal"))
    here = progress()
    here.place = name
    share, (right, answered) = here.share(name), here.score(name)
    told = [t("{minutes} minutes", minutes=course.lesson(name).minutes)]
    if share:
        told.append(t("{share:.0%} done", share=share))
    if answered:
        told.append(t("{right} of {answered} checks right at once", right=right, answered=answered))
    st.caption(" · ".join(told))
    with st.container(border=True):
        st.markdown(t("**Predict** before you try: your guess is kept, not judged."))
        _question(name, "predict")


def checks(name: str) -> None:
    """The questions at the end of a lesson."""
    st.header(t("Check"), anchor="check")
    for part in course.lesson(name).questions[1:]:
        with st.container(border=True):
            _question(name, part)


@st.fragment
def _question(name: str, part: str) -> None:
    asked, here = course.question(name, part), progress()
    st.markdown(asked.text)
    key = f"{name}/{part}"
    before = here.answers.get(key)
    chosen = st.radio(
        t("Your answer"), range(len(asked.answers)), index=None if before is None else before[1], key=widget(key),
        format_func=lambda i: asked.answers[i].text, label_visibility="collapsed",
    )  # fmt: skip
    if chosen is None:
        return
    if before is None or before[1] != chosen:
        here.answer(name, part, chosen)
    save(key)
    answer = asked.answers[chosen]
    say, icon = (st.success, ":material/check:") if answer.right else (st.warning, ":material/lightbulb:")
    say(answer.reason, icon=icon)


def goal(name: str, what: str, **facts: float) -> None:
    """A goal of the lesson, checked against `facts` from the screen. Once reached it stays reached."""
    texts, one, here = course.goal_text(name, what), course.lesson(name).goals[what], progress()
    key = f"{name}/{what}"
    told = all(math.isfinite(value) for value in facts.values())
    now, before = told and one.reached(facts), key in here.goals
    if now and not before:
        here.goals.add(key)
    with st.container(border=True):
        st.markdown(t("**Your goal** {text}", text=texts.text))
        if now:
            st.success(texts.reached.format(**facts), icon=":material/flag:")
            save(key)
        elif not told:
            return
        elif before:
            st.caption(":material/flag: " + t("Reached before. {text}", text=texts.not_yet.format(**facts)))
        else:
            st.caption(f":material/outlined_flag: {texts.not_yet.format(**facts)}")


def presets(name: str) -> None:
    """Buttons that set the controls of the page."""
    found = course.lesson(name).presets
    with st.container(horizontal=True):
        for preset in found:
            st.button(course.preset_label(name, preset), key=f"preset_{preset}", on_click=_set, args=(name, preset))


def _set(name: str, preset: str) -> None:
    for control, value in course.lesson(name).presets[preset].items():
        st.session_state[control] = value


def ending(name: str, **symbols: str) -> None:
    """Explain, with the values that the symbols have now, checks, and what comes next.

    symbols: for each symbol the key of the control that holds its value.
    """
    st.header(t("Explain"), anchor="explain")
    if symbols:
        with st.container(border=True):
            _now(name, symbols)
    st.markdown(section(name, "explain"))
    checks(name)
    following(name)


@st.fragment(run_every=LOOK_EVERY)
def _now(name: str, symbols: dict[str, str]) -> None:
    """The values that controls have now. They stand in fragments of their own, which say nothing to the page."""
    held = {symbol: st.session_state.get(key) for symbol, key in symbols.items()}
    if None in held.values():
        return  # a part of the page waits for a worker that is not warm yet
    st.markdown(course.symbols_text(name).format(**held))


def following(name: str) -> None:
    """What comes next, and the words of this lesson."""
    st.header(t("Next"), anchor="next")
    st.markdown(section(name, "next"))
    st.caption(
        t("Words: ") + " · ".join(f"[{one}](/glossary#{glossary.anchor(one)})" for one in glossary.used_in(name))
    )

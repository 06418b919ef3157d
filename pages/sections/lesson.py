"""The parts of a lesson on its page: the prediction, goals that the demo checks, presets, and checks at the end."""

import math
from collections.abc import Callable, Collection

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lessons.engine import course, glossary
from lessons.engine.content import section
from lessons.engine.language import filled, plural, t
from lessons.engine.links import link
from pages.session.progress import progress, save, widget
from pages.widgets import controls
from pages.widgets.symbols import light_up

_WAITS = "_guess_waits_"  # whether there is a guess whose answer the learner has not asked for, by lesson
LOOK_EVERY = 2.0  # seconds between two readings of the controls


def heading(name: str) -> DeltaGenerator:
    """Draw the title, the duration and the learner's progress, and return their row."""
    learner_progress = progress()
    learner_progress.place = name
    share, (right, answered) = learner_progress.share(name), learner_progress.score(name)
    parts = [t("{minutes} minutes", minutes=course.lesson(name).minutes)]
    if share:
        parts.append(t("{share:.0%} done", share=share))
    if answered:
        parts.append(checks_in_words(right, answered))
    row = st.container(horizontal=True, vertical_alignment="bottom", key="heading")
    row.title(section(name, "title"), width="content")
    row.caption(" · ".join(parts), width="content")
    return row


def prediction(name: str, play: Callable[[], None] | None = None) -> None:
    """Draw the question what will happen. play: draws the stage that shows the answer; it waits for the guess."""
    st.header(t("Predict"), anchor="predict")
    with st.container(border=True, key="prediction"):
        _prediction(name, play)


def checks_in_words(right: int, answered: int) -> str:
    """Return how many of the answered checks were right at the first try, in words."""
    return plural(
        answered, "{right} of {count} check right at once", "{right} of {count} checks right at once", right=right
    )


def checks(name: str) -> None:
    """Draw the questions at the end of a lesson."""
    st.header(t("Check"), anchor="check")
    st.markdown(section(name, "goal"))
    for part in course.lesson(name).questions[1:]:
        with st.container(border=True):
            _question(name, part)


@st.fragment
def _prediction(name: str, play: Callable[[], None] | None) -> None:
    """Draw the prediction and keep the guess; then the stage plays what happens, or the learner tries it."""
    _, chosen = _choice(name, "predict")
    st.session_state[_WAITS + name] = chosen is not None
    if chosen is None:  # below the answers: nothing moves under the finger that gives one
        st.markdown(t("Before you try: your guess is kept and never marked."))
        if play:
            st.caption(t("The picture waits for your guess."))
        return
    if play:
        play()
    elif not st.toggle(t("I have tried it: show what happens"), key=f"_{name}/seen"):
        st.info(t("Your guess is kept. Now try it in *See*, and come back here."), icon=":material/bookmark:")
        return
    st.session_state[_WAITS + name] = False
    _guessed(name, chosen, asked=True)


def _guessed(name: str, chosen: int, asked: bool = False) -> None:
    """Draw what happens and the guess, with the reasons; neither is marked. asked: the question stands above, with the
    guess.
    """
    question = course.question(name, "predict")
    right, guess = question.answers[question.right], question.answers[chosen]
    said = [] if asked else [t("Your guess: {guess}", guess=guess.text)]
    said.append(t("What happens: **{text}** {reason}", text=right.text, reason=right.reason))
    if chosen != question.right:
        said.append(t("On your guess: {reason}", reason=guess.reason))
    st.info("\n\n".join(said), icon=":material/bookmark:")


@st.fragment
def _question(name: str, part: str) -> None:
    question, chosen = _choice(name, part)
    if chosen is None:
        return
    answer = question.answers[chosen]
    show_reason, icon = (st.success, ":material/check:") if answer.right else (st.warning, ":material/lightbulb:")
    show_reason(answer.reason, icon=icon)


def _choice(name: str, part: str) -> tuple[course.Question, int | None]:
    """Draw a question and its answers, and keep the learner's choice."""
    question, learner_progress = course.question(name, part), progress()
    st.markdown(question.text)
    key = f"{name}/{part}"
    before = learner_progress.answers.get(key)
    chosen: int | None = st.radio(
        t("Your answer"), range(len(question.answers)), index=None if before is None else before[1], key=widget(key),
        format_func=lambda i: question.answers[i].text, label_visibility="collapsed",
    )  # fmt: skip
    if chosen is None:
        return question, None
    if before is None or before[1] != chosen:
        learner_progress.answer(name, part, chosen)
    save(key)
    return question, chosen


def goal(name: str, what: str, **facts: float) -> None:
    """Check a goal of the lesson against `facts` from the screen. Once it is reached it stays reached."""
    texts, condition, learner_progress = course.goal_text(name, what), course.lesson(name).goals[what], progress()
    key = f"{name}/{what}"
    known = all(math.isfinite(value) for value in facts.values())
    now, before = known and condition.reached(facts), key in learner_progress.goals
    if now and not before:
        learner_progress.goals.add(key)
    with st.container(border=True, key=f"goal_{what}"):
        st.markdown(t("**Your goal** {text}", text=texts.text))
        if now:
            st.success(filled(texts.reached, **facts), icon=":material/flag:")
            save(key)
        elif not known:
            return
        elif before:
            st.caption(
                ":material/flag: "
                + t("You have reached this goal. What is on screen now: {text}", text=filled(texts.screen, **facts))
            )
        else:
            st.caption(f":material/outlined_flag: {filled(texts.not_yet, **facts)}")


def presets(name: str, off: Collection[str] = (), also: Callable[[], None] = lambda: None) -> None:
    """Draw buttons that set the controls of the page. off: those that would change nothing here; also: what else is
    put back first.
    """
    with st.container(horizontal=True, key=f"presets_{name}"):
        for preset in course.lesson(name).presets:
            st.button(
                course.preset_label(name, preset), key=f"preset_{preset}", on_click=_set, args=(name, preset, also),
                disabled=preset in off,
            )  # fmt: skip


def _set(name: str, chosen: str, also: Callable[[], None]) -> None:
    """Set the controls that the chosen preset names, and put back those of the others: presets do not add up."""
    also()
    every = course.lesson(name).presets
    for control in {control for preset in every.values() for control in preset}:
        controls.forget_notice(control)
        if control in every[chosen]:
            st.session_state[control] = every[chosen][control]
        else:
            controls.put_back(control)


def explanation(name: str, beside: Callable[[], None] | None = None, **symbols: str) -> None:
    """Draw the explanation with the current values of the symbols.

    beside: draws the stage whose parts the symbols of the formulas light up. symbols: for each symbol the key of the
    control that holds its value.
    """
    st.header(t("Explain"), anchor="explain")
    above = st.container()  # drawn last: the stage knows values that no control has yet
    if beside is None:
        st.markdown(section(name, "explain"))
    else:
        with st.container(key="explained", gap=None):  # page.css puts them side by side where there is room
            with st.container(key="beside", gap=None):
                beside()
            with st.container(key="formula", gap="small"):
                if course.lesson(name).lights:
                    st.caption(t("Point at a symbol, or tap it: its part of the picture lights up."))
                st.markdown(section(name, "explain"))
                light_up(name)
    if symbols:
        with above:
            _now(name, symbols)


@st.fragment(run_every=LOOK_EVERY)
def _now(name: str, symbols: dict[str, str]) -> None:
    """Show the current values of controls. It polls them, because their own fragments do not rerun this one."""
    values = {symbol: st.session_state.get(key) for symbol, key in symbols.items()}
    if None in values.values():
        return  # their chapter was not opened yet, or waits for a worker that is not warm yet
    values = {symbol: t(value) if isinstance(value, str) else value for symbol, value in values.items()}
    with st.container(border=True):
        st.markdown(filled(course.symbols_text(name), **values))


def following(name: str) -> None:
    """Draw what comes next, and the glossary terms of this lesson."""
    st.header(t("Next"), anchor="next")
    guess = progress().answers.get(f"{name}/predict")
    if guess and not st.session_state.get(_WAITS + name):
        with st.expander(t("What you guessed at first, and what happens")):
            st.markdown(course.question(name, "predict").text)
            _guessed(name, guess[0])
    st.markdown(section(name, "next"))
    at = course.COURSE.index(name)
    if at + 1 < len(course.COURSE):
        then = course.COURSE[at + 1]
        st.markdown(f"##### [{section(then, 'title')} →]({link(course.lesson(then).page)})")
    words = [f"[{term}]({link('glossary', glossary.anchor(term))})" for term in glossary.used_in(name)]
    st.caption(t("Words: ") + " · ".join(words))

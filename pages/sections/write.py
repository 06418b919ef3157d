"""Write it yourself: a lab on its page, with its editor, hints, checks and training, or as a file to take home."""

import re
from dataclasses import dataclass
from functools import partial

import streamlit as st

from core.labs.catalog import LABS, done_lab
from core.labs.lab import Lab
from core.labs.methods import measured
from core.labs.verdict import Verdict
from core.words import Words
from lessons.demos.labs import file_name, lines, notebook, put_together
from lessons.engine.language import error_text, joined, t
from lessons.engine.links import link
from lessons.engine.plain import in_markdown
from lessons.figures import labs as figures
from lessons.figures.curves import updates_in_words
from pages.sections.training import adopt
from pages.session import labs, own_method
from pages.session.progress import progress, save
from pages.widgets.components import copyable
from pages.widgets.editor import asked, editor
from pages.widgets.figure import show, show_live

_TRIES = "_lab_tries"  # in the session, by lab
LOOK_EVERY = 0.5  # seconds between two looks at a training
HINTS = 3
DEMOS = {"first_order": "maml"}  # the page whose demo takes what a lesson's lab has trained, where it is another one


@dataclass
class Tries:
    """What a learner has tried in a lab: how often, what the last check said, the hints that are open, and the training
    with what was written.
    """

    count: int = 0
    source: str = ""
    verdict: Verdict | None = None
    hints: int = 0
    training: labs.Training | None = None
    waits: bool = False  # whether a check has been asked for and not yet made


def lab_screen(lesson: str, name: str) -> None:
    """Draw the lab `name` of a lesson."""
    lab = LABS[name]
    st.header(t(lab.title), anchor=f"write-{name}")
    st.fragment(partial(_here, lesson, lab) if labs.allowed() else partial(_elsewhere, lab))()


def _tries(lab: Lab) -> Tries:
    known: dict[str, Tries] = st.session_state.setdefault(_TRIES, {})
    return known.setdefault(lab.name, Tries())


def _here(lesson: str, lab: Lab) -> None:
    """Draw the lab where its code may run."""
    labs.warm()
    tries, key = _tries(lab), f"editor_{lab.name}"
    _statement(lab)
    with st.container(key=f"write_{lab.name}"):
        left, right = st.columns([3, 2], gap="medium")
    with right:  # before the editor, in which the line that is wrong is marked
        _make_check(lab, tries)
    with left:
        if st.toggle(t("Choose lines instead of typing"), key=f"_chooses_{lab.name}"):
            _chosen(lab, tries)
        else:
            line = tries.verdict.line if tries.verdict else 0
            editor(key, lab, tries.source or lab.skeleton, line, tries.count, partial(_ask, lab, key))
    with right:
        _say(lab, tries)
        _hints(lab, tries)
    if tries.training:
        alive = tries.training.ended is None
        st.fragment(run_every=LOOK_EVERY if alive else None)(partial(_trained, lesson, lab, tries.training))()


def _ask(lab: Lab, key: str) -> None:
    """Take over what the learner asks for, after a check of the message, because a browser sent it."""
    message = asked(key)
    if message is None:
        return
    tries = _tries(lab)
    tries.source = message.source
    if message.do == "check":
        tries.count, tries.waits = tries.count + 1, True
        return
    if tries.training:
        tries.training.given_up = True
    tries.training = labs.train(message.source, lab)


def _chosen(lab: Lab, tries: Tries) -> None:
    """Let the learner put the function together from given lines: for a phone, and where no typed code may run."""
    chosen: list[str | None] = []
    with st.container(border=True):
        for number, options in enumerate(lines(lab)):
            if len(options) == 1:
                chosen.append(options[0])
                st.code(options[0], language="python")
                continue
            chosen.append(
                st.radio(
                    t("Line {number}", number=number + 1), options, index=None, key=f"_line_{lab.name}_{number}",
                    format_func=_as_code, label_visibility="collapsed",
                )
            )  # fmt: skip
    ready = [line for line in chosen if line is not None]
    st.button(
        t("Check"), type="primary", key=f"check_{lab.name}", disabled=len(ready) < len(chosen), on_click=_check_chosen,
        args=(lab, tries, ready),
    )  # fmt: skip


def _as_code(line: str) -> str:
    """Return a line as Markdown code that keeps its indentation."""
    inner = line.lstrip()
    return f"`{chr(160) * (len(line) - len(inner) - 4)}{inner}`"


def _check_chosen(lab: Lab, tries: Tries, chosen: list[str]) -> None:
    tries.source, tries.count, tries.waits = put_together(lab, chosen), tries.count + 1, True


def _statement(lab: Lab) -> None:
    task, formula = st.columns([3, 2], gap="medium", vertical_alignment="center")
    task.markdown(t(lab.task))
    parts = re.split(r",\s*\\(?:quad|;)\s*", lab.formula)
    formula.latex(r"\begin{gathered}" + r" \\ ".join(parts) + r"\end{gathered}")  # a line for each part fits anywhere


def _make_check(lab: Lab, tries: Tries) -> None:
    """Make the check that is asked for."""
    if tries.waits:
        with st.spinner(t("It is being checked …")):
            tries.verdict = labs.check(tries.source, lab)
        tries.waits = False


def _say(lab: Lab, tries: Tries) -> None:
    """Say what the last check has found; what is passed stays passed."""
    verdict = tries.verdict
    if verdict is None:
        if lab.name in progress().labs:
            st.success(t("You have passed this lab."), icon=":material/check:")
        return
    if verdict.passed:
        st.success(t("**Passed.** ") + t(verdict.said), icon=":material/check:")
        _passed(lab)
    else:
        st.warning(_in_words(verdict.said), icon=":material/lightbulb:")
    if verdict.output:
        with st.expander(t("What it printed")):
            st.code(verdict.output, language=None)
    picture = figures.differs(verdict.example) if verdict.example else None
    if picture:
        show(picture, f"differs_{lab.name}")


def _in_words(said: Words) -> str:
    """Return a sentence as Markdown, in which what comes from the learner's file is shown literally."""
    literal = {
        name: value if isinstance(value, Words) or not isinstance(value, str) else in_markdown(value)
        for name, value in said.values.items()
    }
    return t(Words(said.template, **literal))


def _passed(lab: Lab) -> None:
    progress().labs.add(lab.name)
    save(f"lab/{lab.name}")


def _hints(lab: Lab, tries: Tries) -> None:
    """Draw the hints that are open, the way to the next one, and the solution after a try."""
    for i, hint in enumerate(lab.hints[: tries.hints], 1):
        st.info(t("**Hint {number}** ", number=i) + t(hint), icon=":material/tips_and_updates:")
    with st.container(horizontal=True):
        if tries.hints < HINTS:
            label = t("A hint") if not tries.hints else t("Another hint")
            st.button(
                label, icon=":material/tips_and_updates:", key=f"hint_{lab.name}", on_click=_open_hint, args=(tries,)
            )
        st.download_button(
            t("Download"), lab.skeleton, file_name(lab), "text/x-python", icon=":material/download:",
            key=f"file_{lab.name}", on_click="ignore",
        )  # fmt: skip
    tried = tries.verdict is not None and tries.verdict.mistake != "not-written-yet"
    if tried or tries.hints == HINTS:
        with st.container(key=f"solution_{lab.name}"), st.expander(t("The solution")):
            st.code(lab.solution, language="python")


def _open_hint(tries: Tries) -> None:
    tries.hints += 1


def _trained(lesson: str, lab: Lab, training: labs.Training) -> None:
    """Draw the training as it goes, and how it ended."""
    over = training.ended is not None
    picture = figures.training(training.points, lab.whole)
    show_live(picture, f"lab_{lab.name}", str(id(training)), moves=not over)
    if not training.ended:
        beside = "It trains on a core of its own; MAML has trained for as long, with the same seed." if lab.whole else (
            "It trains on a core of its own; the reference trains beside it, with the same seed."
        )  # fmt: skip
        st.caption(t(beside))
        return
    said, finished = _in_words(training.ended.said), training.ended.finished
    about = (figures.about_method if lab.whole else figures.about_training)(training.points) if finished else ""
    (st.success if finished else st.warning)(joined(said, about), icon=":material/model_training:")
    if training.ended.run and lab.whole:
        st.caption(t(measured(training.ended.run)))
        _beside_the_others(lab, training)
    elif training.ended.run:
        _in_the_demo(lesson, lab, training)
    if not st.session_state.get(f"_seen_{id(training)}"):
        st.session_state[f"_seen_{id(training)}"] = True
        st.rerun()  # stop looking


def _in_the_demo(lesson: str, lab: Lab, training: labs.Training) -> None:
    """Let the demo answer with what was trained."""
    st.button(
        t("Use it in the demo"), icon=":material/input:", key=f"use_{lab.name}", on_click=_use,
        args=(DEMOS.get(lesson, lesson), training), help=t("The demo of *Play with it* then answers with it."),
        disabled=training.used,
    )  # fmt: skip
    if training.used:
        updates = updates_in_words(training.points[-1].iteration)
        st.caption(
            t(
                "It answers in the demo of *Play with it* now, as the run that is yours. It has trained for "
                "{updates}, far less than the shipped one.",
                updates=updates,
            )
        )


def _use(page: str, training: labs.Training) -> None:
    if training.ended and training.ended.run:
        adopt(page, training.ended.run, training.seconds)
        training.used = True


def _beside_the_others(lab: Lab, training: labs.Training) -> None:
    """Let the method take part wherever methods are compared."""
    st.button(
        t("Put it beside the others"), icon=":material/groups:", key=f"use_{lab.name}", on_click=_keep,
        args=(training,), help=t("It then plays on the page Side by side, and walks on the plane of θ."),
        disabled=training.used,
    )  # fmt: skip
    if training.refused:
        st.warning(t("This run is not kept: {reason}.", reason=error_text(training.refused)), icon=":material/save:")
    elif training.used:
        st.markdown(
            t(
                "It is one of [your runs]({runs}) now. It plays [on the same sinusoids as the others]({compare}), and "
                "on [the plane of θ]({plane}) it has an arrow and a walk of its own.",
                runs=link("runs"), compare=link("compare", kind=t("sinusoids")), plane=link("reptile", "see"),
            )
        )  # fmt: skip


def _keep(training: labs.Training) -> None:
    if training.ended and training.ended.run:
        training.refused = own_method.keep(training.ended.run, training.source, training.seconds)
        training.used = training.refused is None


def _elsewhere(lab: Lab) -> None:
    """Draw the lab where its code may not run: to take home, and to bring back as done."""
    tries = _tries(lab)
    _statement(lab)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _chosen(lab, tries)
    with right:
        _make_check(lab, tries)
        _say(lab, tries)
    with right:
        st.info(
            t(
                "Here you choose among given lines, because this server runs no code that visitors type. To write it "
                "yourself, download the lab and check it on your own machine; the checks and their words are the same."
            ),
            icon=":material/download:",
        )
        with st.container(horizontal=True):
            for label, text, file, kind in (
                ("As a file", lab.skeleton, file_name(lab), "text/x-python"),
                ("As a notebook", notebook(lab), file_name(lab).replace(".py", ".ipynb"), "application/x-ipynb+json"),
            ):
                st.download_button(
                    t(label), text, file, kind, icon=":material/download:", key=f"{file}_file", on_click="ignore"
                )
        copyable(f"lab_command_{lab.name}", f"python -m core lab check {file_name(lab)}")
        line = st.text_input(t("The line that a passed check prints"), key=f"_done_{lab.name}", max_chars=80)
        if line and done_lab(line) is lab:
            _passed(lab)
        elif line:
            st.warning(t("This is not the line of this lab."), icon=":material/lightbulb:")
        _hints(lab, tries)

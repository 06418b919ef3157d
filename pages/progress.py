"""The learner's own page: finished steps, answers, a file to download, a summary to print."""

import streamlit as st

from core.labs.catalog import LABS
from lessons.engine import course
from lessons.engine.content import section
from lessons.engine.language import error_text, named, t
from lessons.engine.links import link
from lessons.engine.progress import LARGEST, Progress, ProgressError, from_text
from pages.sections.lesson import checks_in_words
from pages.sections.review import review
from pages.session.frame import keeps
from pages.session.progress import progress, put, save

MARKS = {True: "✓", False: "–"}


def _merge(uploaded: bytes) -> None:
    """Merge an uploaded file into the learner's progress."""
    try:
        put(progress().merged(from_text(uploaded)))
        st.session_state["_progress_told"] = t("The file has been read; what it holds has been added.")
    except ProgressError as error:
        st.session_state["_progress_told"] = t("Nothing was changed: {error}.", error=error_text(error))


def _uploaded() -> None:
    file = st.session_state.get("progress_file")
    if file is None:
        return
    if file.size > LARGEST:
        st.session_state["_progress_told"] = t("Nothing was changed: the file is too large to be a learner's progress.")
        return
    _merge(file.getvalue())


def _mark(part: str, right: bool) -> str:
    """Return the mark of an answer to a check; a prediction has none."""
    return "" if part == "predict" else f" {'✓' if right else '✗'}"


def _summary() -> None:
    current = progress()
    for name in course.COURSE:
        lesson = course.lesson(name)
        right, answered = current.score(name)
        parts = [t("{share:.0%} done", share=current.share(name))]
        if answered:
            parts += [checks_in_words(right, answered)]
        st.markdown(f"#### [{section(name, 'title')}]({link(lesson.page)})\n{named(parts)}")
        rows = []
        for part in lesson.questions:
            question = course.question(name, part)
            first, last = current.answers.get(f"{name}/{part}", (None, None))
            text = "" if last is None else question.answers[last].text + _mark(part, last == question.right)
            if first is not None and first != last:
                text += " " + t("(first: {text})", text=question.answers[first].text)
            asked = " ".join(question.text.split()).replace("|", "\\|")
            rows.append(f"| {asked} | {text or '–'} |")
        for goal in lesson.goals:
            label = t("Goal: {text}", text=course.goal_text(name, goal).text)
            rows.append(f"| {label} | {MARKS[f'{name}/{goal}' in current.goals]} |")
        for lab in lesson.labs:
            label = t("Write it: {text}", text=f"[{t(LABS[lab].title)}]({link(lesson.page, f'write-{lab}')})")
            rows.append(f"| {label} | {MARKS[lab in current.labs]} |")
        st.markdown("\n".join([f"| {t('step')} | {t('your answer')} |", "|---|---|", *rows]))


st.title(t("Your progress"))
st.markdown(
    t(
        "Kept by **this browser**, without an account: it is here again after a reload and after the server has been "
        "restarted. To carry it to another browser, save it as a file and open the file there."
    )
    if keeps()
    else t(
        "Kept **until this page is loaded again**: the browser stores nothing here. Save it as a file, and open the "
        "file next time."
    )
)
message = st.session_state.pop("_progress_told", None)
if message:
    st.info(message, icon=":material/info:")
done = sum(progress().share(name) for name in course.COURSE) / len(course.COURSE)
st.progress(done, t("{share:.0%} of the course", share=done))
place = progress().place
if place:
    address = link(course.lesson(place).page)
    st.markdown(t("You were last at {link}.", link=f"[{section(place, 'title')}]({address})"))
left, middle, right = st.columns(3, vertical_alignment="bottom")
with left:
    st.download_button(
        t("Save as a file"), progress().to_text(), "meta-learning-progress.json", "application/json",
        icon=":material/download:", width="stretch", on_click="ignore",
    )  # fmt: skip
with middle:
    st.file_uploader(
        t("Open a file"), type="json", key="progress_file", on_change=_uploaded, max_upload_size=1,
        help=t("it adds to what is here; nothing is lost"),
    )  # fmt: skip
with right, st.popover(t("Start over"), icon=":material/restart_alt:", width="stretch"):
    st.markdown(t("This forgets all answers, goals and labs in this browser."))
    st.button(t("Forget everything"), on_click=put, args=(Progress(),), type="primary")
review()
st.header(t("Summary"), anchor="summary")
st.caption(t("To print it, use the browser's own print command: the side bar and the buttons are left out."))
_summary()
save("page")

"""The learner's own page: what is done, what was answered, a file to carry, a summary to print."""

import streamlit as st

from lessons.engine import course
from lessons.engine.content import section
from lessons.engine.language import t
from lessons.engine.progress import LARGEST, Progress, ProgressError, from_text
from pages.session.progress import progress, put, save

MARKS = {True: "✓", False: "–"}


def _take(found: bytes) -> None:
    """Take up an uploaded file, adding to what is there."""
    try:
        put(progress().merged(from_text(found)))
        st.session_state["_progress_told"] = t("The file has been read; what it holds has been added.")
    except ProgressError as error:
        st.session_state["_progress_told"] = t("Nothing was changed: {error}.", error=error)


def _uploaded() -> None:
    file = st.session_state.get("progress_file")
    if file is None:
        return
    if file.size > LARGEST:
        st.session_state["_progress_told"] = t("Nothing was changed: the file is too large to be a learner's progress.")
        return
    _take(file.getvalue())


def _summary() -> None:
    here = progress()
    for name in course.COURSE:
        one = course.lesson(name)
        right, answered = here.score(name)
        told = t("{share:.0%} done", share=here.share(name))
        if answered:
            told += ", " + t("{right} of {answered} checks right at once", right=right, answered=answered)
        st.markdown(f"#### [{section(name, 'title')}](/{one.page})\n{told}")
        rows = []
        for part in one.questions:
            asked = course.question(name, part)
            first, now = here.answers.get(f"{name}/{part}", (None, None))
            said = "" if now is None else f"{asked.answers[now].text} {'✓' if now == asked.right else '✗'}"
            if first is not None and first != now:
                said += " " + t("(first: {text})", text=asked.answers[first].text)
            rows.append(f"| {t(part)} | {said or '–'} |")
        rows += [f"| {t('goal')} {goal} | {MARKS[f'{name}/{goal}' in here.goals]} |" for goal in one.goals]
        st.markdown("\n".join([f"| {t('step')} | {t('your answer')} |", "|---|---|", *rows]))


st.title(t("Your progress"))
st.markdown(
    t(
        "Kept by **this browser**, without an account: it is here again after a reload and after the server has been "
        "restarted. To carry it to another browser, save it as a file and open the file there."
    )
)
told = st.session_state.pop("_progress_told", None)
if told:
    st.info(told, icon=":material/info:")
done = sum(progress().share(name) for name in course.COURSE) / len(course.COURSE)
st.progress(done, t("{share:.0%} of the course", share=done))
place = progress().place
if place:
    link = f"[{section(place, 'title')}](/{course.lesson(place).page})"
    st.markdown(t("You were last at {link}.", link=link))
left, middle, right = st.columns(3, vertical_alignment="bottom")
with left:
    st.download_button(
        t("Save as a file"), progress().to_text(), "meta-learning-progress.json", "application/json",
        icon=":material/download:", width="stretch",
    )  # fmt: skip
with middle:
    st.file_uploader(
        t("Open a file"), type="json", key="progress_file", on_change=_uploaded, max_upload_size=1,
        help=t("it adds to what is here; nothing is lost"),
    )  # fmt: skip
with right, st.popover(t("Begin anew"), icon=":material/restart_alt:", width="stretch"):
    st.markdown(t("This forgets all answers and goals in this browser."))
    st.button(t("Forget everything"), on_click=put, args=(Progress(),), type="primary")
st.header(t("Summary"), anchor="summary")
st.caption(t("To print it, use the browser's own print command: the side bar and the buttons are left out."))
_summary()
save("page")

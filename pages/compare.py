"""Side by side: all methods on the same unseen episodes or sinusoids, live, and published figures beside ours."""

import streamlit as st

from core.demos.questions import CompareMethods
from core.events import MethodScore
from core.labs.catalog import WHOLE
from core.runtime.job import Job
from core.runtime.shared import pool
from lessons.demos import compare, domains
from lessons.engine.content import section
from lessons.engine.language import plural, sentence, t
from lessons.engine.links import link
from lessons.figures import compare as figures
from lessons.figures import domains as domain_figures
from lessons.figures.curves import updates_in_words
from lessons.notices.domains import about_domain
from pages.sections.data import choose_data
from pages.sections.metric import new_number, part
from pages.sections.own_choice import choose_own
from pages.session import labs, own_method
from pages.session.questions import resumed, start
from pages.widgets import controls
from pages.widgets.controls import option_of
from pages.widgets.figure import show, unrecorded

LESSON = "compare"
KINDS = {"pictures": "characters", "curves": "sinusoids"}
CHANGES = {"none": "as they are", "turned": "turned by 30°", "thick": "of a thicker pen"}
WAYS = option_of(int, "n", 5, 2, 20, "classes of an episode")
SHOTS = option_of(int, "k", 1, 1, 10, "support drawings of each class")
POINTS = option_of(int, "points", 10, 2, 20, "support points")
TASKS = option_of(int, "tasks", 100, 20, 1000, "unseen tasks that all of them answer")
NUMBER = option_of(int, "draw", 1, 0, 1_000_000, "the number of the draw: same number, same tasks")
POLL = 0.2
_OWN = "_own_contest"  # in the session: the contest's job, and how the learner's own method plays in it


def _config(data: str) -> CompareMethods:
    kind_column, way_column, shots_column, tasks_column = st.columns(4, vertical_alignment="bottom")
    with kind_column:
        kind = controls.choice("kind", "Tasks", KINDS, "pictures")
    way = 5
    with way_column:
        if kind == "pictures":
            way = int(controls.slider(WAYS, "Classes N", 1))
    with shots_column:
        shots = int(
            controls.slider(SHOTS, "Drawings of each K", 1)
            if kind == "pictures"
            else controls.slider(POINTS, "Support points", 1)
        )
    with tasks_column:
        tasks = int(controls.number(TASKS, "Number of tasks", 20))
    change = controls.choice("change", "All drawings are", CHANGES, "none") if kind == "pictures" else "none"
    with st.expander(t("More: the number of the draw")):
        number = int(controls.number(NUMBER, "Draw", 1, width=180))
        st.button(t("Other tasks"), icon=":material/casino:", on_click=new_number, args=(NUMBER.name,))
    queries = 3 if kind == "pictures" else 50
    return CompareMethods(
        kind=kind, data=data, change=change, way=way, shots=shots, queries=queries, tasks=tasks, number=number
    )


def _contest() -> Job | None:
    """Return this learner's contest, which may have been started before the page was opened again."""
    earlier = resumed(LESSON)
    if earlier:
        st.session_state["_contest"] = earlier
    job: Job | None = st.session_state.get("_contest")
    return job


def _start(config: CompareMethods) -> None:
    _stop(_contest())
    job = st.session_state["_contest"] = start(config, LESSON)
    mine = own_method.own()
    if mine and mine.source and not compare.unable(mine.run, config):
        st.session_state[_OWN] = (job.id, own_method.contest(mine, config))


def _stop(job: Job | None) -> None:
    if job:
        pool().cancel(job)
        if own := _own_contest(job):
            own.given_up = True


def _own_contest(job: Job) -> own_method.Contest | None:
    """Return how the learner's own method plays in a contest, if it takes part."""
    id, contest = st.session_state.get(_OWN, ("", None))
    return contest if id == job.id else None


def _about_own(config: CompareMethods) -> None:
    """Say whether the learner's own method takes part, if there is one."""
    mine = own_method.own()
    if mine is None:
        if labs.allowed():
            write = link("reptile", chapter=t("Write it"), write_part=t(WHOLE.title))
            st.caption(t("A method that you [write yourself]({link}) can take part as well.", link=write))
        return
    choose_own("own_plays", mine)
    why = compare.unable(mine.run, config) or mine.why
    if why:
        st.caption(t("Your own method does not take part: {why}.", why=why))
    else:
        updates = updates_in_words(mine.run.snapshot.iteration)
        st.caption(t("Your own method takes part, as it was after {updates} of training.", updates=updates))


def _live(config: CompareMethods) -> None:
    job = _contest()
    if job is None or job.config != config:
        _before(config)
        return
    own = _own_contest(job)
    over = job.over and (own is None or own.over)
    pool().poll(job)
    events = [event for event in list(job.events) if isinstance(event, MethodScore)]
    scores, by_task = compare.level(events + (own.scores[:] if own and not own.why else []))
    done = max((score.tasks for score in scores.values()), default=0)
    if job.state == "failed" or (job.state == "cancelled" and job.reason != "cancelled"):
        st.error(sentence(job.reason), icon=":material/error:")
    else:
        said = plural(
            len(scores), "{count} method so far, up to {done} of {tasks} tasks",
            "{count} methods so far, up to {done} of {tasks} tasks", done=done, tasks=config.tasks,
        )  # fmt: skip
        st.progress(done / config.tasks, t("{tasks} tasks answered by all", tasks=done) if over else said)
    if own and own.why:
        st.warning(t("Your own method gave up: {why}", why=own.why), icon=":material/lightbulb:")
    if not scores:
        return
    values = {name: (score.score, score.half) for name, score in scores.items()}
    title = t("Everybody on the same {tasks} unseen tasks", tasks=config.tasks)
    show(figures.scores(values, config.kind, config.way, title), "contest", data=over)
    st.dataframe(figures.details(scores), hide_index=True)
    if over:
        notice = compare.about_contest(config, scores, by_task)
        if notice:
            st.info(notice, icon=":material/visibility:")
        if st.session_state.get("_contest_drawn") != job.id:
            st.session_state["_contest_drawn"] = job.id
            if config.kind == "pictures" and config.change == "none":
                played = st.session_state.setdefault("_played", {})
                played |= {(name, config.way, config.shots): score for name, score in scores.items()}
            st.rerun()


def _before(config: CompareMethods) -> None:
    """Show what was measured earlier in this setting, so that the page is not empty."""
    as_measured = config.kind == "pictures" and config.change == "none"
    measured = compare.measured(config.way, config.shots) if as_measured else {}
    if not measured:
        st.info(t("Not measured before: press *Let them play*."), icon=":material/play_arrow:")
        return
    show(figures.scores(measured, config.kind, config.way, compare.title_of(config.way, config.shots)), "contest")


def _settings() -> None:
    scores = {}
    for row in compare.ours():
        way, _, shots = row["setting"].removesuffix("-shot").partition("-way ")
        if shots.isdecimal():
            scores[row["method"], int(way), int(shots)] = (row["score"], row["half"])
    for (name, way, shots), event in st.session_state.get("_played", {}).items():
        scores[name, way, shots] = (event.score, event.half)
    if not scores:
        st.info(t("Not recorded yet; `{command}` makes it.", command="python -m core report"))
        return
    rows = [
        {"method": name, "way": way, "shots": shots, "score": score, "half": half}
        for (name, way, shots), (score, half) in sorted(scores.items())
    ]
    show(figures.by_setting(rows), "settings")


@st.fragment
def _domains() -> None:
    rows = domains.measured()
    if not rows:
        unrecorded("domains")
        return
    domain = controls.choice("tested", "Tested on", domains.NAMES, "turned")
    show(domain_figures.by_shots(rows, domain), "domains")
    st.info(about_domain(rows, domain), icon=":material/visibility:")


def _published() -> None:
    rows = compare.table()
    if not rows:
        unrecorded("")
        return
    names = ("method", "setting", "published", "source", "what differs", "its budget", "ours", "our budget")
    lines = [tuple(map(t, names)), ("---",) * len(names)]
    lines += [tuple(f"{value:.1%}" if isinstance(value, float) else value or "" for value in row) for row in rows]
    st.markdown("\n".join(f"| {' | '.join(line)} |" for line in lines))


def _page() -> None:
    st.title(section(LESSON, "title"))
    st.markdown(section(LESSON, "goal"))
    notices = st.container()
    data = choose_data()
    if data is None:
        return
    part(LESSON, "Try: let them play", "try")
    config = _config(data)
    _about_own(config)
    job = _contest()
    own = _own_contest(job) if job else None
    alive = job is not None and not (job.over and (own is None or own.over))
    start, stop, _ = st.columns([1, 1, 3])
    start.button(t("Let them play"), type="primary", icon=":material/play_arrow:", on_click=_start, args=(config,),
                 width="stretch")  # fmt: skip
    stop.button(t("Cancel"), icon=":material/stop:", disabled=not alive, on_click=_stop, args=(job,), width="stretch")
    st.fragment(run_every=POLL if alive else None)(lambda: _live(config))()
    part(LESSON, "N and K", "settings")
    _settings()
    part(LESSON, "Trained here, tested there", "domains")
    _domains()
    part(LESSON, "Published figures beside ours", "published")
    _published()
    part(LESSON, "Explain", "explain")
    part(LESSON, "Next", "next")
    controls.show_notices(notices)


_page()

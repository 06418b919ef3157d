"""The page of one optimization-based method on episodes of characters: demo, training, scores, step by step."""

import math
from collections.abc import Sequence
from functools import partial

import numpy as np
import streamlit as st

from core.events import FittedEpisode
from core.options import ConfigError, Option
from core.registry import demo_for
from core.training.config import AdaptationConfig, Init
from lessons.demos import fewshot
from lessons.demos.naming import naming as named_queries
from lessons.demos.naming import score
from lessons.engine import course
from lessons.engine.content import section
from lessons.engine.language import error_text, joined, plural, t
from lessons.figures import fewshot as figures
from lessons.figures.theme import INITS
from lessons.notices.fewshot import about_before, about_characters, about_one_step, about_starts
from lessons.notices.optimization import about_accuracy, about_episode
from pages.sections import lesson, naming
from pages.sections.chapters import Part, Scene, chapters, together
from pages.sections.data import Choosing
from pages.sections.stepper import FUNCTIONS, Walk, stepper
from pages.sections.training import (
    LENGTH,
    ORDER,
    OUTER_FIELDS,
    SHARED,
    Choice,
    Panel,
    is_on,
    last_finished,
    show_panel,
    theta_of,
    work_of,
)
from pages.sections.watch import watch
from pages.session.questions import remembered
from pages.widgets import controls, in_link
from pages.widgets.characters import show_episode
from pages.widgets.components import copyable
from pages.widgets.controls import option_of
from pages.widgets.figure import let_paint, show, unrecorded

GAME, AGAIN = "episode", "play_episode"  # the components of the naming game, in "see" and in "play"
STEPS = option_of(int, "steps", 1, 0, fewshot.STEPS, "gradient steps on the support pictures")
TASK = option_of(
    int,
    "task",
    fewshot.DEFAULT_EPISODE,
    0,
    1_000_000,
    "the number of the episode: same number, same characters and drawings",
)
CHOICES = {
    "maml": (
        ORDER,
        Choice("average", "Theta", {"0.95": "mean of updates", "0.0": "last update"}, float),
        Choice("rotations", "Training classes", {"False": "as drawn", "True": "and turned"}, is_on),
    ),
    "reptile": (),
}
PLAYED = option_of(int, "play_task", 8, TASK.low or 0, TASK.high or 0, TASK.doc)  # none whose answers "see" shows
PREDICTED = 2  # the episode on which the answer to the prediction is played
FEWEST = {"maml": 1, "reptile": 5}  # inner steps that are shown beside the formulas
WATCHED_TASKS = 100  # tasks of the evaluation at the end of a run on the page


def page(method: str) -> None:
    """Draw all sections of `method`'s few-shot page, with texts from lessons/fewshot_<method>."""
    name = _key(method)
    data = Choosing(lambda: fewshot.why_not(method), quiet=["see", "predict"])
    parts: dict[str, Part | list[Scene]] = {
        "see": lambda: _see(name, method, data.chosen),
        "play": lambda: _play(name, method, data.chosen),
        "beside": lambda: _beside(method, data.chosen),
        "learn": [
            Scene("watch", "Moments", lambda: watch(name, fewshot.recorded(method), data.chosen)),
            Scene("train", "Train it yourself", lambda: _train(name, method, data.chosen)),
            Scene("score", "On average", lambda: _score(name, method)),
        ],
        "code": lambda: _code(name, method, data.chosen),
    }
    anchors = {"try": "play", "steps": "code"}
    parts["predict"] = partial(_before if method == "maml" else _after_one, method)
    chapters(name, parts, anchors, data)


def _see(name: str, method: str, data: str) -> None:
    _demo(method, data, together())


def _play(name: str, method: str, data: str) -> None:
    st.header(t("Try: one step from three starts"), anchor="try")
    st.markdown(section(name, "try"))
    if not together():
        _demo(method, data, True)


def _before(method: str) -> None:
    """Play the answer: what the learned start says before any step, on an episode of the other characters."""
    episode = fewshot.episode("glyphs", PREDICTED, 1)
    answers = remembered("predicted", fewshot.request(episode, {method: fewshot.inits(method)[method]}))
    if answers is None:
        return
    (fit,) = answers
    show_episode("predicted", named_queries(episode), fit.probabilities[0], True, None)
    st.info(about_before(fit), icon=":material/visibility:")


def _after_one(method: str) -> None:
    """Play the answer: what the learned start and the pretrained features say after one step on the same support."""
    episode = fewshot.episode("glyphs", PREDICTED, 1)
    starts = {name: fewshot.inits(method)[name] for name in (method, "pretrain")}
    answers = remembered("predicted", fewshot.request(episode, starts))
    if answers is None:
        return
    learned, pretrained = answers
    marks = t(
        "A bar is the answer of the {start} after 1 step, the mark on it that of the pretrained features.",
        start=INITS[method].label,
    )
    names = named_queries(episode)
    show_episode("predicted", names, learned.probabilities[1], True, None, pretrained.probabilities[1], marks)
    st.info(about_one_step(learned, pretrained), icon=":material/visibility:")


def _beside(method: str, data: str) -> None:
    """Show an episode before and after its inner steps, for the formula beside it to point at. It is none that a
    learner names.
    """
    episode = fewshot.episode(data, PREDICTED, 1, queries=1)
    answers = remembered("beside", fewshot.request(episode, {method: fewshot.inits(method)[method]}))
    if answers is None:
        return
    before, *_ = probabilities = answers[0].probabilities
    steps = max(controls.linked(STEPS), FEWEST[method])
    marks = plural(
        steps, "A bar is the answer of φ after {count} step, the mark on it the answer of θ.",
        "A bar is the answer of φ after {count} steps, the mark on it the answer of θ.",
    )  # fmt: skip
    show_episode("episode_beside", named_queries(episode), probabilities[steps], True, None, before, marks)


def _train(name: str, method: str, data: str) -> None:
    st.header(t("Train it yourself"), anchor="train")
    st.markdown(section(name, "train"))
    show_panel(_panel(method, data))


def _score(name: str, method: str) -> None:
    st.header(t("How good are they on average?"), anchor="score")
    st.markdown(section(name, "score"))
    scores = fewshot.scores(method)
    if scores:
        show(figures.score(scores), "score")
    else:
        unrecorded("")
    with st.expander(t("The recorded runs, and the commands that make them")):
        for run in (method, "pretrain"):
            copyable(f"command_{run}", fewshot.recorded(run).about.command)


def _code(name: str, method: str, data: str) -> None:
    st.header(t("Step by step: one outer iteration"), anchor="steps")
    st.markdown(section(name, "steps"))
    stepper(_walk(method, data))


def _key(method: str) -> str:
    return f"fewshot_{method}"


@st.fragment
def _demo(method: str, data: str, whole: bool) -> None:
    """Draw the game; the `whole` demo has all controls, the three starts beside each other, and the goals."""
    key, task = (AGAIN, PLAYED) if whole and not together() else (GAME, TASK)
    above, game, below = st.container(), st.container(), st.container()
    with above, st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=260):
            steps = controls.slider(STEPS, "Inner steps", 1)
        st.button(t("New episode"), icon=":material/casino:", on_click=_new_episode, args=(key, task))
        answers = st.container(width="content")
        with st.popover(t("More"), icon=":material/tune:"):
            shots = int(controls.choice("shots", "Support", fewshot.SHOTS, "1", "drawings of each class to learn from"))
            label = "Number of the drawings" if in_link.text("picked") else "Episode"
            seed = controls.number(task, label, 1, width=180)
            shown = naming.choose(key)
        starts = _starts(method)
        labels = {name: INITS[name].name for name in starts}
        chosen = controls.choice("init", "Answers of", labels, method) if shown and whole else method
    with answers:
        naming.show_button(key, shown)
    episode = _episode(data, seed, shots)
    fits = _fits(method, episode, starts) if shown else None
    if fits is None or not shown:
        with game:
            names = naming.draw(key, episode, shown)
            let_paint()
        if not shown:
            with below:
                naming.invite(key, names)
                if whole:
                    _goals(method, {})
        return
    probabilities = next(fit for fit in fits if fit.name == chosen).probabilities[steps]
    with game:
        names = naming.draw(key, episode, shown, probabilities)
        let_paint()
    with below:
        left, right = st.columns([3, 2], gap="medium")
        if whole:
            with left:
                show(figures.adaptation(fits, steps), "adaptation")
        with right if whole else left:
            st.info(about_episode(fits, steps, shots), icon=":material/visibility:")
        with right:
            naming.tell_score(names, probabilities.argmax(-1), INITS[chosen].label)
        if whole:
            st.caption(joined(about_characters(episode), about_starts(starts)))
            _goals(method, _facts(method, fits, steps, names))


def _goals(method: str, facts: dict[str, float]) -> None:
    """Check the goals of the page; nothing is known of them while the answers are hidden."""
    goals = course.lesson(_key(method)).goals
    for column, (what, goal) in zip(st.columns(max(1, len(goals)), gap="small"), goals.items(), strict=False):
        with column:
            lesson.goal(_key(method), what, **{fact: facts.get(fact, math.nan) for fact in goal.facts})


def _facts(method: str, fits: Sequence[FittedEpisode], steps: int, names: naming.Naming) -> dict[str, float]:
    """Return what the goals are checked with: queries right now, earlier and after one step, and the game's score."""
    right = {fit.name: np.rint(fit.accuracy * fit.probabilities.shape[1]) for fit in fits}
    learned, pretrained = right[method], right["pretrain"]
    after_one = next(fit for fit in fits if fit.name == method).probabilities[1].argmax(-1)
    result = score(names, after_one)
    return {
        "steps": steps,
        "pretrained": float(pretrained[steps]),
        "before": float(max(pretrained[:steps], default=0)),
        "learned": float(learned[steps]),
        "first": float(learned[1]),
        "lead": float(learned[1] - pretrained[1]),
        "named": result.named,
        "you": result.you,
        "network": result.network,
    }


def _starts(method: str) -> dict[str, Init]:
    """Return the starts that the demo compares, by name, with that of the learner's last run."""
    starts = dict(fewshot.inits(method))
    job = last_finished(_key(method))
    if job and isinstance(job.config, AdaptationConfig):
        starts["own"] = fewshot.own_init(job.config, theta_of(job))
    return starts


def _fits(method: str, episode: fewshot.Episode, starts: dict[str, Init]) -> list[FittedEpisode] | None:
    """Return how each start adapts to the episode, or None with a note on the page while no worker can answer."""
    if "own" not in starts and episode == fewshot.episode(episode.data, fewshot.DEFAULT_EPISODE, 1):
        recorded = fewshot.first_paint(method, episode.data)
        if recorded:
            return recorded
    answers = remembered(_key(method), fewshot.request(episode, starts))
    return None if answers is None else list(answers)


def _episode(data: str, seed: int, shots: int) -> fewshot.Episode:
    """Return the learner's own episode if the link names characters, else the one with the number `seed`."""
    text = in_link.text("picked") or ""
    if text:
        try:
            members = fewshot.picked_from_text(text, data)
            return fewshot.own_episode(data, members, seed, shots)
        except ConfigError as error:
            controls.note(
                "picked",
                t(
                    "The link's characters could not be used: {error}. This is episode {seed}.",
                    error=error_text(error),
                    seed=seed,
                ),
            )
            in_link.put("picked", None)
    return fewshot.episode(data, seed, shots)


def _new_episode(key: str, task: Option) -> None:
    st.session_state[task.name] = int(np.random.default_rng().integers(1, 1_000_000))
    controls.forget_notice("picked")
    in_link.put("picked", None)
    naming.begin(key)


def _panel(method: str, data: str) -> Panel:
    base = demo_for(method, data).updated(test_tasks=WATCHED_TASKS, test_steps=1)
    return Panel(
        _key(method), base, (*SHARED, OUTER_FIELDS[method], *LENGTH), fewshot.recorded(method), figures.learning,
        partial(about_accuracy, way=fewshot.WAY),
        lambda config: max(1, min(20, 160 // work_of(config))), CHOICES[method],
    )  # fmt: skip


def _walk(method: str, data: str) -> Walk:
    recorded = fewshot.recorded(method)
    training = recorded.config.updated(data=data, meta_batch=2, trace=True, queries=3)
    return Walk(_key(method), FUNCTIONS[method], training, recorded.snapshot, figures.picture)

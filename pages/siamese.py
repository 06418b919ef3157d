"""Siamese networks: the stage of pairs, verification, what makes a pair differ, and a game of twenty."""

import math
from dataclasses import replace
from functools import partial

import streamlit as st

from core.events import Compared
from lessons.demos import metric, moments
from lessons.demos.fewshot import Episode
from lessons.demos.metric import Pair, Trial
from lessons.demos.metric_stage import COUPLES, WAY
from lessons.demos.shipped import why_not
from lessons.engine.language import t
from lessons.figures import metric as figures
from lessons.figures import metric_stage as stage_figures
from lessons.figures.replay import pictured_episode
from lessons.notices.metric import (
    about_many_pairs,
    about_map,
    about_mistaken_pairs,
    about_pairs,
    about_parts,
    about_score,
    about_trial,
)
from pages.sections import lesson
from pages.sections import metric as shared
from pages.sections import metric_stage as stages
from pages.sections.chapters import Part, Scene, chapters, together
from pages.sections.data import Choosing
from pages.sections.network import Network
from pages.sections.stepper import stepper
from pages.sections.training import show_panel
from pages.sections.watch import watch
from pages.widgets import controls
from pages.widgets.characters import clicked, picker, pictures_of
from pages.widgets.controls import option_of
from pages.widgets.figure import data_of, let_paint, show
from pages.widgets.pairs import pair_cards

LESSON = "siamese"
PAIRS = "Pairs"  # the part in which the network and the episode are chosen
EPISODE = shared.EPISODES[LESSON]
TRIAL = option_of(int, "trial", 1, 0, 1_000_000, "the number of the trial: same number, same characters")
ROC_LINES = {"recorded": "recorded", "random": "first", "own": "now"}

MARKS = {"logits": ("differences @",), "pair_loss": ("matching = ", "masked_fill"), "class_scores": ("return",)}


def _see(data: str) -> None:
    if together():  # one picture, with all its controls
        _pairs(data)
        return
    _, network = shared.network(LESSON, drawn=False)
    judged = stages.pairs(data, network, controls.linked(EPISODE))
    let_paint()
    if judged:
        st.info(about_pairs(judged.pairs, judged.threshold), icon=":material/visibility:")


def _try(data: str) -> None:
    shared.part(LESSON, "Try: the same, or not?", "try")
    if not together():
        st.fragment(_pairs)(data)


def _pairs(data: str) -> None:
    """Let the learner choose the network and the episode, and judge their pairs."""
    left, right, more = st.columns([3, 3, 1], vertical_alignment="bottom")
    with left:
        _, network = shared.network(LESSON)
    with right:
        seed = controls.number(EPISODE, "Episode", 1, width=180)
    judged = stages.pairs(data, network, seed)
    if judged is None:
        return
    with more:
        data_of(stage_figures.pairs_table(judged.compared, judged.pair), "pairs")
    st.info(about_pairs(judged.pairs, judged.threshold), icon=":material/visibility:")


def _roc(data: str) -> None:
    shared.part(LESSON, "Every threshold at once", "roc")
    shared.in_its_chapter(lambda: _thresholds(data))


def _thresholds(data: str) -> None:
    """Draw both errors of the chosen network at every threshold, and let the learner move theirs."""
    name, network = shared.network(LESSON, drawn=False)
    shared.as_chosen(PAIRS, name)
    threshold = stages.threshold_slider()
    verified = shared.verified(data, network)
    left, right = st.columns(2, gap="medium")
    hits, alarms = math.nan, math.nan
    if verified:
        with left:
            show(figures.verification({ROC_LINES[name]: verified}, threshold), "roc")
        alarms, hits = figures.at_threshold(verified, threshold)
    with right:
        if verified:
            st.info(about_many_pairs(verified, threshold, data, WAY), icon=":material/visibility:")
        lesson.goal(LESSON, "threshold", threshold=threshold, missed=1 - hits, alarms=alarms)


def _map(data: str) -> None:
    shared.part(LESSON, "The embedding of these characters", "map")
    name, network = shared.network(LESSON, drawn=False)
    number = int(controls.linked(EPISODE))
    judged = stages.pairs(data, network, number, drawn=False)
    if judged is None:
        return
    shared.as_chosen(PAIRS, name, number)
    shared.map_of(network, judged.compared)
    mapped = shared.in_map(network.training, judged.compared)
    st.info(about_map(mapped, pairs=True), icon=":material/visibility:")


def _parts(compared: Compared, pair: Pair, key: str) -> None:
    """Take a pair apart: the bar of each dimension, and the sum in numbers."""
    pulls, bias = metric.contributions(compared, pair)
    show(figures.parts(pulls, bias), key)
    st.caption(about_parts(pulls, bias))


@st.fragment
def _game(data: str) -> None:
    seed = int(controls.number(TRIAL, "Trial", 1, width=180))
    episode = metric.trial(data, seed)
    support, queries = pictures_of(episode)
    query = metric.trial_answer(seed)
    run = metric.recorded("alphabets")
    compared = shared.answer("trial", episode, Network(run.config, run.snapshot.theta))
    trials: dict[tuple[str, int], Trial] = st.session_state.setdefault("_trials", {})
    trial = trials.get((data, seed))
    if trial and compared is not None and trial.network is None:
        trial = trials[data, seed] = replace(trial, network=int(compared.attention[0, query].argmax()))
    left, right = st.columns([1, 5], gap="medium")
    with left:
        st.markdown(t("**Find this one**"))
        picker("asked", queries[query : query + 1], [t("the character to find")], [], None, size=96)
    attention = None if compared is None else compared.attention[0, query]
    with right:
        st.markdown(t("**among these twenty**"))
        notes, badges = [""] * len(support), [list[str]() for _ in support]
        if trial and attention is not None:
            notes = [f"{p:.0%}" for p in attention.tolist()]
            badges = [_badges(i, trial) for i in range(len(support))]
        picker(
            "candidates", support, [t("candidate {i}", i=i + 1) for i in range(len(support))],
            [trial.you] if trial else [], partial(_store_click, data, seed, query), notes, 56, badges,
        )  # fmt: skip
    if trial and compared is not None and attention is not None:
        st.info(about_trial(attention, query, trial.you), icon=":material/visibility:")
        st.button(t("Next trial"), icon=":material/arrow_forward:", type="primary", on_click=_next_trial)
        network_choice = int(attention.argmax())
        with st.expander(t("Why? What each difference takes from the pair that the network chose")):
            pair = metric.pair(compared, query, network_choice, network_choice == query)
            _parts(compared, pair, "trial_parts")
    elif not trial:
        st.caption(t("Your click is kept, then the network's choice is shown."))
    scores = [past.score for (source, _), past in trials.items() if source == data and past.network is not None]
    if scores:
        st.markdown(about_score(scores))


def _badges(i: int, trial: Trial) -> list[str]:
    """Return who has chosen candidate `i`, and whether it is the right one."""
    return [t("right")] * (i == trial.truth) + [t("you")] * (i == trial.you) + [t("network")] * (i == trial.network)


def _store_click(data: str, seed: int, truth: int) -> None:
    """Store the learner's click; only the first click of a trial counts."""
    candidate = clicked("candidates", metric.TRIAL_WAY)
    if candidate is not None:
        st.session_state["_trials"].setdefault((data, seed), Trial(truth, candidate))


def _next_trial() -> None:
    st.session_state[TRIAL.name] = int(st.session_state.get(TRIAL.name, 1)) + 1


def _mistake(episode: Episode, compared: Compared, query: int) -> None:
    pairs, letters = metric.mistaken_pairs(compared, query)
    chosen = shared.chosen("mistaken", len(pairs))
    cards, sum_of = st.columns([3, 4], gap="medium")
    with cards:
        pair_cards(
            "mistake_pairs", episode, pairs, chosen, partial(shared.choose, "mistaken", "mistake_pairs", len(pairs)),
            [
                t("{letter}: right one", letter=letters[0]),
                t("{letter}: chosen (highest probability)", letter=letters[1]),
            ],
        )  # fmt: skip
        st.info(about_mistaken_pairs(pairs, letters, chosen), icon=":material/visibility:")
    with sum_of:
        _parts(compared, pairs[chosen], "mistake_parts")


def _predicted(data: Choosing) -> None:
    if data.chosen or data():  # the chapters that are only words draw nothing of the data before
        stages.predicted_pairs(data.chosen)


def _page() -> None:
    data = Choosing(lambda: why_not(metric.recorded, "siamese", "alphabets"), quiet=("see", "predict"))
    parts: dict[str, Part | list[Scene]] = {
        "see": lambda: _see(data.chosen),
        "predict": lambda: _predicted(data),
        "play": [
            Scene("try", PAIRS, lambda: _try(data.chosen)),
            Scene("roc", "Every threshold", lambda: _roc(data.chosen)),
            Scene("map", "Map", lambda: _map(data.chosen)),
            Scene("game", "Play against it", lambda: _against(data.chosen)),
            Scene("mistakes", "Where it fails", lambda: _mistakes(data.chosen)),
        ],
        "beside": lambda: _beside(data.chosen),
        "learn": [
            Scene("watch", "Moments", lambda: _watch(data.chosen)),
            Scene("train", "Train it yourself", lambda: _train(data.chosen)),
        ],
        "why": [Scene("parts", "Which dimensions", lambda: _why(data.chosen))],
        "code": lambda: _code(data.chosen),
    }
    chapters(LESSON, parts, {"steps": "code"}, data)


def _against(data: str) -> None:
    shared.part(LESSON, "Play against the network", "game")
    _game(data)
    shared.score_lines(LESSON, "alphabets")


def _mistakes(data: str) -> None:
    shared.part(LESSON, "Where it fails", "mistakes")
    st.fragment(lambda: shared.mistakes(LESSON, data, _mistake))()


def _beside(data: str) -> None:
    _, network = shared.network(LESSON, drawn=False)
    stages.pair_beside(data, network, controls.linked(EPISODE))


def _why(data: str) -> None:
    shared.part(LESSON, "Which dimensions make a pair differ?", "parts")
    name, network = shared.network(LESSON, drawn=False)
    number = int(controls.linked(EPISODE))
    judged = stages.pairs(data, network, number, drawn=False)
    if judged:
        shared.as_chosen(PAIRS, name, number)
        _parts(judged.compared, judged.pair, "parts")


def _watch(data: str) -> None:
    run, asked = metric.recorded(LESSON), pictured_episode(data)

    (_, last), *_ = reversed(moments.recorded_for(LESSON, data))  # the shipped network's hard pairs, at each moment
    assert isinstance(last, Compared)
    chosen = metric.hard_pairs(last, len(asked.characters), COUPLES)

    def stage(compared: Compared) -> None:
        pairs = [metric.pair(compared, pair.query, pair.support, pair.same) for pair in chosen]
        stages.still_pairs("moment_pairs", compared, run.config, asked, pairs)

    watch(LESSON, run, data, stage)


def _train(data: str) -> None:
    shared.part(LESSON, "Train it yourself", "train")
    show_panel(shared.panel(LESSON, data))


def _code(data: str) -> None:
    shared.part(LESSON, "Step by step: one outer update", "steps")
    stepper(shared.walk(LESSON, data, MARKS))


_page()

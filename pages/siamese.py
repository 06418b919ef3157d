"""Siamese networks: pairs, threshold, verification, what makes a pair differ, and a game of twenty."""

import math
from dataclasses import replace
from functools import partial

import streamlit as st

from core.events import Compared
from lessons.demos import fewshot, metric
from lessons.demos.fewshot import Episode
from lessons.demos.metric import Pair, Trial
from lessons.demos.shipped import why_not
from lessons.engine.content import section
from lessons.engine.language import t
from lessons.figures import metric as figures
from lessons.notices.metric import about_mistaken_pairs, about_pairs, about_parts, about_score, about_trial
from pages.sections import lesson
from pages.sections import metric as shared
from pages.sections.chapters import chapters
from pages.sections.data import Choosing
from pages.sections.network import Network
from pages.sections.stepper import stepper
from pages.sections.training import show_panel
from pages.widgets import controls
from pages.widgets.characters import clicked, picker
from pages.widgets.controls import option_of
from pages.widgets.figure import let_paint, show
from pages.widgets.links import pair_cards, pictures_of

LESSON = "siamese"
THRESHOLD = option_of(float, "threshold", 0.5, 0.01, 0.99, "the probability from which two pictures count as the same")
TRIAL = option_of(int, "trial", 1, 0, 1_000_000, "the number of the trial: same number, same characters")
ROC_LINES = {"recorded": "recorded", "random": "first", "own": "now"}
COUPLES = 4  # pairs of each kind on the page
WAY = 8  # characters from which the pairs are drawn

MARKS = {"logits": ("differences @",), "pair_loss": ("matching = ", "masked_fill"), "class_scores": ("return",)}


@st.fragment
def _demo(data: str) -> None:
    left_column, middle_column, right_column = st.columns(3, vertical_alignment="bottom")
    with left_column:
        threshold = controls.slider(THRESHOLD, "Threshold", 0.01)
    with middle_column:
        name, network = shared.network(LESSON)
    with right_column:
        st.button(t("New pairs"), icon=":material/casino:", on_click=shared.new_number, args=(shared.EPISODE.name,),
                  type="primary", width="stretch")  # fmt: skip
    with st.expander(t("More: the number of the episode")):
        seed = controls.number(shared.EPISODE, "Episode", 1, width=180)
    episode = fewshot.episode(data, seed, 1, WAY, 1)
    compared = shared.answer(LESSON, episode, network)
    if compared is None:
        return
    pairs = metric.hard_pairs(compared, WAY, COUPLES)
    chosen = shared.chosen("pair", len(pairs))
    pair_cards("pairs", episode, pairs, threshold, chosen, partial(shared.choose, "pair", "pairs", len(pairs)))
    let_paint()
    verified = shared.verified(data, network)
    st.info(about_pairs(pairs, threshold, verified, data, WAY), icon=":material/visibility:")
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader(t("Which dimensions make a pair differ?"), anchor="parts")
        st.markdown(section(LESSON, "parts") + t(" Click another pair to take it apart."))
        _parts(compared, pairs[chosen], "parts")
    with right:
        st.subheader(t("Every threshold at once"), anchor="roc")
        st.markdown(section(LESSON, "roc"))
        hits, alarms = math.nan, math.nan
        if verified:
            show(figures.verification({ROC_LINES[name]: verified}, threshold), "roc")
            alarms, hits = figures.at_threshold(verified, threshold)
        lesson.goal(LESSON, "threshold", threshold=threshold, missed=1 - hits, alarms=alarms)
    st.subheader(t("The embedding of these characters"), anchor="map")
    st.markdown(section(LESSON, "map"))
    shared.map_of(network, compared)
    shared.map_notice(network, compared)


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
        picker("asked", queries[query : query + 1], [t("the character to find")], [], lambda: None, size=96)
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
    pair_cards(
        "mistake_pairs", episode, pairs, None, chosen, partial(shared.choose, "mistaken", "mistake_pairs", len(pairs)),
        [t("{letter}: right one", letter=letters[0]), t("{letter}: chosen (highest probability)", letter=letters[1])],
    )  # fmt: skip
    st.info(about_mistaken_pairs(pairs, letters, chosen), icon=":material/visibility:")
    _parts(compared, pairs[chosen], "mistake_parts")


def _page() -> None:
    data = Choosing(lambda: why_not(metric.recorded, "siamese", "alphabets"))
    parts = {
        "see": lambda: _see(data.chosen),
        "play": lambda: _play(data.chosen),
        "learn": lambda: _learn(data.chosen),
        "code": lambda: _code(data.chosen),
    }
    anchors = {"try": "see", "parts": "see", "roc": "see", "map": "see", "game": "play", "mistakes": "play"}
    chapters(LESSON, parts, anchors | {"train": "learn", "steps": "code"}, data)


def _see(data: str) -> None:
    shared.part(LESSON, "Try: the same, or not?", "try")
    _demo(data)


def _play(data: str) -> None:
    shared.part(LESSON, "Play against the network", "game")
    _game(data)
    shared.score_lines(LESSON, "alphabets")
    shared.part(LESSON, "Where it fails", "mistakes")
    st.fragment(lambda: shared.mistakes(LESSON, data, _mistake))()


def _learn(data: str) -> None:
    shared.part(LESSON, "Train it yourself", "train")
    show_panel(shared.panel(LESSON, data))


def _code(data: str) -> None:
    shared.part(LESSON, "Step by step: one outer update", "steps")
    stepper(shared.walk(LESSON, data, MARKS))


_page()

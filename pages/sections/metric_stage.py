"""The stages of the metric methods on their pages: what they show now, what the learner does there, predictions."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from core.events import Compared
from core.methods.matching.config import MatchingConfig
from core.methods.siamese.config import SiameseConfig
from core.training.config import MetricConfig
from lessons.demos import fewshot, metric
from lessons.demos.fewshot import Episode, characters
from lessons.demos.metric import TEMPERATURES, Pair
from lessons.demos.metric_stage import COUPLES, HIGHEST, LOWEST, WAY, at_temperature, scores_of, stop_of, trial_pairs
from lessons.engine.language import t
from lessons.figures import metric_stage as figures
from lessons.notices.metric_stage import about_sum, about_twenty, about_warming
from pages.sections import metric as shared
from pages.sections.network import Network
from pages.widgets import controls, held, in_link
from pages.widgets.characters import pictures_of
from pages.widgets.controls import option_of
from pages.widgets.metric_stage import judged, link_stage, looked, pair_stage

THRESHOLD = option_of(
    float, "threshold", 0.5, LOWEST, HIGHEST, "the probability from which two pictures count as the same"
)
PAIR = option_of(int, "pair", 1, 1, 2 * COUPLES, "the pair that is taken apart")
TEMPERATURE = option_of(
    float, "t", 0.1, TEMPERATURES[0], TEMPERATURES[-1], "similarities are divided by it before the softmax"
)
PREDICTED = 15  # the number of the trial that the prediction is about
ROOM = 320  # pixels of a stage less those of the note that it is waited for
RAISED = (0.1, 10.0)  # the temperatures of the prediction


@dataclass(frozen=True)
class Judged:
    """What the Siamese stage shows: the episode as the network answers it, its pairs, and the learner's choice."""

    compared: Compared
    pairs: list[Pair]
    pair: Pair
    threshold: float


@dataclass(frozen=True)
class Linked:
    """What the Matching stage shows: the answer, the settings it was given with, and the chosen query."""

    compared: Compared
    training: MatchingConfig
    query: int


def pairs(data: str, network: Network[MetricConfig], seed: int, drawn: bool = True) -> Judged | None:
    """Return what the Siamese stage shows of episode `seed`, and draw it, if it is not `drawn` elsewhere on the page;
    None, with a note, without an answer.
    """
    held.number(THRESHOLD, "threshold")
    held.number(PAIR, "pair")
    threshold, number = st.session_state["threshold"], st.session_state["pair"] - 1
    episode = fewshot.episode(data, seed, 1, WAY, 1)
    compared = shared.answer("siamese", episode, network)
    if compared is None:
        if drawn:
            _keep_room()
        return None
    judged_pairs = metric.hard_pairs(compared, WAY, COUPLES)
    if drawn:
        picture = pairs_picture(compared, judged_pairs, network.training, episode, (t("same"), t("different")))
        pair_stage("pairs", picture, number, threshold, figures.pairs_alt(judged_pairs, threshold), _judged)
    return Judged(compared, judged_pairs, judged_pairs[number], threshold)


def threshold_slider() -> float:
    """Draw a slider for the threshold of the Siamese stage, where that is not on the screen, and return its value."""
    held.number(THRESHOLD, "threshold")
    key = "_threshold_here"
    st.session_state[key] = st.session_state["threshold"]
    return float(
        st.slider(
            t("Threshold"), LOWEST, HIGHEST, step=0.01, key=key,
            on_change=lambda: held.put("threshold", st.session_state[key], THRESHOLD.default),
        )
    )  # fmt: skip


def pairs_picture(
    compared: Compared, judged_pairs: list[Pair], training: MetricConfig, episode: Episode | None,
    columns: tuple[str, ...] = (),
) -> dict:  # fmt: skip
    """Return the picture of pairs of any `Compared` event; its drawings are letters where there is no episode."""
    said = [about_sum(*metric.contributions(compared, pair)) for pair in judged_pairs]
    pictures = None if episode is None else pictures_of(episode)
    return figures.siamese(compared, judged_pairs, pictures, training.episodes, said, columns)


def _judged() -> None:
    """Take over what the learner did on the Siamese stage, after a check, because a browser sent it."""
    message = judged("pairs")
    if message is None:
        return
    for key in ("threshold", "pair"):
        controls.forget_notice(key)
    held.put("threshold", message.threshold, THRESHOLD.default)
    held.put("pair", min(message.pair + 1, 2 * COUPLES), PAIR.default)
    if message.again:
        shared.new_episode("siamese")


def links(
    key: str, data: str, network: Network[MetricConfig], number: int, shots: int, way: int, drawn: bool = True
) -> Linked | None:
    """Draw the Matching stage `key` with episode `number`, answered at the learner's temperature, and return what it
    shows; None, with a note, without an answer. Not `drawn`, it is only returned.
    """
    held.number(TEMPERATURE, TEMPERATURE.name)
    temperature = TEMPERATURES[stop_of(st.session_state["t"])]
    held.put("t", temperature, TEMPERATURE.default)
    asked, training = network.training, network.training.updated(scale=1 / temperature)
    assert isinstance(asked, MatchingConfig) and isinstance(training, MatchingConfig)
    episode = fewshot.episode(data, number, shots, way)
    compared = shared.answer("matching", episode, network)  # no temperature waits for a worker
    if compared is None:
        if drawn:
            _keep_room()
        return None
    compared = at_temperature(compared, asked, training)
    query = shared.chosen("query", compared.queries.shape[1], metric.FIRST_QUERY)
    if drawn:
        picture = links_picture(compared, training, episode) | {"low": key != "links"}
        link_stage(key, picture, query, figures.links_alt(compared, query), partial(_looked, key))
    return Linked(compared, training, query)


def _keep_room() -> None:
    """Keep the height of a stage while a worker is waited for, so that what stands below does not jump."""
    st.container(height=ROOM, border=False)


def still_links(key: str, compared: Compared, training: MatchingConfig, episode: Episode | None, query: int) -> None:
    """Draw the Matching stage of any `Compared` event; Python hears nothing of what is looked at there."""
    picture = links_picture(compared, training, episode) | {"low": True}
    link_stage(key, picture, query, figures.links_alt(compared, query))


def still_pairs(
    key: str, compared: Compared, training: MetricConfig, episode: Episode | None, judged_pairs: list[Pair]
) -> None:
    """Draw the Siamese stage of any `Compared` event; Python hears nothing of what is looked at there."""
    picture = pairs_picture(compared, judged_pairs, training, episode, (t("same"), t("different")))
    pair_stage(key, picture, 0, THRESHOLD.default, figures.pairs_alt(judged_pairs, THRESHOLD.default))


def pair_beside(data: str, network: Network[MetricConfig], seed: int) -> None:
    """Draw the learner's pair alone, for the formula beside it to point at."""
    shown = pairs(data, network, seed, drawn=False)
    if shown:
        picture = pairs_picture(shown.compared, [shown.pair], network.training, fewshot.episode(data, seed, 1, WAY, 1))
        pair_stage("pair_beside", picture, 0, None, figures.pairs_alt([shown.pair], THRESHOLD.default))


def links_beside(data: str, network: Network[MetricConfig], number: int, shots: int, way: int) -> None:
    """Draw the attention of the learner's query, for the formula beside it to point at."""
    shown = links("", data, network, number, shots, way, drawn=False)
    if shown:
        episode = fewshot.episode(data, number, shots, way)
        picture = links_picture(shown.compared, shown.training, episode) | {"beside": True}
        link_stage("links_beside", picture, shown.query, figures.links_alt(shown.compared, shown.query))


def links_picture(compared: Compared, training: MatchingConfig, episode: Episode | None) -> dict:
    """Return the picture of attention of any `Compared` event; its drawings are letters where there is no episode."""
    if episode is None:
        return figures.matching(compared, training, None)
    names = characters(episode.data).names
    return figures.matching(compared, training, pictures_of(episode), [names[i] for i in episode.characters])


def _looked(key: str) -> None:
    """Take over what the learner did on the Matching stage `key`, after a check, because a browser sent it."""
    message = looked(key)
    if message is None:
        return
    controls.forget_notice("t")
    held.put("t", message.temperature, TEMPERATURE.default)
    in_link.put("query", str(message.query + 1))
    if message.again:
        shared.new_episode("matching")


def predicted_pairs(data: str) -> None:
    """Play what happens to the Siamese prediction: one drawing of a trial compared with all twenty candidates."""
    run = metric.recorded("alphabets")
    assert isinstance(run.config, SiameseConfig)
    episode, query = metric.trial(data, PREDICTED), metric.trial_answer(PREDICTED)
    compared = shared.answer("trial predicted", episode, Network(run.config, run.snapshot.theta))
    if compared is None:
        return
    twenty = trial_pairs(compared, query)
    best = int(np.argmax([pair.probability for pair in twenty]))
    picture = pairs_picture(compared, twenty, run.config, episode)
    pair_stage("predicted_pairs", picture, best, None, figures.pairs_alt(twenty, 0.5))
    st.info(about_twenty(twenty), icon=":material/visibility:")


def predicted_links(data: str) -> None:
    """Play what happens to the Matching prediction: the temperature is raised from 0.1 to 10."""
    run = metric.recorded("matching")
    low, high = RAISED
    training = run.config.updated(scale=1 / high)
    assert isinstance(run.config, MatchingConfig) and isinstance(training, MatchingConfig)
    episode = metric.first_episode("matching", data)
    compared = shared.answer("matching", episode, Network(run.config, run.snapshot.theta))
    if compared is None:
        return
    compared = at_temperature(compared, run.config, training)
    query = metric.FIRST_QUERY
    alt = figures.links_alt(compared, query)
    link_stage("predicted_links", links_picture(compared, training, episode), query, alt, start=stop_of(low))
    said = about_warming(scores_of(compared, training), query, len(episode.characters), low, high)
    st.info(said, icon=":material/visibility:")

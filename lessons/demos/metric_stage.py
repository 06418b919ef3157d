"""What is asked of the stages of the metric methods, and what a browser sends back from them."""

from dataclasses import dataclass, replace

import numpy as np

from core.events import Compared
from core.methods.matching.config import MatchingConfig
from lessons.demos.metric import TEMPERATURES, TRIAL_WAY, Pair, pair, similarities
from lessons.demos.stepped import LARGEST, whole

WAY, COUPLES = 8, 4  # characters from which the pairs of the Siamese stage are drawn; queries that are in pairs
LOWEST, HIGHEST = 0.01, 0.99  # thresholds
SMALL = 1e-38  # an attention below this is none in single precision
MOST_QUERIES = 60  # of an episode with 20 classes


@dataclass(frozen=True)
class Judging:
    """What a learner has chosen on the Siamese stage, checked: the message's number, a pair, and a threshold.

    again: whether other pairs are wanted.
    """

    number: int
    pair: int
    threshold: float
    again: bool


@dataclass(frozen=True)
class Looking:
    """What a learner has chosen on the Matching stage, checked: the message's number, a query, and a temperature.

    again: whether another episode is wanted.
    """

    number: int
    query: int
    temperature: float
    again: bool


def judging(message: object) -> Judging | None:
    """Return what a browser sent from the Siamese stage; None if it is nothing that this stage sends."""
    if not isinstance(message, dict):
        return None
    number, chosen = whole(message.get("n"), LARGEST), whole(message.get("pair"), TRIAL_WAY - 1)
    threshold = message.get("threshold")
    if number is None or chosen is None or not isinstance(threshold, int | float) or isinstance(threshold, bool):
        return None
    if not LOWEST <= threshold <= HIGHEST:
        return None
    return Judging(number, chosen, round(float(threshold), 2), message.get("again") is True)


def looking(message: object) -> Looking | None:
    """Return what a browser sent from the Matching stage; None if it is nothing that this stage sends."""
    if not isinstance(message, dict):
        return None
    number, query = whole(message.get("n"), LARGEST), whole(message.get("query"), MOST_QUERIES - 1)
    stop = whole(message.get("stop"), len(TEMPERATURES) - 1)
    if number is None or query is None or stop is None:
        return None
    return Looking(number, query, TEMPERATURES[stop], message.get("again") is True)


def stop_of(temperature: float) -> int:
    """Return the number of the slider's temperature that is nearest to `temperature`, by its factor."""
    return int(np.abs(np.log(np.array(TEMPERATURES) / temperature)).argmin())


def trial_pairs(compared: Compared, query: int) -> list[Pair]:
    """Return the pairs of a query with each support picture."""
    return [pair(compared, query, i, i == query) for i in range(compared.support.shape[1])]


def scores_of(compared: Compared, config: MatchingConfig) -> np.ndarray:
    """Return the similarities [queries, n] that a Matching network's attention is made of: attention is
    softmax(similarity / T). With `prototypes` n is the number of class means, otherwise that of support pictures.

    With full context the embeddings of the event are not what is compared. Then they come from the attention: its
    logarithm times the temperature, which differs from the similarities by one number for each query.
    """
    way = compared.answers.shape[2]
    if config.context:
        attention = compared.attention[0].astype(float)
        if config.prototypes:
            attention = attention.reshape(len(attention), -1, way).sum(1)
        return np.log(np.maximum(attention, SMALL)) / config.scale
    support, queries = compared.support[0].astype(float), compared.queries[0].astype(float)
    if config.prototypes:
        support = support.reshape(-1, way, support.shape[1]).mean(0)
    return similarities(support, queries, config.distance)


def at_temperature(compared: Compared, asked: MatchingConfig, now: MatchingConfig) -> Compared:
    """Return how a Matching network that was `asked` with one temperature answers with that of the settings `now`,
    which differ in nothing else: the similarities are the same, and only the softmax is taken again.
    """
    if asked.scale == now.scale:
        return compared
    way, count = compared.answers.shape[2], compared.support.shape[1]
    parts = shares(scores_of(compared, asked), 1 / now.scale)
    attention = np.tile(parts, count // way) * way / count if now.prototypes else parts
    answers = parts.reshape(len(parts), -1, way).sum(1)
    return replace(compared, attention=attention[None], answers=answers[None])


def shares(scores: np.ndarray, temperature: float) -> np.ndarray:
    """Return softmax(scores / temperature), row by row."""
    scaled = scores / temperature
    powers = np.exp(scaled - scaled.max(-1, keepdims=True))
    whole: np.ndarray = powers / powers.sum(-1, keepdims=True)
    return whole

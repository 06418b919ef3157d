"""The pages of the metric methods: recorded runs, episodes, trials, and earlier measurements of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from core.demos.questions import AnswerCurve, AnswerEpisode, Mistakes, Verify
from core.events import Compared, Verified
from core.methods.matching.config import MatchingConfig
from core.methods.siamese.config import SiameseConfig
from core.storage.checkpoints import Checkpoint, shipped
from core.tasks.characters import DRAWERS
from core.training.config import MetricConfig
from lessons.demos.fewshot import LETTERS, Episode, characters, episode
from lessons.demos.shipped import arrays, measurements

RUNS = {
    "matching": "matching-omniglot-cosine",
    "euclid": "matching-omniglot",  # the most accurate run; the lesson is about cosine attention
    "siamese": "siamese-omniglot",
    "alphabets": "siamese-omniglot-alphabets",
    "sinusoid": "matching-sinusoid",
}
RECORDED = Path(__file__).parents[1] / "recorded" / "metric.json"
FIRST_PAINT = RECORDED.with_suffix(".npz")
PARTS = ("support", "queries", "attention", "answers", "losses", "head")
TRIAL_WAY = 20
VERIFIED_WAY, VERIFIED_PAIRS = 5, 6250  # classes of the episodes of the curve, and the pairs in all of them
MISTAKES_OF = Mistakes.episodes  # that mistakes are recorded of
FIRST = {"siamese": 1, "matching": 206}  # the episodes that the pages open with
FIRST_QUERY = 13  # of that of "matching", which shares its attention among several classes
DISTANCES = {"cosine": "cosine", "dot": "dot", "euclid": "Euclid²"}
TEMPERATURES = (
    0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0,
)  # fmt: skip


@cache
def recorded(name: str) -> Checkpoint[MetricConfig]:
    """Return a shipped run by its name in RUNS. Raises CheckpointError."""
    return shipped(RUNS[name], MetricConfig)


@cache
def sinusoid_run() -> Checkpoint[MatchingConfig]:
    """Return the shipped Matching network for sinusoids. Raises CheckpointError."""
    return shipped(RUNS["sinusoid"], MatchingConfig)


def request(episode: Episode, config: MetricConfig, theta: np.ndarray) -> AnswerEpisode:
    """Return the question how a network answers an episode."""
    return AnswerEpisode(config, theta, episode.data, episode.characters, episode.drawings, episode.shots)


def curve_request(x: Sequence[float], y: Sequence[float], config: MatchingConfig, theta: np.ndarray) -> AnswerCurve:
    """Return the question how a Matching network continues points."""
    return AnswerCurve(config, theta, tuple(map(float, x)), tuple(map(float, y)))


def verify_request(data: str, config: SiameseConfig, theta: np.ndarray) -> Verify:
    """Return the question how well a Siamese network tells pairs of unseen characters of `data` apart."""
    return Verify(config.updated(data=data, test_way=VERIFIED_WAY, test_shots=1), theta)


def trial(data: str, seed: int) -> Episode:
    """Return a 20-way one-shot trial as in Lake's runs: 20 characters of the same alphabet, which no run has
    trained on, each drawn by one person as support and by another person as a query.
    """
    known = characters(data)
    source = np.random.default_rng([seed, 17])
    large = [a for a in range(known.background, len(known.alphabets)) if len(known.of_alphabet(a)) >= TRIAL_WAY]
    members = source.permutation(known.of_alphabet(source.choice(large)))[:TRIAL_WAY]
    first, second = source.permutation(DRAWERS)[:2].tolist()  # two people, as in Lake's
    return Episode(data, 1, tuple(members.tolist()), ((first, second),) * TRIAL_WAY)


def trial_answer(seed: int) -> int:
    """Return the position of the right candidate in a trial, random like the rest of it."""
    return int(np.random.default_rng([seed, 23]).integers(TRIAL_WAY))


@dataclass(frozen=True)
class Trial:
    """A trial that the learner has played: the true candidate, and the learner's and the network's choices."""

    truth: int
    you: int
    network: int | None = None  # not known while no worker can answer

    @property
    def score(self) -> tuple[bool, bool]:
        """Whether the learner and the network were right."""
        return self.you == self.truth, self.network == self.truth


@dataclass(frozen=True)
class Pair:
    """A query and a support picture of an episode, by number, and what a Siamese network says of them."""

    query: int
    support: int
    same: bool
    probability: float
    distance: float = 0.0


def hard_pairs(compared: Compared, way: int, count: int) -> list[Pair]:
    """Return for each of the first `count` queries the pair with its own class's picture, and the pair with the most
    similar picture of another class.
    """
    attention = compared.attention[0]
    y = np.arange(attention.shape[1]) % way
    pairs = []
    for query in range(count):
        for same, mask in ((True, y == query % way), (False, y != query % way)):
            support = int(np.where(mask, attention[query], -1).argmax())
            pairs.append(pair(compared, query, support, same))
    return pairs


def pair(compared: Compared, query: int, support: int, same: bool) -> Pair:
    """Return a pair with its probability and its weighted distance, which is the bias minus the logit."""
    judged = Pair(query, support, same, float(compared.attention[0, query, support]))
    pulls, _ = contributions(compared, judged)
    return replace(judged, distance=-float(pulls.sum()))


def mistaken_pairs(compared: Compared, query: int) -> tuple[list[Pair], list[str]]:
    """Return the pairs of a query with its own class and with the class that it was given, and the two letters."""
    answers = compared.answers[0, query]
    truth, chosen = query % len(answers), int(answers.argmax())
    return [pair(compared, query, k, k == truth) for k in (truth, chosen)], [LETTERS[k] for k in (truth, chosen)]


def contributions(compared: Compared, pair: Pair) -> tuple[np.ndarray, float]:
    """Return what each difference adds to the logit of a pair, alpha_j |q_j - s_j| [f], and the bias."""
    differences = np.abs(compared.queries[0, pair.query] - compared.support[0, pair.support])
    return compared.head[:-1] * differences, float(compared.head[-1])


def winners(compared: Compared, config: MatchingConfig) -> np.ndarray | None:
    """Return the class that each query is given at each of TEMPERATURES, [temperatures, queries]; None where the
    network's embeddings depend on the whole support, so that those of the event are not what it compares.
    """
    if config.context:
        return None
    support, queries = compared.support[0].astype(float), compared.queries[0].astype(float)
    way = compared.answers.shape[2]
    if config.prototypes:
        support = support.reshape(-1, way, support.shape[1]).mean(0)
    similarity = similarities(support, queries, config.distance)
    classes = []
    for temperature in TEMPERATURES:
        scores = similarity / temperature
        shares = np.exp(scores - scores.max(1, keepdims=True)).reshape(len(queries), -1, way).sum(1)
        classes.append(shares.argmax(1))
    return np.array(classes)


def similarities(support: np.ndarray, queries: np.ndarray, distance: str) -> np.ndarray:
    """Return how alike embeddings [s, f] and [q, f] are, [q, s], as core.methods.matching compares them."""
    if distance == "cosine":
        support, queries = (x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-8) for x in (support, queries))
    products = queries @ support.T
    if distance != "euclid":
        return products
    return 2 * products - np.square(queries).sum(1)[:, None] - np.square(support).sum(1)


def directions(compared: Compared) -> Compared:
    """Return the same event with embeddings of length one, as cosine compares them."""
    sets = {"support": compared.support, "queries": compared.queries}
    unit = {name: x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-8) for name, x in sets.items()}
    return replace(compared, **unit)


def principal(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Project points [n, f] on two principal components: places [n, 2], and fractions of the variance [2].

    The first point lies right of the middle and the second point above it, so that a moving map does not flip.
    """
    centred = points - points.mean(0)
    _, lengths, directions = np.linalg.svd(centred, full_matrices=False)
    places = centred @ directions[:2].T
    places *= np.where(places[[0, 1], [0, 1]] < 0, -1, 1)
    return places, lengths[:2] ** 2 / max(float((lengths**2).sum()), 1e-12)


def first_episode(name: str, data: str) -> Episode:
    """Return the episode that the demo of "matching" or "siamese" opens with."""
    return episode(data, FIRST[name], 1, 5) if name == "matching" else episode(data, FIRST[name], 1, 8, 1)


@cache
def first_paint(name: str, data: str) -> Compared | None:
    """Return the recorded answers to the first episode, so that a page is never empty; None if not recorded."""
    file, key = arrays(FIRST_PAINT), f"{name}_{data}"
    if f"{key}_attention" not in file:
        return None
    return Compared(recorded(name).snapshot.iteration, *(file[f"{key}_{part}"] for part in PARTS))


@cache
def measured() -> dict[str, Any]:
    """Return what `python -m lessons.record metric` measured of the shipped runs; empty if not recorded."""
    return measurements(RECORDED)


def verified(name: str, data: str) -> Verified | None:
    """Return the recorded verification curve of a run on `data`; None if it is not recorded."""
    curve = measured().get("verified", {}).get(f"{name} {data}")
    if not curve:
        return None
    thresholds, false_alarms, hits = (np.array(curve[part]) for part in ("thresholds", "false_alarms", "hits"))
    return Verified(curve["iteration"], thresholds, false_alarms, hits, curve["area"])


def mistakes(name: str, data: str) -> list[dict[str, Any]]:
    """Return the recorded mistakes of a run, the largest lead of the chosen class over the right one first."""
    return measured().get("mistakes", {}).get(f"{name} {data}", [])


def mistaken(data: str, mistake: dict[str, Any]) -> tuple[Episode, int]:
    """Return the episode of a recorded mistake, and the number of the query that was answered wrongly."""
    drawings = tuple(tuple(row) for row in mistake["drawings"])
    return Episode(data, mistake["shots"], tuple(mistake["characters"]), drawings), mistake["query"]

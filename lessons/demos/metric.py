"""What the pages of metric methods show: recorded runs, episodes, trials, and what was measured of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from core.demos.questions import AnswerCurve, AnswerEpisode
from core.events import Compared, Verified
from core.methods.matching.config import MatchingConfig
from core.storage.checkpoints import Checkpoint, shipped
from core.tasks.characters import DRAWERS
from core.training.config import MetricConfig
from lessons.demos.fewshot import Episode, characters, episode
from lessons.demos.shipped import measurements

RUNS = {
    "matching": "matching-omniglot-cosine",
    "euclid": "matching-omniglot",  # the best one; the lesson is about cosine attention
    "siamese": "siamese-omniglot",
    "alphabets": "siamese-omniglot-alphabets",
    "sinusoid": "matching-sinusoid",
}
RECORDED = Path(__file__).parents[1] / "recorded" / "metric.json"
FIRST_PAINT = RECORDED.with_suffix(".npz")
PARTS = ("support", "queries", "attention", "answers", "losses", "head")
TRIAL_WAY = 20
DISTANCES = {"cosine": "cosine", "dot": "dot", "euclid": "Euclid²"}
TEMPERATURES = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


@cache
def recorded(name: str) -> Checkpoint[MetricConfig]:
    """Return a shipped run by its name in RUNS. Raises CheckpointError."""
    return shipped(RUNS[name], MetricConfig)


@cache
def sinusoid_run() -> Checkpoint[MatchingConfig]:
    """Return the shipped Matching network for sinusoids. Raises CheckpointError."""
    return shipped(RUNS["sinusoid"], MatchingConfig)


def request(of: Episode, training: MetricConfig, theta: np.ndarray) -> AnswerEpisode:
    """The question how a network answers an episode."""
    return AnswerEpisode(training, theta, of.data, of.characters, of.drawings, of.shots)


def curve_request(x: Sequence[float], y: Sequence[float], training: MatchingConfig, theta: np.ndarray) -> AnswerCurve:
    """The question how a Matching network continues points."""
    return AnswerCurve(training, theta, tuple(map(float, x)), tuple(map(float, y)))


def trial(data: str, seed: int) -> Episode:
    """A 20-way one-shot trial as in Lake's runs: 20 characters of one alphabet that no training has
    seen, each drawn by one person as support and by another as a query.
    """
    known = characters(data)
    source = np.random.default_rng([seed, 17])
    able = [a for a in range(known.background, len(known.alphabets)) if len(known.of_alphabet(a)) >= TRIAL_WAY]
    members = source.permutation(known.of_alphabet(source.choice(able)))[:TRIAL_WAY]
    first, second = source.permutation(DRAWERS)[:2].tolist()  # two people, as in Lake's
    return Episode(data, 1, tuple(members.tolist()), ((first, second),) * TRIAL_WAY)


@dataclass(frozen=True)
class Trial:
    """One trial that the learner has played: which candidate was right, and who chose which."""

    truth: int
    you: int
    network: int | None = None  # not known while no worker can answer

    @property
    def score(self) -> tuple[bool, bool]:
        """Whether learner and network were right."""
        return self.you == self.truth, self.network == self.truth


@dataclass(frozen=True)
class Pair:
    """Two pictures of an episode, by their places: query and support, and what a Siamese network says of them."""

    query: int
    support: int
    same: bool
    probability: float
    distance: float = 0.0


def hard_pairs(seen: Compared, way: int, count: int) -> list[Pair]:
    """`count` pairs of one character, and of each as many queries' most similar support of another."""
    attention = seen.attention[0]
    y = np.arange(attention.shape[1]) % way
    pairs = []
    for query in range(count):
        own, other = (np.where(mask, attention[query], -1) for mask in (y == query % way, y != query % way))
        for same, among in ((True, own), (False, other)):
            support = int(among.argmax())
            pairs.append(pair(seen, query, support, same))
    return pairs


def pair(seen: Compared, query: int, support: int, same: bool) -> Pair:
    """A pair with its probability and its weighted distance, the bias less the logit."""
    found = Pair(query, support, same, float(seen.attention[0, query, support]))
    pulls, _ = contributions(seen, found)
    return replace(found, distance=-float(pulls.sum()))


def contributions(seen: Compared, pair: Pair) -> tuple[np.ndarray, float]:
    """What each difference adds to the logit of a pair, alpha_j |q_j - s_j| [f], and the bias."""
    differences = np.abs(seen.queries[0, pair.query] - seen.support[0, pair.support])
    return seen.head[:-1] * differences, float(seen.head[-1])


def directions(seen: Compared) -> Compared:
    """The same with embeddings of length one, as cosine compares them."""
    unit = (one / np.maximum(np.linalg.norm(one, axis=-1, keepdims=True), 1e-8) for one in (seen.support, seen.queries))
    support, queries = unit
    return replace(seen, support=support, queries=queries)


def principal(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first two principal components of points [n, f], as places [n, 2] and shares of the variance [2].

    The first point lies right of the middle and the second above it, so that a map that moves does
    not flip.
    """
    centred = points - points.mean(0)
    _, lengths, directions = np.linalg.svd(centred, full_matrices=False)
    places = centred @ directions[:2].T
    places *= np.where(places[[0, 1], [0, 1]] < 0, -1, 1)
    return places, lengths[:2] ** 2 / max(float((lengths**2).sum()), 1e-12)


def first_episode(name: str, data: str) -> Episode:
    """What the demo of "matching" or "siamese" opens with."""
    return episode(data, 1, 1, 5) if name == "matching" else episode(data, 1, 1, 8, 1)


@cache
def first_paint(name: str, data: str) -> Compared | None:
    """The recorded answers to the first episode, so that a page is never empty; None if not recorded."""
    if not FIRST_PAINT.exists():
        return None
    with np.load(FIRST_PAINT, allow_pickle=False) as file:
        key = f"{name}_{data}"
        if f"{key}_attention" not in file:
            return None
        return Compared(recorded(name).snapshot.iteration, *(file[f"{key}_{part}"] for part in PARTS))


@cache
def measured() -> dict[str, Any]:
    """What `python -m lessons.record metric` measured of the shipped runs; empty if not recorded."""
    return measurements(RECORDED)


def verified(name: str) -> Verified | None:
    """The recorded verification curve of a run; None if there is none."""
    told = measured().get("verified", {}).get(name)
    if not told:
        return None
    thresholds, false_alarms, hits = (np.array(told[part]) for part in ("thresholds", "false_alarms", "hits"))
    return Verified(told["iteration"], thresholds, false_alarms, hits, told["area"])


def mistakes(name: str, data: str) -> list[dict[str, Any]]:
    """Recorded mistakes of a run, the surest first."""
    found: list[dict[str, Any]] = measured().get("mistakes", {}).get(f"{name} {data}", [])
    return found


def mistaken(data: str, one: dict[str, Any]) -> tuple[Episode, int]:
    """The episode of a recorded mistake, and which of its queries went wrong."""
    drawings = tuple(tuple(row) for row in one["drawings"])
    return Episode(data, one["shots"], tuple(one["characters"]), drawings), one["query"]

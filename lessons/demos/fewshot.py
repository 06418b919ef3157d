"""The few-shot pages: their characters, episodes and initializations. Numpy only."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from core.demos.questions import FitEpisode
from core.events import FittedEpisode
from core.events.evaluations import FewShotEvaluation
from core.options import ConfigError
from core.storage.checkpoints import Checkpoint, CheckpointError, shipped
from core.tasks import glyphs, omniglot
from core.tasks.characters import DRAWERS, Characters
from core.training.config import AdaptationConfig, Init
from lessons.demos.shipped import arrays
from lessons.engine.language import t

WAY, QUERIES, STEPS = 5, 3, 10
SHOTS = {"1": "1 shot", "5": "5 shots"}
DATA = {"omniglot": "Omniglot", "glyphs": "generated glyphs"}
RUNS = {
    "maml": "maml-omniglot-5way1shot",
    "fomaml": "fomaml-omniglot-5way1shot",
    "reptile": "reptile-omniglot-5way1shot",
    "pretrain": "pretrain-omniglot",
}
SCORED = {"maml": ("random", "pretrain", "fomaml", "maml"), "reptile": ("random", "pretrain", "reptile")}
FIRST_PAINT = Path(__file__).parents[1] / "recorded" / "few_shot.npz"
PARTS = ("probabilities", "support_loss", "query_loss", "accuracy")
DEFAULT_EPISODE = 1
SCORES = Path(__file__).parents[1] / "recorded" / "few_shot.json"
LETTERS = "ABCDEFGHIJKLMNOPQRST"


def characters(data: str) -> Characters:
    """Return all characters of `data`. Raises DataError if Omniglot is missing or damaged."""
    return omniglot.load() if data == "omniglot" else glyphs.load()


@cache
def recorded(name: str) -> Checkpoint[AdaptationConfig]:
    """Return a shipped run by its name in RUNS. Raises CheckpointError."""
    return shipped(RUNS[name], AdaptationConfig)


@dataclass(frozen=True)
class Episode:
    """One episode by numbers: characters [way], drawings [way][shots + queries]."""

    data: str
    shots: int
    characters: tuple[int, ...]
    drawings: tuple[tuple[int, ...], ...]

    def support(self) -> np.ndarray:
        """Return the support pictures [way, shots, 28, 28], bytes."""
        return self._images()[:, : self.shots]

    def queries(self) -> np.ndarray:
        """Return the query pictures [way, queries, 28, 28], bytes."""
        return self._images()[:, self.shots :]

    def _images(self) -> np.ndarray:
        pictures = characters(self.data).images
        return pictures[np.array(self.characters)[:, None], np.array(self.drawings)]


def episode(
    data: str, seed: int, shots: int, way: int = WAY, queries: int = QUERIES, split: str = "characters"
) -> Episode:
    """Return the `seed`-th episode of characters that no shipped run has trained on."""
    members, drawings = characters(data).episode(split, True, way, shots + queries, seed)
    return _episode(data, shots, members, drawings)


def own_episode(data: str, members: Sequence[int], seed: int, shots: int, queries: int = QUERIES) -> Episode:
    """Return an episode of characters that the learner chose. Raises ConfigError if any is missing or repeated."""
    collection = characters(data)
    if not all(0 <= member < len(collection.images) for member in members) or len(set(members)) != len(members):
        raise ConfigError("the episode names a character that does not exist, or one twice")
    source = np.random.default_rng([seed, 13])
    drawings = np.stack([source.permutation(DRAWERS)[: shots + queries] for _ in members])
    return _episode(data, shots, np.array(members), drawings)


def _episode(data: str, shots: int, members: np.ndarray, drawings: np.ndarray) -> Episode:
    return Episode(data, shots, tuple(members.tolist()), tuple(tuple(row) for row in drawings.tolist()))


def trained_on(episode: Episode) -> list[str]:
    """Return the names of an Omniglot episode's characters that the shipped few-shot and Matching runs trained on."""
    collection = characters(episode.data)
    training = set(collection.members("characters", unseen=False).tolist())
    return [collection.names[character] for character in episode.characters if character in training]


def picked_text(members: Sequence[int]) -> str:
    """Return characters as a link holds them: "12.55.301"."""
    return ".".join(map(str, members))


def picked_from_text(text: str, data: str) -> list[int]:
    """Return the characters that a link names. Raises ConfigError unless they are five different ones of `data`."""
    try:
        members = [int(part) for part in text.split(".") if part]
    except ValueError:
        raise ConfigError(t("that is not a list of characters")) from None
    if len(members) != WAY or len(set(members)) != WAY:
        raise ConfigError(t("an episode needs {way} different characters", way=WAY))
    if not all(0 <= member < len(characters(data).images) for member in members):
        raise ConfigError(t("a character does not exist in {label}", label=DATA[data]))
    return members


def own_init(config: AdaptationConfig, theta: np.ndarray) -> Init:
    """Return `theta` as an initialization that adapts as in a run with `config`."""
    return Init(theta, config.episodes, config.descent)


def init_of(run: Checkpoint[AdaptationConfig], theta: np.ndarray | None = None) -> Init:
    """Return the initialization that `run` learned, or another `theta` that adapts in the same way."""
    return own_init(run.config, run.snapshot.theta if theta is None else theta)


@cache
def inits(method: str) -> dict[str, Init]:
    """Return the three initializations that the demo compares, by name."""
    learned = recorded(method)
    return {
        "random": init_of(learned, learned.start),
        "pretrain": init_of(recorded("pretrain")),
        method: init_of(learned),
    }


@cache
def first_paint(method: str, data: str) -> list[FittedEpisode] | None:
    """Return recorded answers to the first 1-shot episode, so that a page is never empty; None if not recorded."""
    file, key = arrays(FIRST_PAINT), f"{method}_{data}"
    if f"{key}_{method}_probabilities" not in file:
        return None
    return [
        FittedEpisode(name, *(file[f"{key}_{name}_{part}"] for part in PARTS))
        for name in ("random", "pretrain", method)
    ]


def request(episode: Episode, starts: dict[str, Init]) -> FitEpisode:
    """Return the request to adapt to `episode` from each of `starts` by 10 steps."""
    return FitEpisode(episode.data, episode.characters, episode.drawings, episode.shots, starts, STEPS)


@cache
def scores(method: str) -> dict[str, FewShotEvaluation]:
    """Return recorded evaluations of the initializations on the same episodes, by name; empty if not recorded."""
    try:
        values = json.loads(SCORES.read_text(encoding="utf-8"))
        return {name: _evaluation(values[f"{method} {name}"]) for name in SCORED[method]}
    except (OSError, ValueError, KeyError):
        return {}


def _evaluation(values: dict[str, Any]) -> FewShotEvaluation:
    curves = {name: np.array(values[name]) for name in ("accuracy_by_step", "ci95_by_step", "loss_by_step")}
    return FewShotEvaluation(**{k: v for k, v in values.items() if k != "event"} | curves)


def why_not(method: str) -> str:
    """Return the reason why the page cannot be shown, or an empty string."""
    try:
        for name in (method, "pretrain"):
            recorded(name)
    except CheckpointError as error:
        return str(error)
    return ""

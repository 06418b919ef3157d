"""What the few-shot pages say of an episode and of a learning curve, against the network's answers."""

from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pytest

from core.dispatch import answer
from core.events import FittedEpisode, OuterStep
from core.training.config import Init
from lessons.demos import fewshot
from lessons.figures.theme import INITS
from lessons.notices import optimization as notices
from lessons.notices.fewshot import about_before, about_one_step
from tests.claims.registry import STATES, Claims
from tests.conftest import needs_real

LABELS = [line.name for line in INITS.values()]
EPISODE = Claims()


@dataclass(frozen=True)
class EpisodeState:
    fits: list[FittedEpisode] = field(repr=False)
    step: int
    shots: int
    data: str

    def right(self, fit: FittedEpisode) -> int:
        answers = fit.probabilities[self.step].argmax(-1)
        return int(sum(answer == number % 5 for number, answer in enumerate(answers)))


@EPISODE.says(
    "**Notice** Before any step nobody can know which character is called A and which B: the {label} has {right} of "
    "{count} queries right, chance is {chance:.0f}. What it has learned is not an answer. Move the slider to 1.",
    "**Notice** After {steps} the {label} has {right} of {count} queries right; {others}. ",
)
def _(state, values):
    others = values.get("others", "").split(", ") if "others" in values else []
    listed = [f"{INITS[fit.name].name} {state.right(fit)}" for fit in state.fits[:-1]] if others else []
    return values["right"] == state.right(state.fits[-1]) and values["count"] == 15 and others == listed


@EPISODE.says("Next: draw a new episode until it fails, and look at which pictures it confuses.")
def _(state, values):
    return state.right(state.fits[-1]) == 15


@EPISODE.says(
    "It misses {count} of them, with {missed:.0%} confidence; its right answers have {kept:.0%} on average. ",
    "It misses {count} of them, with {missed:.0%} confidence on average; its right answers have {kept:.0%}. ",
)
def _(state, values):
    rows = state.fits[-1].probabilities[state.step]
    missed = [row.max() for n, row in enumerate(rows) if row.argmax() != n % 5]
    kept = [row.max() for n, row in enumerate(rows) if row.argmax() == n % 5]
    return (len(missed), np.mean(missed), np.mean(kept)) == pytest.approx(
        (values["count"], values["missed"], values["kept"]), rel=1e-4
    )


@EPISODE.says("Next: give it 5 shots of the same characters.")
def _(state, values):
    return state.shots == 1


@EPISODE.says(
    "**Notice** The picture shows five generated glyphs that the network has never seen, before any step. Queries "
    "right: {before} of {queries}. After one step on the support: {after} of {queries}."
)
def _(state, values):
    hits = (state.fits[0].probabilities[:2].argmax(-1) == np.arange(15) % 5).sum(-1)
    return [values["before"], values["after"]] == hits.tolist() and values["queries"] == 15


@EPISODE.says(
    "**Notice** The picture shows five generated glyphs that neither network has seen. After one step the {learned} "
    "has {first} of {queries} queries right, and the {pretrained} have {first2}; after {steps} steps it is {last} and "
    "{last2}."
)
def _(state, values):
    first, second = ((fit.probabilities.argmax(-1) == np.arange(15) % 5).sum(-1) for fit in state.fits[-1:-3:-1])
    said = [values[name] for name in ("first", "last", "first2", "last2", "queries", "steps")]
    return said == [first[1], first[-1], second[1], second[-1], 15, len(first) - 1]


EPISODE.names("Next: a new episode.", "{count} step", "{count} steps", *LABELS)


EPISODES = 17  # of each data set, at three steps each


def audit_episodes(data: str, episodes: int) -> None:
    """Audit several steps of each of so many episodes."""
    for number in range(episodes):
        method, shots = ("maml", "reptile")[number % 2], (1, 5)[number // 2 % 2]
        inits = fewshot.inits(method)
        if number % 3 == 1:  # the learner's own run, hardly trained
            inits = inits | {"own": Init(inits["random"].theta * 1.05, inits["random"].network, inits[method].descent)}
        fits = list(answer(fewshot.request(fewshot.episode(data, number + 1, shots), inits)))
        for step in (0, 1, 10) if number % 2 else (0, 2, 5):
            state = EpisodeState(fits, step, shots, data)
            EPISODE.audit(partial(notices.about_episode, fits, step, shots), state)
            EPISODE.audit(partial(about_before, fits[0]), state)
            EPISODE.audit(partial(about_one_step, *fits[-1:-3:-1]), state)


def test_the_notice_of_an_episode_is_true_on_glyphs():
    audit_episodes("glyphs", EPISODES)


@needs_real
def test_the_notice_of_an_episode_is_true_on_omniglot():
    audit_episodes("omniglot", EPISODES)


def test_every_sentence_on_an_episode_is_said():
    """Of what random networks would answer, so that each kind of mistake comes up."""
    source = np.random.default_rng(5)
    for number in range(STATES):
        sharp = source.dirichlet(np.full(5, 0.3), (11, 15))
        if number % 4 == 0:
            sharp = 0.1 * sharp + 0.9 * np.eye(5)[np.arange(15) % 5]
        if number % 4 == 1:
            sharp[:, 1:] = np.eye(5)[np.arange(1, 15) % 5]
        right = (sharp.argmax(-1) == np.arange(15) % 5).mean(1)
        fits = [FittedEpisode(name, sharp, right, right, right) for name in ("random", "pretrain", "maml")]
        state = EpisodeState(fits, int(source.integers(0, 11)), int(source.choice([1, 5])), "none")
        EPISODE.audit(partial(notices.about_episode, fits, state.step, state.shots), state)
    assert set(EPISODE.checks) - EPISODE.heard <= set(LABELS)


ACCURACY = Claims()


@ACCURACY.says(
    "**Notice** With zero inner steps nothing can be learned of an episode: which class is called A changes from one "
    "to the next, so the best that one fixed answer can do is chance, {chance:.0%}.",
    "**Notice** *Before* adapting it has {before:.0%} of the queries right, where chance is {chance:.0%}: which class "
    "is called A changes from one episode to the next. *After* {steps} it went from {first:.0%} to {last:.0%} on "
    "unseen characters.",
)
def _(state, values):
    first, last = state[0], state[-1]
    numbers = {
        "before": last.accuracy_before,
        "first": first.accuracy_after,
        "last": last.accuracy_after,
        "chance": 0.2,
    }
    return all(numbers[name] == value for name, value in values.items() if name in numbers)


ACCURACY.names("{count} inner step", "{count} inner steps")


def test_the_notice_of_a_few_shot_curve_is_true_in_every_state():
    source = np.random.default_rng(1)
    for number in range(STATES):
        run = fewshot.recorded(("maml", "reptile", "fomaml")[number % 3]).steps
        steps: list[OuterStep] = run[: int(source.integers(0, len(run) + 1))]
        ACCURACY.audit(partial(notices.about_accuracy, steps, number % 4, 5), steps)
    assert ACCURACY.heard == set(ACCURACY.checks)

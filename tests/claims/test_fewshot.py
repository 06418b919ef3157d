"""What the few-shot pages and the characters say of a game, an episode and its starts, in random states."""

import re
from types import SimpleNamespace as State

import numpy as np
import pytest

from lessons.demos import fewshot
from lessons.demos.fewshot import LETTERS
from lessons.demos.naming import NONE, mark, naming, score
from lessons.engine.content import section
from lessons.engine.course import goal_text, lesson
from lessons.figures.theme import INITS
from lessons.notices import fewshot as notices
from tests.claims.registry import FAULTS, STATES, Claims
from tests.conftest import HAS_REAL

DATA = ["omniglot", "glyphs"] if HAS_REAL else ["glyphs"]
CLAIMS = Claims()
CLAIMS.names("The networks and their inner rates α: {parts}.", *(line.name for line in INITS.values()))


@CLAIMS.says(
    "**Your score** Of the {count} query that you named, you have {you} right, the {network} {right}, and guessing "
    "{chance:.1f} on average.",
    "**Your score** Of the {count} queries that you named, you have {you} right, the {network} {right}, and guessing "
    "{chance:.1f} on average.",
)
def _(state, values):
    named = [(query, name) for query, name in zip(state.names.order, state.names.names, strict=True) if name != NONE]
    you = sum(LETTERS.index(name) == query % state.way for query, name in named)
    network = sum(state.predicted[query] == query % state.way for query, _ in named)
    said = (values["count"], values["you"], values["right"])
    return said == (len(named), you, network) and abs(values["chance"] - len(named) / state.way) < 1e-9


@CLAIMS.says("You have named no query of this episode, so there is no score. A new episode starts a new game.")
def _(state, values):
    return set(state.names.names) == {NONE}


def seen_in_training(state) -> list[str]:
    """The names of an episode's characters that the shipped run drew its training episodes from."""
    run = fewshot.recorded("maml").config.episodes
    known = fewshot.characters(run.data)
    training = {known.names[k] for k in known.members(run.split, unseen=False)}
    return [name for name in (known.names[k] for k in state.episode.characters) if name in training]


@CLAIMS.says("The shipped networks were trained on Omniglot, so all these generated glyphs are unseen.")
def _(state, values):
    return state.episode.data == "glyphs" and {
        run.config.episodes.data for run in map(fewshot.recorded, fewshot.RUNS)
    } == {"omniglot"}


@CLAIMS.says("The shipped networks were not trained on any of these characters: they are unseen.")
def _(state, values):
    return state.episode.data == "omniglot" and not seen_in_training(state)


@CLAIMS.says(
    "{count} of these {all} characters is among the 1200 that the shipped networks were trained on: {names}.",
    "{count} of these {all} characters are among the 1200 that the shipped networks were trained on: {names}.",
)
def _(state, values):
    known = seen_in_training(state)
    return values["names"] == ", ".join(known) and values["count"] == len(known) and values["all"] == 5


@CLAIMS.says("{label} ({filters} filters, α = {rate:g})")
def _(state, values):
    start = next(start for name, start in state.starts.items() if INITS[name].name == values["label"])
    return start.descent.rate == values["rate"] and start.network.width == values["filters"]


@CLAIMS.says(
    "**{name}: {count} characters**, one drawing of each; a {side} alphabet in the split by alphabets. Click up to "
    "{most} of them for an episode.",
    "**{name}: {count} characters**, one drawing of each. Click up to {most} of them for an episode.",
)
def _(state, values):
    """Only of Omniglot is a side of the split named: the shipped networks have seen no generated alphabet."""
    of = state.known.of_alphabet(state.known.alphabets.index(values["name"]))
    side = "test" if set(of) <= set(state.known.members("alphabets", unseen=True)) else "training"
    said = side if state.known.name == "omniglot" else None
    return values["count"] == len(of) and values["most"] == fewshot.WAY and values.get("side") == said


CLAIMS.names("training", "test")


@pytest.mark.parametrize("data", DATA)
def test_every_alphabet(data):
    known = fewshot.characters(data)
    for name in known.alphabets:
        CLAIMS.audit(lambda n=name: notices.about_alphabet(known, n, fewshot.WAY), State(known=known))  # type: ignore[misc]


def test_the_texts_on_generated_characters_have_their_numbers():
    known = fewshot.characters("glyphs")
    training, test = (len(known.members("characters", unseen)) for unseen in (False, True))
    sides = known.background, len(known.alphabets) - known.background
    for language in ("en", "zh"):
        browse, split = (section("characters", f"{name} glyphs", language) for name in ("browse", "split"))
        assert re.findall(r"\d+", browse) == [str(len(known.images)), str(len(known.alphabets))]
        assert re.findall(r"\d+", split) == [str(number) for number in (training, test, *sides)]


def test_any_game():
    source = np.random.default_rng(0)
    for number in range(STATES):
        way, data = int(source.integers(2, 11)), DATA[number % len(DATA)]
        episode = fewshot.episode(data, int(source.integers(10**6)), int(source.integers(1, 6)), way)
        count = way * fewshot.QUERIES
        letters = "".join(source.choice([*LETTERS[:way], NONE], count)) if number % 10 else NONE * count
        names = naming(episode, f"{mark(episode)}.{letters}")
        assert names.names == letters and sorted(names.order) == list(range(count))
        predicted = np.where(source.random(count) < 0.7, np.arange(count) % way, source.integers(way, size=count))
        state = State(names=names, predicted=predicted, way=way)
        label = INITS["maml"].name
        CLAIMS.audit(lambda n=names, p=predicted, of=label: notices.about_names(score(n, p), of), state)  # type: ignore[misc]


def test_names_of_another_episode_or_that_cannot_be_read_are_left_out():
    episode, other = (fewshot.episode("glyphs", seed, 1) for seed in (1, 2))
    whole = "ABCDE" * 3
    assert naming(episode, naming(episode, f"{mark(episode)}.{whole}").to_text()).names == whole
    for text in ("", whole, f"{mark(other)}.{whole}", f"{mark(episode)}.{whole}A", f"{mark(episode)}.{whole[:-1]}F"):
        assert naming(episode, text).names == NONE * 15
    orders = {naming(fewshot.episode("glyphs", seed, 1)).order for seed in range(20)}
    assert len(orders) == 20 and tuple(range(15)) not in orders


def test_characters_of_any_split_and_of_a_learner():
    source = np.random.default_rng(1)
    for number in range(STATES):
        data = DATA[number % len(DATA)]
        known = fewshot.characters(data)
        if number % 3:
            episode = fewshot.own_episode(data, source.permutation(len(known.images))[:5].tolist(), number, 1)
        else:
            episode = fewshot.episode(data, number, 1, split=str(source.choice(["characters", "alphabets"])))
        CLAIMS.audit(lambda e=episode: notices.about_characters(e), State(episode=episode))  # type: ignore[misc]


@pytest.mark.parametrize("name", ["characters", "fewshot_maml", "fewshot_reptile", "siamese", "matching"])
def test_a_goal_reads_well_with_any_numbers(name):
    for goal, plan in lesson(name).goals.items():
        for value in (0.0, 1.0, 7.0):
            texts = goal_text(name, goal)
            fixed = {"way": 5.0, "queries": 15.0}  # a goal that speaks of steps is reached with several
            for template in (texts.reached, texts.not_yet):
                text = template.format(
                    **(dict.fromkeys(plan.facts, value) | fixed | ({"steps": 4.0} if template is texts.reached else {}))
                )
                assert not [what for what, pattern in FAULTS.items() if pattern.search(text)], text


def test_the_starts_of_both_pages():
    for method in ("maml", "reptile"):
        starts = fewshot.inits(method)
        CLAIMS.audit(lambda s=starts: notices.about_starts(s), State(starts=starts))  # type: ignore[misc]
        for name in starts:
            checkpoint = fewshot.recorded(method if name == "random" else name)
            assert starts[name].network.width == checkpoint.config.episodes.width
            assert starts[name].descent.rate == checkpoint.config.inner_rate

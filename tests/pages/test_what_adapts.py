"""The page on what really adapts: each chapter opens, its controls do what they say, and what it shows is so."""

import numpy as np
import pytest

from core.dispatch import answer
from core.storage.checkpoints import shipped
from lessons.demos import layers, sinusoid
from lessons.engine.content import section
from tests.pages.test_pages import open_page, words

NAME = "what_adapts"
SCREENS = [
    {"chapter": "See"}, {"chapter": "Predict"}, {"chapter": "Play with it"},
    *({"chapter": "Watch it learn", "learn_part": part} for part in ("Moments", "Train it yourself", "On 1000 tasks")),
    *(
        {"chapter": "Why", "why_part": part}
        for part in ("Words and formula", "Which layer", "On characters", "A rate for each")
    ),
    {"chapter": "Code"}, {"chapter": "Check"}, {"chapter": "Next"},
]  # fmt: skip
MOVES = {"first": (True, False, False), "last": (False, False, True)}


@pytest.mark.parametrize("link", SCREENS, ids=lambda link: " ".join(link.values()))
@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_screen_opens(link, language, one_at_a_time):
    at = open_page(NAME, **link, lang=language)
    assert not at.error and not at.warning
    assert at.title[0].value == section(NAME, "title") or language == "zh"


def test_all_on_one_page_opens():
    at = open_page(NAME)
    assert not at.error and not at.warning and section(NAME, "see") in words(at)


def expected(name: str, moves, seed: int = 1, **changes):
    task = sinusoid.task_of(seed)
    points = sinusoid.support_of(seed, task, sinusoid.DEFAULT_SHOTS, 0.0)
    (moved,) = answer(layers.request(name, task, points, moves, layers.MOST_STEPS, changes))
    return moved


@pytest.mark.parametrize("steps", [0, 1, 24])
def test_see_shows_mamls_curve_before_and_after_the_steps(steps, drawn, one_at_a_time):
    open_page(NAME, chapter="See", steps=str(steps))
    curves = {curve["name"]: curve["y"] for curve in drawn[-1]["curves"]}
    moved = expected("maml", (True, True, True))
    assert np.allclose(curves["before the steps"], moved.curves[0], atol=2e-3)
    assert np.allclose(curves["after the steps"], moved.curves[steps], atol=2e-3)


@pytest.mark.parametrize("label", MOVES)
@pytest.mark.parametrize("network", ["MAML", "Meta-SGD"])
def test_play_holds_what_is_not_chosen_and_shows_all_layers_beside(label, network, drawn, one_at_a_time):
    at = open_page(NAME, chapter="Play with it", moves=label, network=network, steps="1", task="37")
    name = {"MAML": "maml", "Meta-SGD": "meta-sgd"}[network]
    curves = {curve["name"]: curve["y"] for curve in drawn[-1]["curves"]}
    assert np.allclose(curves["after the steps"], expected(name, MOVES[label], 37).curves[1], atol=2e-3)
    assert np.allclose(curves["after the steps, all layers"], expected(name, (True,) * 3, 37).curves[1], atol=2e-3)
    assert f"{expected(name, MOVES[label], 37).query_loss[1]:.3g}" in words(at)


def test_the_prediction_holds_all_layers_but_the_last(drawn, one_at_a_time):
    at = open_page(NAME, chapter="Predict")
    assert not drawn, "the stage waits for a guess"
    at.radio(key=f"_{NAME}/predict").set_value(0).run()
    assert np.allclose(drawn[-1]["curves"][-1]["y"], expected("maml", (False, False, True)).curves[5], atol=2e-3)


@pytest.mark.parametrize("moves", ["second", "all"])
def test_steps_that_run_away_break_nothing(moves, one_at_a_time):
    at = open_page(NAME, chapter="Play with it", network="Meta-SGD", moves=moves, steps="24")
    assert not at.exception and not at.error and "overshoot" in words(at)


def test_the_pull_is_imamls_alone(one_at_a_time):
    sliders = [s.label for s in open_page(NAME, chapter="Play with it", network="iMAML").slider]
    assert "Pull λ" in sliders
    assert "Pull λ" not in [s.label for s in open_page(NAME, chapter="Play with it").slider]


def test_the_goals_are_reached_by_what_they_ask_for(one_at_a_time):
    at = open_page(NAME, chapter="Play with it", moves="first", steps="10", task="1")
    moved, free = expected("maml", (True, False, False)), expected("maml", (True,) * 3)
    reached = moved.query_loss[10] <= free.query_loss[10]
    assert any("With 1 layer moving" in one.value for one in at.success) == reached
    at = open_page(NAME, chapter="Play with it", network="iMAML", pull="50", steps="24", task="1")
    moved = expected("imaml", (True,) * 3, pull=50.0)
    usual = expected("imaml", (True,) * 3)
    assert any("At λ = 50.0" in one.value for one in at.success) == (moved.query_loss[24] >= 2 * usual.query_loss[24])


def test_the_prediction_is_true_of_many_tasks():
    """Its right answer: with only the last layer moving the curve hardly gets better, with the first it does."""
    errors = {which: [] for which in ("before", "last", "first", "all")}
    for seed in range(100):
        last, first = (expected("maml", MOVES[w], seed) for w in ("last", "first"))
        errors["before"].append(last.query_loss[0])
        errors["last"].append(last.query_loss[5])
        errors["first"].append(first.query_loss[5])
        errors["all"].append(expected("maml", (True,) * 3, seed).query_loss[5])
    mean = {which: float(np.mean(values)) for which, values in errors.items()}
    assert mean["last"] > 0.85 * mean["before"] and mean["first"] < 0.1 * mean["before"]
    assert mean["first"] < 1.05 * mean["all"]


def test_the_checks_are_true_of_the_shipped_networks():
    maml = {row.moves: row.scored.score for row in layers.measured("omniglot")["maml"]}
    assert abs(maml[(False,) * 4 + (True,)] - maml[(True,) * 5]) < 0.005, "check 1"
    assert maml[(True,) * 4 + (False,)] < 0.25, "check 1: without the last layer it is chance"
    assert min(rates.min() for rates in layers.rates()) < 0, "check 2"
    ends = [expected("imaml", (True,) * 3, pull=pull).distances[-1].sum() for pull in (2.0, 20.0, 50.0)]
    assert ends[0] > ends[1] > ends[2], "check 3"


def test_the_explanation_is_true_of_the_shipped_networks():
    reptile = {row.moves: row.scored.score for row in layers.measured("omniglot")["reptile"]}
    assert reptile[(False, False, False, True, False)] > reptile[(False,) * 4 + (True,)]
    curves = {row.moves: row.scored.score for row in layers.measured("sinusoid")["maml"]}
    assert min(curves, key=curves.get) in ((True, False, False), (True, True, False))
    head = layers.measured("omniglot")["maml"][0].scored
    assert head.lengths[-1] < 0.1 * head.distances[-1], "the last layer starts close to zero"
    first_order = {row.moves: row.scored for row in layers.measured("omniglot")["fomaml"]}
    held, everything = first_order[(True,) * 4 + (False,)], first_order[(True,) * 5]
    assert abs(held.score - 0.2) < 1e-6, "it calls everything the same class"
    assert everything.lengths[-1] > 1, "its last layer starts elsewhere"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_text_says_how_long_each_network_was_trained_and_what_is_added_to_lambda(language):
    text = section("what_adapts", "score", language)
    updates = {name: layers.recorded(name).snapshot.iteration for name in layers.NAMES}
    assert list(dict.fromkeys(updates.values())) == [50_000, 20_000, 1_500] and updates["reptile"] == updates["maml"]
    assert updates["anil"] == updates["meta-sgd"] and all(f"{number:,}" in text for number in updates.values())
    config = layers.recorded("imaml").config
    assert (config.pull, config.damping) == (2, 30) and "30" in section("what_adapts", "explain", language)
    steps = [run.config.test_steps for run in map(shipped, layers.PICTURES.values())]
    assert steps == [1, 20, 50, 1, 1]

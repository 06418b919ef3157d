"""What the Siamese and Matching pages say of what is on screen, in random states of both data sets."""

from dataclasses import replace
from functools import partial
from itertools import pairwise, product
from types import SimpleNamespace as State

import numpy as np
import pytest

from core.demos.questions import Mistakes
from core.dispatch import answer
from core.events import OuterStep, Verified
from lessons.demos import fewshot, metric
from lessons.demos.metric_stage import scores_of, trial_pairs
from lessons.demos.sinusoid import support_of, task_of
from lessons.notices import metric as notices
from lessons.notices import metric_stage as stages
from tests.claims import metric_stage  # noqa: F401, which registers claims
from tests.claims.metric import CLAIMS
from tests.claims.registry import STATES
from tests.conftest import HAS_REAL

DATA = ["omniglot", "glyphs"] if HAS_REAL else ["glyphs"]


def network(name: str, untrained: bool, **changes):
    run = metric.recorded(name)
    return run.config.updated(**changes), run.start if untrained else run.snapshot.theta


def compare(episode, config, theta):
    (compared,) = answer(metric.request(episode, config, theta))
    return compared


def audit_parts(compared, pairs, parts=True):
    for pair in pairs:
        pulls, bias = metric.contributions(compared, pair)
        state = State(compared=compared, pair=pair)
        if parts:
            CLAIMS.audit(lambda p=pulls, b=bias: notices.about_parts(p, b), state)  # type: ignore[misc]
        CLAIMS.audit(lambda p=pulls, b=bias: stages.about_sum(p, b), state)  # type: ignore[misc]


def test_attention_of_any_query_at_any_setting():
    source = np.random.default_rng(0)
    for number in range(3 * STATES):
        way, shots = int(source.choice([2, 3, 5, 8, 13, 20])), int(source.choice([1, 1, 2, 3, 5]))
        queries = int(source.integers(1, 3))
        temperature = float(source.choice(metric.TEMPERATURES))
        config, theta = network(
            "matching", bool(source.integers(2)), distance=str(source.choice(list(metric.DISTANCES))),
            scale=1 / temperature, prototypes=bool(source.random() < 0.3),
        )  # fmt: skip
        episode = fewshot.episode(DATA[number % len(DATA)], int(source.integers(10**6)), shots, way, queries)
        compared = compare(episode, config, theta)
        state = State(compared=compared, config=config, way=way, query=int(source.integers(queries * way)))
        by_temperature = metric.winners(compared, config)
        CLAIMS.audit(lambda s=state: stages.about_links(s.compared, s.query), state)  # type: ignore[misc]
        CLAIMS.audit(lambda s=state, w=by_temperature: notices.about_attention(s.compared, s.query, s.config, w), state)  # type: ignore[misc]
        state.compared = metric.directions(compared) if config.distance == "cosine" else compared
        CLAIMS.audit(lambda s=state: notices.about_map(s.compared), state)  # type: ignore[misc]


@pytest.mark.parametrize("data", DATA)
def test_recorded_mistakes_are_those_with_the_largest_lead(data):
    for name in ("matching", "siamese"):
        config, theta = network(name, False)
        recorded = metric.mistakes(name, data)
        found = list(answer(Mistakes(config.updated(data=data), theta, most=100)))
        assert [one.lead for one in found[: len(recorded)]] == pytest.approx([m["lead"] for m in recorded], abs=1e-3)
        seen = []
        for mistake in recorded:
            episode, query = metric.mistaken(data, mistake)
            seen.append((compare(episode, config, theta).answers[0, query], mistake["truth"], mistake["chosen"]))
        state = State(seen=seen, episodes=100, others=[one.lead for one in found[len(recorded) :]])
        CLAIMS.audit(lambda m=recorded: notices.about_mistakes(m), state)  # type: ignore[misc]


def test_which_network_answers_and_how():
    for number, (trained, now) in enumerate(product(metric.DISTANCES, repeat=2)):
        for name in ("recorded", "random", "own"):
            before, config = (network("matching", False, distance=distance)[0] for distance in (trained, now))
            compared = compare(fewshot.episode(DATA[0], number, 1), *network("matching", name == "random"))
            similarity = metric.similarities(compared.support[0], compared.queries[0], now)
            state = State(name=name, trained=before, config=config, similarity=similarity)
            CLAIMS.audit(lambda s=state: notices.about_network(s.name, s.trained, s.config), state)  # type: ignore[misc]


def test_more_classes_are_mostly_harder_and_more_drawings_mostly_help():
    score = {(row["way"], row["shot"]): row["accuracy"] for row in metric.measured()["table"]}
    ways, shots = (sorted({pair[at] for pair in score}) for at in (0, 1))
    harder = [score[n, k] > score[m, k] for n, m in pairwise(ways) for k in shots]
    help_ = [score[n, k] < score[n, m] for k, m in pairwise(shots) for n in ways]
    assert sum(harder) > 0.8 * len(harder) and 0.7 * len(help_) < sum(help_) < len(help_)


@pytest.mark.parametrize("data", DATA)
def test_every_recorded_mistake(data):
    config, theta = network("matching", False)
    for mistake in metric.mistakes("matching", data):
        episode, query = metric.mistaken(data, mistake)
        state = State(compared=compare(episode, config, theta), query=query, way=len(episode.characters))
        CLAIMS.audit(lambda s=state: notices.about_mistake(s.compared, s.query, config), state)  # type: ignore[misc]
    config, theta = network("siamese", False)
    for number, mistake in enumerate(metric.mistakes("siamese", data)):
        episode, query = metric.mistaken(data, mistake)
        compared = compare(episode, config, theta)
        pairs, letters = metric.mistaken_pairs(compared, query)
        audit_parts(compared, pairs)
        state = State(compared=compared, query=query, way=len(episode.characters), picked=number % 2)
        CLAIMS.audit(lambda s=state, p=pairs, of=letters: notices.about_mistaken_pairs(p, of, s.picked), state)  # type: ignore[misc]


def test_pairs_at_any_threshold():
    source, way = np.random.default_rng(1), 8
    curves = {
        (data, untrained): next(answer(metric.verify_request(data, *network("siamese", untrained))))
        for data in DATA for untrained in (False, True)
    }  # fmt: skip
    for number in range(STATES):
        data, untrained = DATA[number % len(DATA)], bool(source.integers(2))
        compared = compare(fewshot.episode(data, number, 1, way, 1), *network("siamese", untrained))
        pairs = metric.hard_pairs(compared, way, 4)
        audit_parts(compared, pairs)
        threshold = round(float(source.choice([source.uniform(0.01, 0.99), source.uniform(0.01, 0.15), 0.01, 0.99])), 2)
        state = State(
            compared=compared, pairs=pairs, threshold=threshold, verified=curves[data, untrained], data=data, way=way
        )
        CLAIMS.audit(lambda s=state: notices.about_pairs(s.pairs, s.threshold), state)  # type: ignore[misc]
        CLAIMS.audit(lambda s=state: notices.about_many_pairs(s.verified, s.threshold, s.data, way), state)  # type: ignore[misc]
        CLAIMS.audit(lambda s=state: notices.about_map(s.compared, pairs=True), state)  # type: ignore[misc]


def test_a_score_that_the_differences_raise():
    """As a learner's own run can have it: here with the weights of the shipped network turned round."""
    config, theta = network("siamese", False)
    for number in range(STATES):
        compared = compare(fewshot.episode(DATA[number % len(DATA)], number, 1, 8, 1), config, theta)
        head = np.append(-compared.head[:-1] * 0.1, compared.head[-1])
        scores = np.abs(compared.queries[0, :, None] - compared.support[0]) @ head[:-1] + head[-1]
        compared = replace(compared, head=head, attention=1 / (1 + np.exp(-scores))[None])
        audit_parts(compared, [metric.pair(compared, number % 8, number % 7, True)], parts=False)


def test_what_happens_to_the_predictions():
    source = np.random.default_rng(5)
    (siamese, theta), (matching, other) = network("alphabets", False), network("matching", False)
    low, high = metric.TEMPERATURES[4], metric.TEMPERATURES[-1]
    for number in range(STATES):
        trial, query = metric.trial(DATA[number % len(DATA)], number), metric.trial_answer(number)
        compared = compare(trial, siamese, theta if number % 3 else metric.recorded("alphabets").start)
        state = State(compared=compared, query=query)
        pairs = trial_pairs(compared, query)
        CLAIMS.audit(lambda p=pairs: stages.about_twenty(p), state)  # type: ignore[misc]
        way = int(source.integers(2, 9))
        compared = compare(fewshot.episode(DATA[number % len(DATA)], number, 1, way), matching, other)
        state = State(compared=compared, query=int(source.integers(3 * way)), way=way, config=matching)
        scores = scores_of(compared, matching)
        CLAIMS.audit(lambda s=state, c=scores: stages.about_warming(c, s.query, s.way, low, high), state)  # type: ignore[misc]


def test_the_curve_is_of_the_network_that_was_chosen():
    for data in DATA:
        config, theta = network("siamese", False)
        (curve,) = answer(metric.verify_request(data, config, theta))
        recorded = metric.verified("siamese", data)
        assert isinstance(curve, Verified) and recorded is not None
        assert recorded.area == pytest.approx(curve.area) and np.allclose(recorded.hits, curve.hits, atol=1e-3)
        (untrained,) = answer(metric.verify_request(data, config, metric.recorded("siamese").start))
        assert untrained.area < 0.9 < curve.area


def test_curves_of_any_shape():
    source = np.random.default_rng(2)
    for _ in range(STATES):
        start = int(source.choice([0, 500]))
        scores = source.uniform(0.1, 1, int(source.integers(2, 20)))
        steps = [OuterStep(start + 10 * i, 1.0, 1.0, float(p), float(p)) for i, p in enumerate(scores)]
        for shipped in (False, True):
            speak = partial(notices.about_learning, steps, shipped and not start)
            CLAIMS.audit(speak, State(steps=steps))
    assert notices.about_learning(steps[:1]) == ""


def test_sinusoids_from_any_points():
    source, run = np.random.default_rng(3), metric.sinusoid_run()
    for _ in range(STATES):
        seed, count = int(source.integers(10_000)), int(source.integers(2, 21))
        task = task_of(seed)
        x, y = np.array(support_of(seed, task, count, 0.0)).T
        (compared,) = answer(metric.curve_request(x, y, run.config, run.snapshot.theta))
        grid = np.linspace(-5, 5, compared.answers.shape[1])
        state = State(compared=compared, x=x, y=y, truth=task(grid), grid=grid)
        CLAIMS.audit(lambda s=state: notices.about_curve(s.compared, s.x, s.y, s.truth, s.grid), state)  # type: ignore[misc]


def test_trials_and_scores():
    source = np.random.default_rng(4)
    for _ in range(STATES):
        answers, truth, chosen = source.random(20) ** 8, int(source.integers(20)), int(source.integers(20))
        state = State(answers=answers.tolist())
        text = CLAIMS.audit(lambda s=answers, k=truth, c=chosen: notices.about_trial(s, k, c), state)  # type: ignore[misc]
        assert text.startswith("You were right" if truth == chosen else "You were wrong")
        network_right = answers.argmax() == truth
        said_right = "network was right" in text or ("so was" in text and truth == chosen)
        assert said_right == network_right
        score = [(bool(a), bool(b)) for a, b in source.integers(0, 2, (int(source.integers(1, 9)), 2))]
        CLAIMS.audit(lambda s=score: notices.about_score(s), State(score=score))  # type: ignore[misc]


def test_each_claim_was_made_in_some_state():
    assert CLAIMS.checks.keys() - CLAIMS.heard <= (set() if HAS_REAL else {"Omniglot"})

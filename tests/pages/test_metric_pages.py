"""The pages of the metric methods by AppTest, on generated glyphs everywhere and on Omniglot where it is at hand."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.demos.questions import Trace
from core.events import Compared, Verified
from core.runtime.shared import pool
from core.training.config import MetricConfig
from lessons.demos import fewshot, metric
from lessons.demos.metric import Trial
from lessons.demos.metric_stage import Judging, Looking, at_temperature, judging, looking, shares
from lessons.engine.content import section
from lessons.figures import metric as figures
from lessons.figures import metric_stage as stages
from lessons.notices.metric import about_trial
from tests.conftest import HAS_REAL
from tests.pages.conftest import ended
from tests.pages.test_fewshot_pages import GLYPHS, button, open_page
from tests.pages.test_fewshot_pages import PAGES as FOLDER
from tests.pages.test_pages import words

PAGES = ["matching", "siamese"]


def set_held(at: AppTest, **values: float) -> None:
    """As a stage's message does it."""
    for key, value in values.items():
        at.session_state[key] = value
    at.run()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_on_what_data_there_are(name):
    at = open_page(name)
    assert at.title[0].value == section(name, "title")
    assert not at.error and not at.warning
    generated = any("Generated glyphs" in one.value for one in at.caption)
    assert generated != HAS_REAL
    assert "**Notice**" in words(at)


def test_temperature_n_and_k_change_what_is_said_of_the_attention():
    at = open_page("matching", **GLYPHS, query="2")
    assert "Of all 15 queries" in words(at)
    set_held(at, t=10.0)
    assert "It takes 5 of the 5 pictures to hold 90% of it" in words(at)
    set_held(at, t=0.02)
    assert "One of the 5 pictures holds at least 90% of it" in words(at)
    assert "never the answer" in words(at)
    at.slider(key="n").set_value(12)
    at.slider(key="k").set_value(3).run()
    assert "Of all 36 queries" in words(at) and "the temperature can decide the answer" in words(at)
    at.segmented_control(key="compare").set_value(metric.DISTANCES["euclid"]).run()
    assert not at.exception and not at.error


def test_a_link_opens_the_same_query_and_what_is_out_of_range_is_said():
    at = open_page("matching", **GLYPHS, query="3", n="99")
    assert "The query is of class C" in words(at)
    assert any("n = `99`" in one.value for one in at.warning)
    assert at.slider(key="n").value == 20
    assert not open_page("matching", **GLYPHS, query="1000").exception
    assert not open_page("siamese", **GLYPHS, pair="x").exception


def test_an_untrained_network_answers_too():
    at = open_page("matching", **GLYPHS)
    at.segmented_control(key="who").set_value("untrained").run()
    assert any("The untrained network answers" in one.value for one in at.caption)


def test_the_page_says_which_network_answers_and_by_what():
    at = open_page("matching", **GLYPHS)
    assert any("The shipped network answers" in one.value and "as in its training" in one.value for one in at.caption)
    assert "[network: shipped](#try) · [$c$: cosine](#try)" in words(at)
    at.segmented_control(key="compare").set_value("Euclid²").run()
    assert any("It was trained with the cosine" in one.value for one in at.caption)
    at.run()
    assert "[$c$: Euclid²](#try)" in words(at)


def test_the_largest_probability_of_the_stepper_is_in_its_picture():
    """That of a class, in which the probabilities of an episode sum to one, is another number."""
    config = metric.recorded("siamese").config.updated(data="glyphs", meta_batch=2, way=5, within=0.0, trace=True)
    trace = pool().ask(Trace(config, None)) or ()
    shown = figures.traced(trace, 1, pairs=True)
    largest = [np.max(panel.z) for panel in shown.figure.data]
    assert shown.table["highest probability of a pair"].tolist() == pytest.approx(largest)
    assert max(largest) < 0.5 < float(trace[1].event.answers.max())


def test_letters_tell_the_classes_of_a_map_and_many_drawings_have_one():
    run = metric.recorded("matching")
    for way, shots in ((5, 1), (20, 5)):
        of = fewshot.episode("glyphs", 1, shots, way)
        (seen,) = pool().ask(metric.request(of, run.config, run.snapshot.theta)) or ()
        traces = figures.embedding_map(seen, "").figure.data
        letters = {
            kind: [one.text for one in traces if one.text and kind in one.name] for kind in ("support", "queries")
        }
        assert all(len(texts) == 1 for texts in letters["support"]) and len(letters["support"]) == way
        assert all(len(set(texts)) == 1 and len(texts) == 3 for texts in letters["queries"])
        assert [one.name for one in traces if one.showlegend is not False] == ["support", "query"]


def test_a_sinusoid_is_answered_and_points_are_added():
    at = open_page("matching", **GLYPHS)
    assert "Each answer is a weighted mean of the support's values" in words(at)
    at.slider(key="points").set_value(3).run()
    at.slider(key="x").set_value(-4.0).run()
    assert not at.exception


def test_the_threshold_decides_and_both_errors_are_counted():
    at = open_page("siamese", **GLYPHS)
    set_held(at, threshold=0.99)
    strict = words(at)
    set_held(at, threshold=0.01)
    assert "threshold of 0.99" in strict and "threshold of 0.01" in words(at)
    assert "missed" in strict


def test_the_curve_the_notice_and_the_goal_are_of_the_chosen_network():
    at = open_page("siamese", **GLYPHS, threshold="0.37")
    assert "siamese/threshold" in at.session_state["_progress"].goals
    curve = metric.verified("siamese", "glyphs")
    alarms, hits = figures.at_threshold(curve, 0.37)
    assert f"finds about {hits:.1%}" in words(at) and f"about {alarms:.1%} false alarms" in words(at)
    at = open_page("siamese", **GLYPHS, threshold="0.37", who="untrained")
    assert "siamese/threshold" not in at.session_state["_progress"].goals
    assert "finds about 0.4%" in words(at) and any("misses 99.6%" in one.value for one in at.caption)


def test_the_place_of_the_right_candidate_is_random():
    places = [metric.trial_answer(seed) for seed in range(2000)]
    assert min(np.bincount(places, minlength=20)) > 60
    assert sum(place == seed % 20 for seed, place in enumerate(places)) < 160


def test_the_ring_the_chart_and_the_click_of_a_mistake_agree():
    run, explained = metric.recorded("siamese"), []
    of, query = metric.mistaken("glyphs", metric.mistakes("siamese", "glyphs")[0])
    (seen,) = pool().ask(metric.request(of, run.config, run.snapshot.theta)) or ()
    pairs, letters = metric.mistaken_pairs(seen, query)
    for card, pair in enumerate(pairs):
        at = open_page("siamese", **GLYPHS, mistaken=str(card + 1))
        text = next(one.value for one in at.info if "which has the ring" in one.value)
        assert f"takes apart the pair with {letters[card]}," in text
        explained.append(next(one.proto.spec for one in at.get("plotly_chart") if "mistake_parts" in one.proto.id))
        logit = figures.parts(*metric.contributions(seen, pair)).alt.rpartition("is ")[2]
        assert any(logit in one.proto.alt for one in at.get("plotly_chart") if "mistake_parts" in one.proto.id)
    assert explained[0] != explained[1]


def test_the_game_keeps_the_first_click_and_the_score():
    at = open_page("siamese", **GLYPHS)
    assert any("Your click is kept" in one.value for one in at.caption)
    of = metric.trial("glyphs", 1)
    assert len(set(of.characters)) == 20
    at.session_state["_trials"] = {("glyphs", 1): Trial(truth=1, you=1)}
    at.run()
    network = at.session_state["_trials"]["glyphs", 1].network
    assert network is not None
    assert "Trials so far: 1." in words(at) and f"You 1 of 1, the network {int(network == 1)} of 1" in words(at)
    button(at, "Next trial").click().run()
    assert at.number_input(key="trial").value == 2 and not at.exception


def test_what_is_said_of_a_trial_fits_who_was_right():
    p = np.array([0.1, 0.8, 0.3])
    assert about_trial(p, 1, 1).startswith("You were right; so was the network")
    assert about_trial(p, 1, 2).startswith("You were wrong; the network was right")
    assert about_trial(p, 0, 0).startswith("You were right; the network was wrong")
    assert about_trial(p, 0, 2).startswith("You were wrong; so was the network")


@pytest.mark.parametrize("name", PAGES)
def test_every_recorded_mistake_is_a_mistake(name):
    at = open_page(name, **GLYPHS)
    known = metric.mistakes(name, "glyphs")
    assert known
    at.slider(key="mistake").set_value(len(known)).run()
    assert not at.exception and not at.error
    of, query = metric.mistaken("glyphs", known[0])
    run = metric.recorded(name)
    found = pool().ask(metric.request(of, run.config, run.snapshot.theta))
    (seen,) = (one for one in found if isinstance(one, Compared))
    assert seen.answers[0, query].argmax() == known[0]["chosen"] != query % len(of.characters)


@pytest.mark.parametrize("name", PAGES)
def test_retraining_moves_the_curve_and_the_demo_uses_the_run(name):
    at = open_page(name, **GLYPHS, iterations="100", way="5", meta_batch="1")
    button(at, "Retrain").click().run()
    at.run()  # while it trains
    (job,) = at.session_state[f"_runs_{name}"]
    assert ended(job).state == "done", job.reason
    assert isinstance(job.config, MetricConfig) and job.config.episodes.way == 5
    assert sum(isinstance(one, Compared) for one in job.events) == len(job.steps)
    assert any(isinstance(one, Verified) for one in job.events) == (name == "siamese")
    at.run()
    assert at.segmented_control(key="who").value == "your run"
    assert not at.exception and not at.error


@pytest.mark.parametrize("name", PAGES)
def test_the_stepper_walks_from_pictures_to_the_move(name):
    at = open_page(name, **GLYPHS)
    for number, part in enumerate(("tasks drawn", "embeddings compared", "theta moves"), 1):
        at.slider(key="event").set_value(number).run()
        assert section(name, part) in words(at)
        assert not at.exception
    at.segmented_control(key="start").set_value("learned init").run()
    assert not at.exception


def test_a_damaged_checkpoint_is_said_in_words(monkeypatch):
    monkeypatch.setitem(metric.RUNS, "matching", "nowhere")
    metric.recorded.cache_clear()
    at = AppTest.from_file(str(FOLDER / "matching.py"), default_timeout=40).run()
    metric.recorded.cache_clear()
    assert "cannot be read" in at.error[0].value and not at.exception


def test_a_map_does_not_flip_when_embeddings_are_mirrored():
    points = np.random.default_rng(0).normal(size=(12, 6))
    places, shares = metric.principal(points)
    mirrored, _ = metric.principal(-points)
    assert places[0, 0] >= 0 and places[1, 1] >= 0
    assert np.allclose(places, mirrored)
    assert 0 < shares[1] <= shares[0] < 1
    # the components are those of the covariance
    values = np.sort(np.linalg.eigvalsh(np.cov(points.T)))[::-1]
    assert np.allclose(shares, values[:2] / values.sum())


def test_the_parts_of_a_pair_add_up_to_its_probability():
    run = metric.recorded("siamese")
    of = metric.trial("glyphs", 3)
    (seen,) = (
        one for one in pool().ask(metric.request(of, run.config, run.snapshot.theta)) if isinstance(one, Compared)
    )
    for pair in metric.hard_pairs(seen, 20, 3):
        pulls, bias = metric.contributions(seen, pair)
        assert 1 / (1 + np.exp(-(pulls.sum() + bias))) == pytest.approx(pair.probability, abs=1e-4)
        assert figures.parts(pulls, bias).table["adds"].sum() == pytest.approx(pulls.sum() + bias, abs=1e-4)


def test_a_temperature_that_no_worker_is_asked_for_answers_as_one_would():
    run, source = metric.recorded("matching"), np.random.default_rng(6)
    for distance in metric.DISTANCES:
        for prototypes in (False, True):
            asked = run.config.updated(distance=distance, prototypes=prototypes)
            of = fewshot.episode("glyphs", int(source.integers(1000)), 3, 5)
            (seen,) = pool().ask(metric.request(of, asked, run.snapshot.theta)) or ()
            for temperature in metric.TEMPERATURES[::4]:
                now = asked.updated(scale=1 / temperature)
                (wanted,) = pool().ask(metric.request(of, now, run.snapshot.theta)) or ()
                given = at_temperature(seen, asked, now)
                assert given.attention.shape == wanted.attention.shape
                # a dot product is some hundreds, in single precision
                assert np.allclose(given.attention, wanted.attention, atol=2e-3)
                assert np.allclose(given.answers, wanted.answers, atol=2e-3)


def test_with_full_context_the_attention_tells_the_similarities():
    scores = np.random.default_rng(7).normal(size=(6, 4))
    config = metric.recorded("matching").config.updated(context=3)
    answers = shares(scores, 0.1)[None]
    seen = Compared(0, np.zeros((1, 4, 8)), np.zeros((1, 6, 8)), answers, answers, np.zeros(1), np.zeros(0))
    given = at_temperature(seen, config, config.updated(scale=1.0))
    assert np.allclose(given.attention[0], shares(scores, 1.0))


@pytest.mark.parametrize("draw", ["pairs", "links"])
def test_a_prediction_is_played_on_a_stage_of_its_own(draw):
    def script(name):
        from pages.sections import metric_stage

        getattr(metric_stage, f"predicted_{name}")("glyphs")

    at = AppTest.from_function(script, args=(draw,), default_timeout=40).run()
    assert not at.exception
    said = words(at)
    if draw == "pairs":
        assert "all 20 candidates" in said and "so the answer is right" in said
    else:
        assert "At T = 0.1" in said and "Of all 15 queries 15 have the same winner" in said


def test_what_no_stage_sends_is_not_taken():
    good = {"n": 5, "pair": 3, "threshold": 0.25}
    assert judging(good) == Judging(5, 3, 0.25, False)
    assert looking({"n": 5, "query": 14, "stop": 4, "again": True}) == Looking(5, 14, 0.1, True)
    for wrong in (
        None, [], {}, good | {"n": -1}, good | {"n": True}, good | {"pair": 20}, good | {"pair": "1"},
        good | {"threshold": float("nan")}, good | {"threshold": 2}, good | {"threshold": True},
    ):  # fmt: skip
        assert judging(wrong) is None
    for wrong in (None, {"n": 5, "query": 60, "stop": 1}, {"n": 5, "query": 1, "stop": 17}, {"n": 5, "query": 1}):
        assert looking(wrong) is None


def test_the_picture_of_a_pair_holds_the_event_s_own_numbers():
    seen = metric.first_paint("siamese", "glyphs")
    pairs = metric.hard_pairs(seen, 8, 4)
    picture = stages.siamese(seen, pairs, None, metric.recorded("siamese").config.episodes)
    for shown, pair in zip(picture["pairs"], pairs, strict=True):
        first, second = picture["queries"][str(shown["query"])], picture["support"][str(shown["support"])]
        *weights, bias = picture["head"]
        logit = bias + sum(w * abs(a - b) for a, b, w in zip(first, second, weights, strict=True))
        assert 1 / (1 + np.exp(-logit)) == pytest.approx(pair.probability, abs=1e-4)
        assert stages.pairs_table(seen, pair)["adds"].sum() == pytest.approx(logit, abs=1e-3)
    assert picture["sheet"] is None and "28×28 → 14×14" in picture["words"]["shape"]
    assert "64 numbers" in picture["words"]["shape"]

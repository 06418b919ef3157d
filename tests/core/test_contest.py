"""All methods at one table: each answers as it does by itself, and no answer knows of another query."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core import checkpoint
from core.algorithms import contest, mann
from core.algorithms.contest import PICTURES, able, answering
from core.configs import Episodes
from core.evaluation import few_shot
from core.options import ConfigError
from core.requests import Contest, Init, Judge
from core.runs import method_of, run
from core.tasks import families, strokes
from core.tasks.glyphs import strokes as glyph
from core.tasks.strokes import DrawingError, checked, render
from tests.conftest import needs_real

TASK = Episodes(data="glyphs", transductive=False)


@pytest.fixture(scope="module")
def batch():
    return families.unseen(TASK, "contest 1", 4, 3)


def test_everybody_plays_the_same_tasks_again_and_again():
    first, second = (list(run(Contest(data="glyphs", tasks=24))) for _ in range(2))
    assert [(one.name, one.score) for one in first] == [(one.name, one.score) for one in second]
    last = {one.name: one for one in first}
    assert set(last) == set(PICTURES) and {one.tasks for one in last.values()} == {24}
    assert all(0.2 < one.score <= 1 and one.half >= 0 for one in last.values())
    assert last["pixels"].parameters == 0 and last["pixels"].memory == 5 * 784
    assert last["prototypes"].memory * 1 == last["matching"].memory  # one drawing each: a mean is that drawing


def test_those_with_five_outputs_stay_away_from_more_classes():
    names = {one.name for one in run(Contest(data="glyphs", way=8, tasks=2))}
    assert names == {"siamese", "matching", "prototypes", "pixels"}
    assert able("maml", 5) and not able("maml", 6) and able("matching", 20)


@pytest.mark.parametrize("name", PICTURES)
def test_an_answer_is_a_distribution_that_does_not_depend_on_other_queries(name, batch):
    whole = answering(name, True)(batch, 5)
    assert whole.shape == (4, 15, 5)
    assert torch.allclose(whole.exp().sum(-1), torch.ones(4, 15), atol=1e-4)
    alone = replace(batch, query_x=batch.query_x[:, :1], query_y=batch.query_y[:, :1])
    assert torch.allclose(answering(name, True)(alone, 5).exp(), whole[:, :1].exp(), atol=2e-3)


def test_maml_answers_as_its_own_evaluation(batch):
    loaded = checkpoint.shipped("maml-omniglot-5way1shot")
    judged = few_shot(Init(loaded.snapshot.theta, loaded.config.task.updated(data="glyphs", transductive=False),
                           loaded.config.descent), 1, 20)  # fmt: skip
    same = families.unseen(loaded.config.task.updated(data="glyphs"), "evaluation", 20, 5)
    right = (answering("maml", True)(same, 5).argmax(-1) == same.query_y).float().mean()
    assert right.item() == pytest.approx(judged.accuracy, abs=1e-6)


def test_matching_answers_as_its_own_look(batch):
    loaded = checkpoint.shipped("matching-omniglot")
    seen = method_of(loaded.config).look(torch.from_numpy(loaded.snapshot.theta), batch)
    assert torch.allclose(answering("matching", True)(batch, 5).exp(), torch.from_numpy(seen.answers), atol=1e-5)


def test_a_memory_reads_the_support_step_by_step(batch):
    loaded = checkpoint.shipped("mann-omniglot")
    config, theta = loaded.config, torch.from_numpy(loaded.snapshot.theta)
    task, query = 2, 7
    pictures = torch.cat([batch.support_x[task], batch.query_x[task, query : query + 1]])
    small = torch.nn.functional.interpolate(pictures[None], (config.side, config.side), mode="area")[0]
    x = torch.zeros(1, len(pictures), config.side**2 + 5)
    for step in range(len(pictures)):
        x[0, step, : config.side**2] = 3.0 * (small[step].flatten() - 0.1)
        if step:
            x[0, step, config.side**2 + int(batch.support_y[task, step - 1])] = 3.0
    with torch.no_grad():
        wanted = mann.network(config)(theta, x)[0, -1].log_softmax(-1)
    assert torch.allclose(answering("mann", True)(batch, 5)[task, query], wanted, atol=1e-4)


def test_sinusoids_are_answered_by_all_that_can():
    last = {one.name: one for one in run(Contest(kind="curves", shots=10, queries=30, tasks=40))}
    assert set(last) == {"maml", "reptile", "matching", "mann", "joint"}
    assert last["maml"].score < 0.4 * last["joint"].score and last["mann"].score < last["matching"].score


def picture(character, hand):
    return render(glyph(character, hand))


def test_drawings_are_answered_with_reasons():
    classes = (3, 41, 77)
    support = np.stack([[picture(one, 0), picture(one, 1)] for one in classes])
    found = list(run(Judge(support, np.stack([picture(41, 2), picture(77, 3)]))))
    assert [one.name for one in found] == list(PICTURES)
    for one in found:
        assert one.probabilities.shape == (2, 3) and one.probabilities.argmax(1).tolist() == [1, 2]
        adapts = one.name in ("maml", "fomaml", "reptile", "pretrain")
        assert one.before.shape == (2, 3 if adapts else 0)
        assert one.ties.shape == (2, 6 if one.name in ("siamese", "matching", "mann") else 0)
    by_name = {one.name: one for one in found}
    assert by_name["matching"].ties.sum(1) == pytest.approx([1, 1], abs=1e-4)
    assert (by_name["mann"].ties >= 0).all() and by_name["mann"].ties.sum(1) == pytest.approx([1, 1], abs=1e-3)
    assert by_name["matching"].ties.argmax(1).tolist()[0] % 3 == 1


@pytest.mark.parametrize("shape", [(1, 1, 28, 28), (6, 1, 28, 28), (3, 6, 28, 28), (3, 28, 28), (3, 0, 28, 28)])
def test_a_set_of_another_shape_is_refused(shape):
    with pytest.raises(ConfigError):
        Judge(np.zeros(shape, np.uint8), np.zeros((1, 28, 28), np.uint8))
    with pytest.raises(ConfigError):
        Judge(np.zeros((2, 1, 28, 28), np.float32), np.zeros((1, 28, 28), np.uint8))


def test_a_drawing_is_moved_and_scaled_as_omniglots_are():
    small = [0.1 + 0.1 * one for one in glyph(3, 0)]
    large = [one for one in glyph(3, 0)]
    pictures = [render(one).astype(int) for one in (small, large)]
    assert np.abs(pictures[0] - pictures[1]).mean() < 6  # size and place of the strokes do not matter
    rows = np.flatnonzero((pictures[1] > 100).any(1) | (pictures[1] > 100).any(0))
    assert 15 <= np.ptp(rows) + 1 <= 22 and pictures[1].max() > 240


@needs_real
def test_a_drawing_has_about_the_ink_of_omniglots():
    from core.tasks import omniglot

    ours = np.stack([picture(one, 0) for one in range(60)])
    theirs = omniglot.load().images.reshape(-1, 28, 28)[::100]
    dark = [one.mean() / (one > 30).mean() for one in (ours, theirs)]
    assert dark[0] == pytest.approx(dark[1], rel=0.1)


@pytest.mark.parametrize(
    ("told", "word"),
    [
        ([], "nothing is drawn"),
        ([[[0.5, 0.5]]], "only a dot"),
        ([[[0.5, 0.5], [0.51, 0.5]]], "only a dot"),
        ("<script>", "a list of at most"),
        ([[[0, 1, 2]]], "list of points"),
        ([[["a", "b"]]], "list of points"),
        ([[[float("nan"), 0]]], "list of points"),
        ([[[0.1, 0.1]] * 3000], "at most 2000 points"),
        ([[[0.1, 0.1]]] * 50, "at most 40 strokes"),
        ([5], "points"),
    ],
)
def test_a_drawing_that_is_none_gets_a_friendly_word(told, word):
    with pytest.raises(DrawingError, match=word):
        render(checked(told))


def test_straight_lines_are_no_trouble():
    assert render([np.array([[0.2, 0.5], [0.8, 0.5]])]).max() > 200
    assert strokes.length([np.array([[0.2, 0.5], [0.8, 0.5]])]) == pytest.approx(0.6)


def test_unknown_contenders_are_refused():
    with pytest.raises(ConfigError, match="allowed are maml"):
        contest.answering("nobody", True)

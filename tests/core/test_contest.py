"""All methods at one table: each answers as it does by itself, and no answer knows of another query."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.demos import compare
from core.demos.compare import able, contenders, solver_of
from core.demos.questions import CompareMethods, JudgeDrawings
from core.dispatch import run
from core.methods.mann import algorithm as mann
from core.options import ConfigError
from core.registry import comparison_of
from core.storage import checkpoints
from core.tasks import families, strokes
from core.tasks.config import Episodes
from core.tasks.glyphs import strokes as glyph
from core.tasks.strokes import DrawingError, checked, render
from core.training.config import Init
from core.training.evaluation import evaluate_few_shot
from tests.conftest import needs_real

TASK = Episodes(data="glyphs", transductive=False)


@pytest.fixture(scope="module")
def batch():
    return families.unseen(TASK, "contest 1", 4, 3)


def test_everybody_plays_the_same_tasks_again_and_again():
    first, second = (list(run(CompareMethods(data="glyphs", tasks=24))) for _ in range(2))
    assert [(one.name, one.score) for one in first] == [(one.name, one.score) for one in second]
    last = {one.name: one for one in first}
    assert set(last) == set(contenders(True)) and {one.tasks for one in last.values()} == {24}
    assert all(0.2 < one.score <= 1 and one.half >= 0 for one in last.values())
    assert last["pixels"].parameters == 0 and last["pixels"].memory == 5 * 784
    assert last["anil"].memory == 32 * 5 + 5  # the last layer; the rest is not the task's
    assert last["prototypes"].memory == last["matching"].memory  # one drawing each: a mean is that drawing


def test_those_with_five_outputs_stay_away_from_more_classes():
    names = {one.name for one in run(CompareMethods(data="glyphs", way=8, tasks=2))}
    assert names == {"siamese", "matching", "prototypes", "pixels", "maml"}  # which has a run of its own for them
    assert able("reptile", 5) and not able("reptile", 6) and able("matching", 20)


def test_a_contender_with_a_wider_run_takes_it_for_more_classes_alone():
    maml = contenders(True)["maml"]
    assert [compare.run_of(maml, way) for way in (2, 5)] == [maml.checkpoint] * 2
    assert [compare.run_of(maml, way) for way in (6, 20)] == [maml.wider] * 2
    assert compare.able("maml", 20) and not compare.able("maml", 21) and not compare.able("reptile", 6)


@pytest.mark.parametrize("name", contenders(True))
def test_an_answer_is_a_distribution_that_does_not_depend_on_other_queries(name, batch):
    whole = solver_of(name, True).solve(batch, 5).answers
    assert whole.shape == (4, 15, 5)
    assert torch.allclose(whole.exp().sum(-1), torch.ones(4, 15), atol=1e-4)
    alone = replace(batch, query_x=batch.query_x[:, :1], query_y=batch.query_y[:, :1])
    assert torch.allclose(solver_of(name, True).solve(alone, 5).answers.exp(), whole[:, :1].exp(), atol=2e-3)


def test_maml_answers_as_its_own_evaluation(batch):
    loaded = checkpoints.shipped("maml-omniglot-5way1shot")
    task = loaded.config.task.updated(data="glyphs", transductive=False)
    judged = evaluate_few_shot(Init(loaded.snapshot.theta, task, loaded.config.descent), 1, 20)
    same = families.unseen(loaded.config.task.updated(data="glyphs"), "evaluation", 20, 5)
    right = (solver_of("maml", True).solve(same, 5).answers.argmax(-1) == same.query_y).float().mean()
    assert right.item() == pytest.approx(judged.accuracy, abs=1e-6)


def test_matching_answers_as_its_own_look(batch):
    loaded = checkpoints.shipped("matching-omniglot")
    seen = comparison_of(loaded.config).look(torch.from_numpy(loaded.snapshot.theta), batch)
    assert torch.allclose(
        solver_of("matching", True).solve(batch, 5).answers.exp(), torch.from_numpy(seen.answers), atol=1e-5
    )


def test_a_memory_reads_the_support_step_by_step(batch):
    loaded = checkpoints.shipped("mann-omniglot")
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
    assert torch.allclose(solver_of("mann", True).solve(batch, 5).answers[task, query], wanted, atol=1e-4)


def test_sinusoids_are_answered_by_all_that_can():
    last = {one.name: one for one in run(CompareMethods(kind="curves", shots=10, queries=30, tasks=40))}
    adapting = {"maml", "reptile", "anil", "meta-sgd", "imaml", "joint"}
    assert set(last) == adapting | {"matching", "mann", "in-context", "cnp"}
    assert last["maml"].score < 0.4 * last["joint"].score and last["mann"].score < last["matching"].score


def picture(character, hand):
    return render(glyph(character, hand))


def test_drawings_are_answered_with_reasons():
    classes = (3, 41, 77)
    support = np.stack([[picture(one, 0), picture(one, 1)] for one in classes])
    found = list(run(JudgeDrawings(support, np.stack([picture(41, 2), picture(77, 3)]))))
    assert [one.name for one in found] == list(contenders(True))
    for one in found:
        assert one.probabilities.shape == (2, 3) and one.probabilities.argmax(1).tolist() == [1, 2]
        adapts = one.name in ("maml", "fomaml", "reptile", "anil", "pretrain")
        assert one.before.shape == (2, 3 if adapts else 0)
        assert one.attention.shape == (2, 6 if one.name in ("siamese", "matching", "mann") else 0)
    by_name = {one.name: one for one in found}
    assert by_name["matching"].attention.sum(1) == pytest.approx([1, 1], abs=1e-4)
    assert (by_name["mann"].attention >= 0).all() and by_name["mann"].attention.sum(1) == pytest.approx(
        [1, 1], abs=1e-3
    )
    assert by_name["matching"].attention.argmax(1).tolist()[0] % 3 == 1


@pytest.mark.parametrize("shape", [(1, 1, 28, 28), (6, 1, 28, 28), (3, 6, 28, 28), (3, 28, 28), (3, 0, 28, 28)])
def test_a_set_of_another_shape_is_refused(shape):
    with pytest.raises(ConfigError):
        JudgeDrawings(np.zeros(shape, np.uint8), np.zeros((1, 28, 28), np.uint8))
    with pytest.raises(ConfigError):
        JudgeDrawings(np.zeros((2, 1, 28, 28), np.float32), np.zeros((1, 28, 28), np.uint8))


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
        compare.solver_of("nobody", True)

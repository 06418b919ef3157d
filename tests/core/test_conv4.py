"""The four-block network and its derivatives against PyTorch's own layers, one task at a time."""

from dataclasses import replace

import pytest
import torch
from torch.testing import assert_close

from core.methods.maml import algorithm as maml
from core.methods.maml.config import MamlConfig
from core.methods.reptile import algorithm as reptile
from core.methods.reptile.config import ReptileConfig
from core.models.conv4 import Conv4
from core.models.encoder import _Convolution
from core.parallel.threads import shards, use_threads
from core.seeding import generator
from core.tasks import episodes
from core.tasks.config import Episodes
from core.training.adaptation import adapt, minibatch, rescaled
from core.training.config import Descent
from core.training.outer_loop import FlatAdam
from core.training.problem import Problem, accuracy, cross_entropy, episodes_problem
from tests.core import naive_conv4
from tests.core.conftest import doubled
from tests.core.naive import result

TASKS, N, WAY, WIDTH = 3, 6, 4, 5


def problem_of(model: Conv4) -> Problem:
    return Problem(model, cross_entropy, pictures=True)


def case(pool: bool):
    model = Conv4(way=WAY, width=WIDTH, pool=pool, side=17 if pool else 13)
    source = torch.Generator().manual_seed(1)
    phi = torch.stack([model.init(source) for _ in range(TASKS)]).double()
    phi += 0.1 * torch.randn(phi.shape, generator=source).double()
    x = torch.rand(TASKS, N, model.side, model.side, generator=source).double()
    y = torch.randint(WAY, (TASKS, N), generator=source)
    v = torch.randn(phi.shape, generator=source).double()
    return model, phi, x, y, v


@pytest.mark.parametrize("pool", [False, True])
def test_each_task_is_computed_by_its_own_network(pool):
    model, phi, x, _, _ = case(pool)
    expected = torch.stack([naive_conv4.logits(phi[i], x[i], WAY, WIDTH, pool) for i in range(TASKS)])
    assert_close(model(phi, x), expected)


@pytest.mark.parametrize("pool", [False, True])
def test_derivatives_are_those_of_pytorchs_own_layers(pool):
    model, phi, x, y, v = case(pool)
    at = phi.clone().requires_grad_()
    loss = torch.stack([naive_conv4.loss(at[i], x[i], y[i], WAY, WIDTH, pool) for i in range(TASKS)])
    (gradient,) = torch.autograd.grad(loss.sum(), at, create_graph=True)
    (product,) = torch.autograd.grad(gradient, at, v)
    mine = problem_of(model).derivatives(phi, x, y, curvature=True)
    assert_close(mine[0], loss.detach())
    assert_close(mine[1], gradient.detach())
    assert_close(mine[2](v), product)
    assert product.abs().max() > 1e-2


def test_the_network_halves_28_to_2_by_strides_and_to_1_by_pooling():
    assert Conv4().encoder.sides == [14, 7, 4, 2]
    assert Conv4(pool=True).encoder.sides == [14, 7, 3, 1]
    assert Conv4().parameters == 9 * 32 + 2 * 32 + 3 * (9 * 32 * 32 + 2 * 32) + 4 * 32 * 5 + 5
    assert len(Conv4(way=20, width=8).init(generator(0, "x"))) == Conv4(way=20, width=8).parameters


def test_a_task_is_not_touched_by_its_neighbours():
    model, phi, x, y, _ = case(False)
    together = problem_of(model).derivatives(phi, x, y)[1]
    alone = problem_of(model).derivatives(phi[1:2], x[1:2], y[1:2])[1]
    assert_close(together[1:2], alone)


@pytest.mark.parametrize(("threads", "alone"), [(1, False), (2, False), (3, False), (2, True), (3, True)])
@pytest.mark.parametrize("width", [8, 32])
def test_shards_give_the_same_bits_on_any_number_of_threads(threads, alone, width):
    model = Conv4(width=width)
    theta = model.init(generator(0, "init"))
    problem = problem_of(model)

    def derivatives(tasks, split):  # few tasks with few pictures stay in one shard
        batch = episodes.draw(Episodes(data="glyphs", way=5), tasks, generator(0, "test"))
        x, y = (batch.support_x, batch.support_y) if split == "support" else (batch.query_x, batch.query_y)
        v = torch.randn(tasks, len(theta), generator=generator(0, "v"))
        loss, gradient, hessian_times = problem.derivatives(theta.repeat(tasks, 1), x, y, True)
        return loss, gradient, hessian_times(v)

    for of in ((1, "support"), (3, "support"), (4, "support"), (12, "query")):
        expected = derivatives(*of)
        use_threads(threads, alone)
        try:
            for mine, on_one_thread in zip(derivatives(*of), expected, strict=True):
                assert torch.equal(mine, on_one_thread)
        finally:
            use_threads(1)


def test_shards_cover_every_task_once():
    for tasks in (1, 2, 3, 7, 8, 32, 100):
        for points in (5, 25, 100, 400):
            parts = shards(tasks, points)
            assert [i for part in parts for i in range(part.start, part.stop)] == list(range(tasks))


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("steps", [1, 3])
def test_the_meta_gradient_is_that_of_a_naive_loop(order, steps):
    task = Episodes(data="glyphs", way=WAY, shots=2, queries=3, width=WIDTH)
    batch = doubled(episodes.draw(task, 4, generator(3, "test")))
    problem = episodes_problem(task)
    theta = problem.model.init(generator(2, "init")).double()
    at = theta.clone().requires_grad_()
    loss = naive_conv4.maml_loss(at, batch, 0.1, steps, WAY, WIDTH, first_order=order == 1)
    (expected,) = torch.autograd.grad(loss, at)
    config = MamlConfig(task=task, inner_rate=0.1, inner_steps=steps, order=order)
    losses, gradient = result(maml.meta_gradient(problem, theta, batch, config))
    assert_close(losses.mean(), loss.detach())
    assert_close(gradient, expected, rtol=1e-8, atol=1e-10)


def test_the_meta_gradient_on_episodes_is_that_of_finite_differences():
    task = Episodes(data="glyphs", way=3, width=4)
    batch = doubled(episodes.draw(task, 2, generator(5, "test")))
    problem = episodes_problem(task)
    theta = problem.model.init(generator(2, "init")).double()
    direction = torch.randn(theta.shape, generator=generator(3, "test"), dtype=torch.double)
    config = MamlConfig(task=task, inner_rate=0.2, inner_steps=2)
    _, gradient = result(maml.meta_gradient(problem, theta, batch, config))
    losses = [result(maml.meta_gradient(problem, theta + size * direction, batch, config))[0] for size in (1e-6, -1e-6)]
    slope = (losses[0].mean() - losses[1].mean()) / 2e-6
    assert slope.item() == pytest.approx((gradient @ direction).item(), rel=1e-4)


def test_adam_without_momentum_is_torchs():
    rates = Descent(0.01, "adam")
    weights = torch.nn.Parameter(torch.tensor([1.0, -2.0, 3.0]))
    mine, state = weights.detach().clone(), None
    adam = torch.optim.Adam([weights], lr=0.01, betas=(0.0, 0.999))
    for _ in range(6):
        weights.grad = 2 * weights.detach() * torch.tensor([1.0, 10.0, 0.1])
        gradient = 2 * mine * torch.tensor([1.0, 10.0, 0.1])
        adam.step()
        move, state = rescaled(gradient, state)
        mine = mine - rates.rate * move
    assert_close(mine, weights.detach())


def test_flat_adam_is_torchs_bit_for_bit():
    ours = torch.randn(1761, generator=generator(0, "test"))
    theirs = ours.clone()
    flat, adam = FlatAdam(ours, 0.003, None, (0.9, 0.99)), torch.optim.Adam([theirs], betas=(0.9, 0.99), fused=True)
    for step in range(50):
        gradient, lr_scale = torch.randn(1761, generator=generator(step, "gradient")), 1 - step / 60
        theirs.grad, adam.param_groups[0]["lr"] = gradient.clone(), 0.003 * lr_scale
        adam.step()
        flat.step(gradient, lr_scale)
    assert torch.equal(ours, theirs)
    assert all((adam.state[theirs][name].numpy() == value).all() for name, value in flat.state().items())


def test_minibatches_go_around():
    points = torch.arange(25)
    seen = [points[minibatch(step, 25, 10)].tolist() for step in range(5)]
    assert [one for part in seen for one in part] == [i % 25 for i in range(50)]
    assert points[minibatch(3, 25, 0)].tolist() == points[minibatch(3, 25, 25)].tolist() == list(range(25))


def test_reptile_on_episodes_ends_where_training_each_copy_alone_by_minibatches_ends():
    task = Episodes(data="glyphs", way=WAY, shots=1, queries=2, width=WIDTH)
    batch = doubled(episodes.draw(task, 2, generator(3, "test")))
    problem = episodes_problem(task)
    theta = problem.model.init(generator(2, "init")).double()
    config = ReptileConfig(task=task, inner_rate=0.01, inner_steps=4, inner_optimizer="adam", inner_batch=8)
    ends = []
    for i in range(2):
        phi = torch.nn.Parameter(theta.clone())
        adam = torch.optim.Adam([phi], lr=0.01, betas=(0.0, 0.999))  # anew for each task
        x = torch.cat([batch.support_x[i], batch.query_x[i]])
        y = torch.cat([batch.support_y[i], batch.query_y[i]])
        for step in range(4):
            at = [(8 * step + j) % 12 for j in range(8)]
            adam.zero_grad()
            naive_conv4.loss(phi, x[at], y[at], WAY, WIDTH).backward()
            adam.step()
        ends.append(phi.detach())
    _, arrow = result(reptile.outer_direction(problem, theta, batch, config))
    assert_close(arrow, torch.stack(ends).mean(0) - theta, rtol=1e-6, atol=1e-9)


def test_evaluation_starts_every_task_anew():
    task = Episodes(data="glyphs", way=3, width=4)
    problem = episodes_problem(task)
    theta = problem.model.init(generator(2, "init"))
    batch = episodes.draw(task, 1, generator(3, "test"))
    for descent in (Descent(0.1), Descent(0.01, "adam")):
        twice = [list(adapt(problem, theta[None], batch.support_x, batch.support_y, descent, 3))[-1] for _ in range(2)]
        assert torch.equal(*twice)
        assert not torch.equal(twice[0][0], theta)


def test_queries_judged_alone_do_not_see_each_other():
    from core.training.evaluation import query_logits

    task = Episodes(data="glyphs", way=3, width=4)
    problem = episodes_problem(task)
    theta = problem.model.init(generator(2, "init"))
    batch = episodes.draw(task, 2, generator(3, "test"), queries=4)
    phi = theta.repeat(2, 1)
    fewer = replace(batch, query_x=batch.query_x[:, 5:6], query_y=batch.query_y[:, 5:6])
    alone = query_logits(problem, phi, batch, transductive=False)
    assert_close(alone[:, 5:6], query_logits(problem, phi, fewer, transductive=False))
    together = query_logits(problem, phi, batch, transductive=True)
    assert not torch.allclose(together[:, 5:6], query_logits(problem, phi, fewer, transductive=True))
    support_and_one = torch.cat([batch.support_x, batch.query_x[:, 5:6]], 1)
    assert_close(alone[:, 5], problem.model(phi, support_and_one)[:, -1])


def test_accuracy_and_cross_entropy_by_hand():
    logits = torch.tensor([[[2.0, 0.0], [0.0, 1.0], [3.0, 0.0]]])
    y = torch.tensor([[0, 1, 1]])
    assert accuracy(logits, y).item() == pytest.approx(2 / 3)
    terms = [torch.log1p(torch.exp(torch.tensor(z))) for z in (-2.0, -1.0, 3.0)]
    assert cross_entropy(logits, y).item() == pytest.approx((sum(terms) / 3).item())


@pytest.mark.parametrize("stride", [1, 2])
def test_the_convolution_is_the_librarys_to_its_second_derivative(stride):
    source = generator(0, "test")
    h = torch.randn(2, 6, 5, 5, dtype=torch.double, generator=source, requires_grad=True)  # three groups of two
    kernels = torch.randn(9, 2, 3, 3, dtype=torch.double, generator=source, requires_grad=True)

    def ours(h, kernels):
        return _Convolution.apply(h, kernels, stride, 3)

    assert_close(ours(h, kernels), torch.nn.functional.conv2d(h, kernels, stride=stride, padding=1, groups=3))
    assert torch.autograd.gradcheck(ours, (h, kernels))
    assert torch.autograd.gradgradcheck(ours, (h, kernels))

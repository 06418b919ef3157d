"""The batched network and its closed-form derivatives against naive autograd."""

import pytest
import torch
from torch.testing import assert_close

from core.methods.maml import algorithm as maml
from core.methods.maml.config import MamlConfig
from core.models.fast.mlp import mse_derivatives
from core.models.mlp import Mlp
from core.parallel.threads import use_threads
from core.seeding import generator
from core.tasks import sinusoid
from core.tasks.config import Sinusoid
from core.training.problem import Problem, sinusoid_problem
from tests.core import naive
from tests.core.naive import result


def test_each_task_is_computed_with_its_own_parameters(problem, batch, theta):
    phi = theta + torch.randn(batch.tasks, len(theta), dtype=torch.double) * 0.1
    together = problem.model(phi, batch.query_x)
    for i in range(batch.tasks):
        assert_close(together[i], naive.network(problem.model, phi[i], batch.query_x[i]))


def test_the_network_of_the_paper_has_1761_parameters():
    assert Mlp().parameters == 40 + 40 + 1600 + 40 + 40 + 1


def test_closed_form_derivatives_are_autograds(problem, by_autograd, batch, theta):
    phi = theta.repeat(batch.tasks, 1)
    v = torch.randn(batch.tasks, len(theta), dtype=torch.double)
    mine, expected = (one.derivatives(phi, batch.support_x, batch.support_y, True) for one in (problem, by_autograd))
    assert_close(mine[0], expected[0])
    assert_close(mine[1], expected[1])
    assert_close(mine[2](v), expected[2](v))
    assert mine[2](v).abs().max() > 1e-3


@pytest.mark.parametrize("sizes", [(1, 1), (1, 8, 1), (1, 5, 6, 7, 1)])
def test_other_depths_and_widths_have_the_same_closed_form(batch, sizes):
    model = Mlp(sizes)
    phi = torch.randn(batch.tasks, model.parameters, dtype=torch.double)
    v = torch.randn_like(phi)
    mine = mse_derivatives(model, phi, batch.support_x, batch.support_y)
    expected = Problem(model).derivatives(phi, batch.support_x, batch.support_y, True)
    assert_close(mine[1], expected[1])
    assert_close(mine[2](v), expected[2](v))


def test_hessian_vector_products_are_symmetric(problem, batch, theta):
    phi = theta.repeat(batch.tasks, 1)
    u, v = torch.randn(2, batch.tasks, len(theta), dtype=torch.double)
    hessian_times = problem.derivatives(phi, batch.support_x, batch.support_y)[2]
    assert_close((u * hessian_times(v)).sum(1), (v * hessian_times(u)).sum(1))


def test_one_theta_for_all_tasks_is_a_copy_for_each_task(problem, batch, theta):
    v = torch.randn(batch.tasks, len(theta), dtype=torch.double)
    points = (batch.support_x, batch.support_y)
    shared = mse_derivatives(problem.model, theta.expand(batch.tasks, -1), *points)
    copied = mse_derivatives(problem.model, theta.repeat(batch.tasks, 1), *points)
    assert_close(shared[0], copied[0])
    assert_close(shared[1], copied[1])
    assert_close(shared[2](v), copied[2](v))


@pytest.mark.parametrize("threads", [2, 3])
def test_many_tasks_give_the_same_bits_on_any_number_of_threads(threads):
    problem, config = sinusoid_problem(), MamlConfig(meta_batch=256)
    theta = problem.model.init(generator(0, "init"))
    batch = sinusoid.draw(Sinusoid(), 256, generator(0, "test"))

    def found():
        return result(maml.meta_gradient(problem, theta, batch, config))[1]

    alone = found()
    use_threads(threads, alone=True)
    try:
        assert torch.equal(found(), alone)
    finally:
        use_threads(1)

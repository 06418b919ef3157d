"""One MAML meta-gradient on episodes: ours against a loop over tasks, `vmap`, and grouped convolutions.

All contenders use PyTorch's own convolution and batch normalization and differentiate by autograd,
with as many threads as there are cores; ours gives as many shards to as many threads.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from functools import partial

import torch
from torch import Tensor
from torch.func import functional_call, grad, vmap
from torch.nn import functional

from core.bench.timing import Growth, Row, compare, growth, on_threads, result_of
from core.methods.maml import algorithm as maml
from core.methods.maml.config import MamlConfig
from core.methods.reptile import algorithm as reptile
from core.methods.reptile.config import ReptileConfig
from core.models.conv4 import Conv4
from core.models.encoder import EPSILON
from core.parallel.threads import use_threads
from core.seeding import generator
from core.tasks import episodes
from core.tasks.batch import Batch
from core.tasks.config import Episodes
from core.training.problem import problem_of

SHAPES = (  # tasks, way, shots, queries, inner steps, order
    (32, 5, 1, 5, 3, 2),
    (8, 5, 1, 5, 1, 2),
    (8, 5, 5, 5, 1, 2),
    (32, 5, 1, 5, 3, 1),
    (4, 20, 1, 5, 1, 2),
    (4, 5, 1, 5, 1, 1),
    (64, 5, 1, 5, 1, 2),
)
GROWTH = (4, 16, 64)
ROUNDS = 5


def rows() -> Iterator[Row | Growth]:
    """Second and first order for several shapes, Reptile, and our cost by tasks. AssertionError if results differ."""
    cores = os.cpu_count() or 1
    use_threads(cores, alone=True)
    try:
        for tasks, way, shots, queries, steps, order in SHAPES:
            task = Episodes(data="glyphs", way=way, shots=shots, queries=queries)
            config = MamlConfig(task=task, meta_batch=tasks, inner_rate=0.1, inner_steps=steps, order=order)
            batch = episodes.draw(task, tasks, generator(0, "bench"))
            theta = problem_of(task).model.init(generator(0, "init"))
            # our shards run in threads of their own, the contenders use PyTorch's
            ours = partial(on_threads, 1, _ours, theta, batch, config)
            contenders = {
                name: partial(on_threads, cores, part, theta, batch, config) for name, part in CONTENDERS.items()
            }
            wanted = ours()
            for contender in contenders.values():
                torch.testing.assert_close(contender(), wanted, rtol=1e-2, atol=2e-4)
            shape = f"{tasks} tasks, {way}-way {shots}-shot, {queries} queries, {steps} step{'s' * (steps > 1)}"
            name = f"conv4, order {order}, {shape}"
            yield compare(name, ours, contenders, ROUNDS)
        yield _reptile(cores)
        task = Episodes(data="glyphs")
        theta = problem_of(task).model.init(generator(0, "init"))
        by_tasks = {
            tasks: partial(_ours, theta, episodes.draw(task, tasks, generator(0, "bench")), MamlConfig(task=task))
            for tasks in GROWTH
        }
        yield growth("conv4, order 2, 1 step, by tasks", by_tasks, ROUNDS)
    finally:
        torch.set_num_threads(1)
        use_threads(1)


def _ours(theta: Tensor, batch: Batch, config: MamlConfig) -> Tensor:
    return result_of(maml.meta_gradient(problem_of(config.task), theta, batch, config))[1]


def _reptile(cores: int) -> Row:
    """The mean arrow of Reptile for 8 tasks, 5-way 1-shot, 5 steps, against a loop over tasks."""
    task = Episodes(data="glyphs")
    config = ReptileConfig(task=task, meta_batch=8, inner_rate=0.1)
    batch = episodes.draw(task, 8, generator(0, "bench"))
    theta = problem_of(task).model.init(generator(0, "init"))

    def ours() -> Tensor:
        return result_of(reptile.outer_direction(problem_of(task), theta, batch, config))[1]

    def loop() -> Tensor:
        start = _unpacked(theta, problem_of(task).model)  # type: ignore[arg-type]
        x, y = (torch.cat(pair, 1) for pair in ((batch.support_x, batch.query_x), (batch.support_y, batch.query_y)))
        total = torch.zeros_like(theta)
        for i in range(batch.tasks):
            adapted = list(start)
            for _ in range(config.inner_steps):
                gradients = torch.autograd.grad(_loss(adapted, x[i], y[i]), adapted)
                moved = [p - config.inner_rate * g for p, g in zip(adapted, gradients, strict=True)]
                adapted = [part.detach().requires_grad_() for part in moved]
            total += _packed([part.detach() for part in adapted]) - theta
        return total / batch.tasks

    torch.testing.assert_close(loop(), ours(), rtol=1e-2, atol=2e-4)
    return compare(
        "conv4, reptile, 8 tasks, 5-way 1-shot, 5 queries, 5 steps",
        partial(on_threads, 1, ours), {"loop": partial(on_threads, cores, loop)}, ROUNDS
    )  # fmt: skip


def _unpacked(theta: Tensor, model: Conv4) -> list[Tensor]:
    """Parameters in the shapes that PyTorch's own layers want."""
    body, head, bias = model.parts(theta[None])
    parameters = []
    for block in model.encoder.blocks(body):
        inputs = block.filters.shape[1] // 9
        filters = block.filters[0].view(3, 3, inputs, -1).permute(3, 2, 0, 1).contiguous()
        parameters += [filters, block.scale.flatten(), block.shift.flatten()]
    return [part.detach().requires_grad_() for part in (*parameters, head[0], bias[0, 0])]


def _packed(gradients: list[Tensor]) -> Tensor:
    """The gradient in the order of our flat vector."""
    return torch.cat([(g.permute(2, 3, 1, 0) if g.dim() == 4 else g).flatten() for g in gradients])


def _loss(parameters: list[Tensor], x: Tensor, y: Tensor) -> Tensor:
    """Cross-entropy of one task, images [n, 28, 28]."""
    h = x[:, None]
    for filters, scale, shift in zip(parameters[:-2:3], parameters[1:-2:3], parameters[2:-2:3], strict=True):
        h = functional.conv2d(h, filters, stride=2, padding=1)
        h = functional.batch_norm(h, None, None, scale, shift, training=True, eps=EPSILON).relu()
    return functional.cross_entropy(h.permute(0, 2, 3, 1).flatten(1) @ parameters[-2] + parameters[-1], y)


def _loop(theta: Tensor, batch: Batch, config: MamlConfig) -> Tensor:
    """One task after the other with torch.autograd.grad: what a reader of the paper writes first."""
    parameters = _unpacked(theta, problem_of(config.task).model)  # type: ignore[arg-type]
    total = torch.zeros(())
    for i in range(batch.tasks):
        adapted = list(parameters)
        for _ in range(config.inner_steps):
            loss = _loss(adapted, batch.support_x[i], batch.support_y[i])
            gradients = torch.autograd.grad(loss, adapted, create_graph=config.order == 2)
            adapted = [p - config.inner_rate * g for p, g in zip(adapted, gradients, strict=True)]
        total = total + _loss(adapted, batch.query_x[i], batch.query_y[i])
    return _packed(list(torch.autograd.grad(total / batch.tasks, parameters)))


class _Net(torch.nn.Module):
    """The list of parameters as a module, for functional_call."""

    def __init__(self, parameters: list[Tensor]) -> None:
        super().__init__()
        self.parts = torch.nn.ParameterList(parameters)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """The loss of one task."""
        return _loss(list(self.parts), x, y)


def _vmap(theta: Tensor, batch: Batch, config: MamlConfig) -> Tensor:
    """All tasks through torch.func: vmap over tasks of the gradient through the inner steps."""
    net = _Net(_unpacked(theta, problem_of(config.task).model))  # type: ignore[arg-type]
    start = dict(net.named_parameters())

    def loss(parameters: Mapping[str, Tensor], x: Tensor, y: Tensor) -> Tensor:
        return functional_call(net, dict(parameters), (x, y))

    def outer(parameters: Mapping[str, Tensor], sx: Tensor, sy: Tensor, qx: Tensor, qy: Tensor) -> Tensor:
        for _ in range(config.inner_steps):
            gradients = grad(loss)(parameters, sx, sy)
            if config.order == 1:
                gradients = {name: g.detach() for name, g in gradients.items()}
            parameters = {name: p - config.inner_rate * gradients[name] for name, p in parameters.items()}
        return loss(parameters, qx, qy)

    points = (batch.support_x, batch.support_y, batch.query_x, batch.query_y)
    gradients = vmap(grad(outer), in_dims=(None, 0, 0, 0, 0))(start, *points)
    return _packed([part.mean(0) for part in gradients.values()])


def _grouped(theta: Tensor, batch: Batch, config: MamlConfig) -> Tensor:
    """All tasks as groups of one convolution, differentiated twice by autograd."""
    tasks = batch.tasks
    parameters = _unpacked(theta, problem_of(config.task).model)  # type: ignore[arg-type]

    def losses(stacked: list[Tensor], x: Tensor, y: Tensor) -> Tensor:
        h = x.transpose(0, 1)  # [n, tasks, 28, 28]: a task is a group of channels
        for filters, scale, shift in zip(stacked[:-2:3], stacked[1:-2:3], stacked[2:-2:3], strict=True):
            h = functional.conv2d(h, filters.flatten(0, 1), stride=2, padding=1, groups=tasks)
            h = functional.batch_norm(h, None, None, scale.flatten(), shift.flatten(), training=True, eps=EPSILON)
            h = h.relu()
        h = h.unflatten(1, (tasks, -1)).permute(1, 0, 3, 4, 2).flatten(2)
        logits = torch.baddbmm(stacked[-1][:, None], h, stacked[-2])
        return functional.cross_entropy(logits.flatten(0, 1), y.flatten(), reduction="none").view(tasks, -1).mean(1)

    adapted = [part.expand(tasks, *part.shape) for part in parameters]
    for _ in range(config.inner_steps):
        loss = losses(adapted, batch.support_x, batch.support_y).sum()
        gradients = torch.autograd.grad(loss, adapted, create_graph=config.order == 2)
        adapted = [p - config.inner_rate * g for p, g in zip(adapted, gradients, strict=True)]
    total = losses(adapted, batch.query_x, batch.query_y).mean()
    return _packed(list(torch.autograd.grad(total, parameters)))


CONTENDERS: dict[str, Callable[[Tensor, Batch, MamlConfig], Tensor]] = {
    "loop": _loop,
    "vmap": _vmap,
    "grouped": _grouped,
}

"""Alternatives for a MAML meta-iteration on sinusoids: small, honest, independent versions.

Each takes the same batches and the same theta and ends with the same theta. `vmap` uses torch.func;
`higher` and `torchopt` are public libraries, timed where they are installed (`pip install higher torchopt`).
"""

from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from itertools import pairwise

import torch
from torch import Tensor, nn

from core.methods.maml.config import MamlConfig
from core.tasks.batch import Batch

SIZES = (1, 40, 40, 1)
Contender = tuple[Callable[[], None], Callable[[], Tensor]]  # an iteration, and the present theta


def parts_of(flat: Tensor) -> list[Tensor]:
    """Return the weights [in, out] and biases [1, out] of a flat vector."""
    parts = []
    for rows, columns in pairwise(SIZES):
        weight, bias, flat = flat.split([rows * columns, columns, flat.numel() - (rows + 1) * columns])
        parts += [weight.reshape(rows, columns).clone(), bias.clone()]
    return parts


def flat_of(parts: list[Tensor]) -> Tensor:
    """Return the flat vector of such parts."""
    return torch.cat([part.detach().flatten() for part in parts])


def loss_of(weights: list[Tensor] | tuple[Tensor, ...], x: Tensor, y: Tensor) -> Tensor:
    """Return the mean squared error of the plain network."""
    h = torch.relu(x @ weights[0] + weights[1])
    h = torch.relu(h @ weights[2] + weights[3])
    return nn.functional.mse_loss(h @ weights[4] + weights[5], y)


class Plain(nn.Module):
    """The same network as a module, for libraries that need one."""

    def __init__(self, theta: Tensor) -> None:
        super().__init__()
        self.parts = nn.ParameterList(parts_of(theta))

    def forward(self, x: Tensor) -> Tensor:
        """Return the predictions."""
        a, b, c, d, e, f = self.parts
        return torch.relu(torch.relu(x @ a + b) @ c + d) @ e + f


def loop(config: MamlConfig, theta: Tensor, batches: Iterator[Batch]) -> Contender:
    """Follow the paper literally: task after task, with torch.autograd.grad."""
    parameters = [part.requires_grad_() for part in parts_of(theta)]
    adam = torch.optim.Adam(parameters, lr=config.outer_rate)

    def iteration() -> None:
        batch = next(batches)
        adam.zero_grad()
        total = torch.zeros(())
        for i in range(batch.tasks):
            adapted = list(parameters)
            for _ in range(config.inner_steps):
                support = loss_of(adapted, batch.support_x[i], batch.support_y[i])
                gradients = torch.autograd.grad(support, adapted, create_graph=True)
                adapted = [w - config.inner_rate * g for w, g in zip(adapted, gradients, strict=True)]
            total = total + loss_of(adapted, batch.query_x[i], batch.query_y[i])
        (total / batch.tasks).backward()  # type: ignore[no-untyped-call]
        adam.step()

    return iteration, lambda: flat_of(parameters)


def vmap(config: MamlConfig, theta: Tensor, batches: Iterator[Batch]) -> Contender:
    """Use torch.func: grad within grad, vectorized over the tasks."""
    parameters = tuple(part.requires_grad_() for part in parts_of(theta))
    adam = torch.optim.Adam(parameters, lr=config.outer_rate)

    def task_loss(weights: tuple[Tensor, ...], sx: Tensor, sy: Tensor, qx: Tensor, qy: Tensor) -> Tensor:
        for _ in range(config.inner_steps):
            gradients = torch.func.grad(loss_of)(weights, sx, sy)
            weights = tuple(w - config.inner_rate * g for w, g in zip(weights, gradients, strict=True))
        return loss_of(weights, qx, qy)

    def mean_loss(weights: tuple[Tensor, ...], *data: Tensor) -> Tensor:
        return torch.func.vmap(task_loss, (None, 0, 0, 0, 0))(weights, *data).mean()

    outer = torch.func.grad(mean_loss)

    def iteration() -> None:
        batch = next(batches)
        gradients = outer(parameters, batch.support_x, batch.support_y, batch.query_x, batch.query_y)
        for part, gradient in zip(parameters, gradients, strict=True):
            part.grad = gradient
        adam.step()

    return iteration, lambda: flat_of(list(parameters))


def higher(config: MamlConfig, theta: Tensor, batches: Iterator[Batch]) -> Contender:
    """Use the library `higher` as its MAML example does."""
    import higher as library  # type: ignore[import-not-found,import-untyped,unused-ignore]

    net = Plain(theta)
    inner = torch.optim.SGD(net.parameters(), lr=config.inner_rate)
    adam = torch.optim.Adam(net.parameters(), lr=config.outer_rate)

    def iteration() -> None:
        batch = next(batches)
        adam.zero_grad()
        for i in range(batch.tasks):
            with library.innerloop_ctx(net, inner, copy_initial_weights=False) as (fast, steps):
                for _ in range(config.inner_steps):
                    steps.step(nn.functional.mse_loss(fast(batch.support_x[i]), batch.support_y[i]))
                query_loss = nn.functional.mse_loss(fast(batch.query_x[i]), batch.query_y[i])
                (query_loss / batch.tasks).backward()
        adam.step()

    return iteration, lambda: flat_of(list(net.parts))


def torchopt(config: MamlConfig, theta: Tensor, batches: Iterator[Batch]) -> Contender:
    """Use the library `torchopt` as its MAML example does."""
    import torchopt as library  # type: ignore[import-not-found,import-untyped,unused-ignore]

    net = Plain(theta)
    inner = library.MetaSGD(net, lr=config.inner_rate)
    adam = torch.optim.Adam(net.parameters(), lr=config.outer_rate)

    def iteration() -> None:
        batch = next(batches)
        adam.zero_grad()
        start, rule = library.extract_state_dict(net, by="reference"), library.extract_state_dict(inner, by="reference")
        for i in range(batch.tasks):
            for _ in range(config.inner_steps):
                inner.step(nn.functional.mse_loss(net(batch.support_x[i]), batch.support_y[i]))
            query_loss = nn.functional.mse_loss(net(batch.query_x[i]), batch.query_y[i])
            (query_loss / batch.tasks).backward()
            library.recover_state_dict(net, start)
            library.recover_state_dict(inner, rule)
        adam.step()

    return iteration, lambda: flat_of(list(net.parts))


def available() -> Mapping[str, Callable[[MamlConfig, Tensor, Iterator[Batch]], Contender]]:
    """Return the contenders that can be timed here: those of plain PyTorch, and the installed libraries."""
    libraries = {"higher": higher, "torchopt": torchopt}
    return {"loop": loop, "vmap": vmap} | {name: make for name, make in libraries.items() if find_spec(name)}

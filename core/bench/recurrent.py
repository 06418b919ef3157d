"""What the benches of the memory methods share: our training step, and the style that is common in public code.

There, a network is put together from modules, and it is often trained on one sequence at a time. `batch 1` does so:
as many steps as we have sequences; `batch of 16` is the same code with all sequences at once.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from core.bench.timing import Row, compare
from core.training.config import MemoryConfig
from core.training.memory import BETAS, clipped
from core.training.outer_loop import FlatAdam

OurStep = tuple[Callable[[], None], Callable[[], Tensor]]  # a training step, and its gradient alone


class PlainNetwork(nn.Module):
    """A network of modules: an LSTM cell as its controller, and linear layers."""

    controller: nn.LSTMCell

    def layers(self) -> list[tuple[nn.Linear, ...]]:
        """Return the linear layers in the order of our flat vector; those that share a weight of ours are a tuple."""
        raise NotImplementedError

    def take(self, views: list[Tensor]) -> None:
        """Copy the weights and biases of our flat vector."""
        weight, bias, *linear = views
        cell, inputs = self.controller, self.controller.input_size
        with torch.no_grad():
            cell.weight_ih.copy_(weight[:inputs].T)
            cell.weight_hh.copy_(weight[inputs:].T)
            cell.bias_ih.copy_(bias[0])
            cell.bias_hh.zero_()
            for layers, weights, biases in zip(self.layers(), linear[::2], linear[1::2], strict=True):
                sizes = [layer.out_features for layer in layers]
                for layer, w, b in zip(layers, weights.split(sizes, 1), biases.split(sizes, 1), strict=True):
                    layer.weight.copy_(w.T)
                    layer.bias.copy_(b[0])

    def gradient(self) -> Tensor:
        """Return the gradients as a flat vector in the order of ours."""
        cell = self.controller
        parts = [torch.cat([_gradient_of(cell.weight_ih), _gradient_of(cell.weight_hh)], 1).T]
        parts += [_gradient_of(cell.bias_ih)]
        for layers in self.layers():
            parts += [torch.cat([_gradient_of(layer.weight) for layer in layers]).T]
            parts += [torch.cat([_gradient_of(layer.bias) for layer in layers])]
        return torch.cat([part.flatten() for part in parts])


def _gradient_of(parameter: Tensor) -> Tensor:
    assert parameter.grad is not None
    return parameter.grad


def our_step(config: MemoryConfig, theta: Tensor, loss: Callable[[Tensor], Tensor]) -> OurStep:
    """Return a training step that moves `theta`, and its gradient; loss: of theta, a value for each sequence."""
    adam = FlatAdam(theta, config.outer_rate, None, BETAS)

    def gradient() -> Tensor:
        parameters = theta.detach().requires_grad_()
        return torch.autograd.grad(loss(parameters).mean(), parameters)[0]

    def step() -> None:
        adam.step(clipped(gradient(), config.clip))

    return step, gradient


def against_plain(
    name: str, config: MemoryConfig, ours: OurStep, plain: PlainNetwork, loss: Callable[[slice], Tensor], rounds: int
) -> Row:
    """Time our step against those of `plain`; loss: its mean loss on a slice of the batch.

    Raises AssertionError if the gradients differ.
    """
    step, gradient = ours
    adam = torch.optim.Adam(plain.parameters(), lr=config.outer_rate, betas=BETAS)

    def steps(size: int) -> None:
        for first in range(0, config.meta_batch, size):
            adam.zero_grad()
            loss(slice(first, first + size)).backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(plain.parameters(), config.clip)
            adam.step()

    loss(slice(None)).backward()  # type: ignore[no-untyped-call]
    torch.testing.assert_close(gradient(), plain.gradient(), rtol=1e-3, atol=1e-6)
    contenders = {"batch 1": lambda: steps(1), f"batch of {config.meta_batch}": lambda: steps(config.meta_batch)}
    return compare(name, step, contenders, rounds)

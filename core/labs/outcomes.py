"""What a function does with random inputs: its values, the gradients through it, and the arguments that it changes.

Two functions are taken for the same where all of these agree. Nothing here looks at how a function is written.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from core.labs.lab import Lab
from core.seeding import generator

RELATIVE, ABSOLUTE = 1e-3, 1e-4  # of a difference that rounding and another order of sums may make
LARGEST = 100_000  # numbers of an output


class UnreadableError(ValueError):
    """An outcome that comes from outside is not made as it should be."""


@dataclass(frozen=True)
class Outcome:
    """What one call did. values: the outputs; gradients: of a random mixture of the outputs, one for each
    differentiable argument; changed: the arguments that are not what they were; kind: what came back where it was not
    made of tensors, "none", "count", "size" or the name of a type.
    """

    values: tuple[Tensor, ...] = ()
    gradients: tuple[Tensor, ...] = ()
    changed: tuple[str, ...] = ()
    kind: str = ""

    def agrees(self, other: "Outcome") -> bool:
        """Return whether both are the same but for rounding."""
        return (
            (self.kind, self.changed) == (other.kind, other.changed)
            and self.same_values(other.values)
            and len(self.gradients) == len(other.gradients)
            and all(map(close, self.gradients, other.gradients))
        )

    def same_values(self, values: Sequence[Tensor]) -> bool:
        """Return whether these are the outputs but for rounding."""
        return len(self.values) == len(values) and all(map(close, self.values, values))

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        values, gradients = ([_to_json(tensor) for tensor in part] for part in (self.values, self.gradients))
        return {"values": values, "gradients": gradients, "changed": list(self.changed), "kind": self.kind}


def close(value: Tensor, other: Tensor) -> bool:
    """Return whether two tensors have one shape and the same numbers but for rounding."""
    return value.shape == other.shape and torch.allclose(value, other, RELATIVE, ABSOLUTE, equal_nan=True)


def _to_json(tensor: Tensor) -> list[Any]:
    return [list(tensor.shape), tensor.flatten().tolist()]


def from_json(said: Any, lab: Lab) -> Outcome:
    """Return the outcome that a child process says. Raises UnreadableError."""
    try:
        values, gradients = (tuple(_from_json(part) for part in said[name]) for name in ("values", "gradients"))
        changed, kind = tuple(said["changed"]), said["kind"]
    except (KeyError, TypeError, ValueError, RuntimeError, OverflowError):
        raise UnreadableError from None
    if not set(changed) <= set(lab.parameters) or not isinstance(kind, str) or len(kind) > 60:
        raise UnreadableError
    return Outcome(values, gradients, changed, kind)


def _from_json(said: Any) -> Tensor:
    shape, numbers = said
    if len(numbers) > LARGEST or not all(isinstance(size, int) and size >= 0 for size in shape):
        raise UnreadableError
    if not all(isinstance(number, float | int) for number in numbers):
        raise UnreadableError
    return torch.tensor(numbers, dtype=torch.double).reshape(shape)


def trials_of(lab: Lab) -> ModuleType:
    """Return the module that draws the lab's random inputs."""
    return import_module(f"{lab.module}.trial")


def outcomes(function: Callable[..., Any], lab: Lab, seed: int) -> Iterator[Outcome]:
    """Yield what the function does in each of the lab's trials, which get larger. Raises whatever it raises."""
    for number in range(trials_of(lab).TRIALS):
        yield outcome(function, lab, seed, number)


def arguments_of(lab: Lab, seed: int, number: int) -> dict[str, Any]:
    """Return the arguments of a trial, by name."""
    drawn: dict[str, Any] = trials_of(lab).draw(number, generator(seed, lab.name, number))
    return drawn


def outcome(function: Callable[..., Any], lab: Lab, seed: int, number: int) -> Outcome:
    """Return what the function does in a trial. Raises whatever it raises."""
    arguments = arguments_of(lab, seed, number)
    leaves = {name: arguments[name].requires_grad_() for name in trials_of(lab).DIFFERENTIABLE}
    given = {**arguments, **{name: leaf.clone() for name, leaf in leaves.items()}}
    before = {name: value.detach().clone() for name, value in given.items() if isinstance(value, Tensor)}
    returned = function(*given.values())
    parts = returned if isinstance(returned, tuple | list) and len(lab.outputs) > 1 else (returned,)
    changed = tuple(name for name, value in before.items() if not torch.equal(given[name].detach(), value))
    if returned is None:
        return Outcome(kind="none")
    values = []
    for part in parts:
        if not isinstance(part, Tensor | float | int | complex):
            return Outcome(kind=type(part).__name__[:60])
        values.append(torch.as_tensor(part))
    if sum(value.numel() for value in values) > LARGEST:
        return Outcome(kind="size")
    if len(values) != len(lab.outputs):
        return Outcome(tuple(value.detach().double() for value in values), kind="count")
    without = changed or number in getattr(trials_of(lab), "VALUES_ALONE", ())
    gradients = () if without else _gradients(values, list(leaves.values()), number)
    return Outcome(tuple(value.detach().double() for value in values), gradients, changed)


def _gradients(values: list[Tensor], leaves: list[Tensor], number: int) -> tuple[Tensor, ...]:
    """Return the gradients of a random mixture of the values; zeros where nothing leads back to an argument."""
    source = generator(0, "mixture", number)
    mixed = [
        (value * torch.randn(value.shape, generator=source)).sum()
        for value in values
        if value.requires_grad and value.is_floating_point()
    ]
    if not leaves or not mixed:
        return tuple(torch.zeros(leaf.shape, dtype=torch.double) for leaf in leaves)
    gradients = torch.autograd.grad(torch.stack(mixed).sum(), leaves, allow_unused=True)
    return tuple(
        (torch.zeros_like(leaf) if gradient is None else gradient).double()
        for leaf, gradient in zip(leaves, gradients, strict=True)
    )


def compiled(source: str, lab: Lab, file: str = "<lab>") -> Callable[..., Any]:
    """Run a source of ours and return its function of the lab."""
    names: dict[str, Any] = {"__name__": "lab"}
    exec(compile(source, file, "exec"), names)
    function: Callable[..., Any] = names[lab.function]
    return function

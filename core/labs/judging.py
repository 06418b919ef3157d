"""Which mistake a function makes: its outcomes beside those of the reference and of each wrong twin."""

import math
from collections.abc import Sequence
from functools import cache
from itertools import combinations, permutations
from typing import Any

import torch
from torch import Tensor

from core.labs.catalog import LABS
from core.labs.lab import Lab, Mistake
from core.labs.outcomes import Outcome, arguments_of, close, compiled, outcome, outcomes, trials_of

Report = dict[str, Any]
SHOWN = 300  # characters of inputs in a sentence
DIGITS = 4
WRONG_ORDER = "wrong-order"
SLIGHT = 0.02  # of the largest number of a gradient: what a small number makes that was added, and no cut


@cache
def expected(name: str, seed: int) -> list[Outcome]:
    """Return the reference's outcomes of a lab."""
    return list(outcomes(compiled(LABS[name].solution, LABS[name]), LABS[name], seed))


@cache
def twins(name: str, seed: int) -> dict[str, list[Outcome]]:
    """Return the outcomes of each wrong twin of a lab, by the name of its mistake."""
    lab = LABS[name]
    return {m.name: list(outcomes(compiled(lab.twin(m), lab), lab, seed)) for m in lab.mistakes}


def judged(lab: Lab, observed: Sequence[Outcome], seed: int) -> Report:
    """Return what the outcomes of a learner's function say about it."""
    wanted = expected(lab.name, seed)
    if agree(observed, wanted):
        return {"kind": "passed"}
    same = [name for name, twin in twins(lab.name, seed).items() if agree(observed, twin)]
    if len(same) == 1:
        return {"kind": same[0]}
    if any(own.kind for own in observed):
        return _smallest_difference(lab, observed, wanted, seed)
    if kind := _kind_by_values(lab, observed, wanted, seed):
        return {"kind": kind, "values": {"wanted": ", ".join(lab.outputs)} if kind == WRONG_ORDER else {}}
    pairs = [pair for pair in combinations(lab.mistakes, 2) if _makes_both(lab, pair, observed, seed)]
    if len(pairs) == 1:
        first, second = pairs[0]
        return {"kind": "two-mistakes", "values": {"first": first.name, "second": second.name}}
    return _smallest_difference(lab, observed, wanted, seed)


def agree(some: Sequence[Outcome], others: Sequence[Outcome]) -> bool:
    """Return whether two functions do the same in every trial."""
    return len(some) == len(others) and all(own.agrees(other) for own, other in zip(some, others, strict=True))


def _kind_by_values(lab: Lab, observed: Sequence[Outcome], wanted: Sequence[Outcome], seed: int) -> str:
    """Return what the values alone say: that their order is wrong, or the single mistake that they are those of; "" if
    nothing. What the gradients or a changed argument say besides comes up once that is mended.
    """
    if _in_another_order(observed, wanted):
        return WRONG_ORDER
    if _agree_in_values(observed, wanted):
        return ""
    alike = [name for name, twin in twins(lab.name, seed).items() if _agree_in_values(observed, twin)]
    return alike[0] if len(alike) == 1 else ""


def _agree_in_values(some: Sequence[Outcome], others: Sequence[Outcome]) -> bool:
    """Return whether two functions return the same in every trial, whatever their gradients are."""
    return len(some) == len(others) and all(
        own.kind == other.kind and own.same_values(other.values) for own, other in zip(some, others, strict=True)
    )


def _in_another_order(observed: Sequence[Outcome], wanted: Sequence[Outcome]) -> bool:
    """Return whether the results are right but for their order."""
    orders = permutations(range(len(wanted[0].values)))
    next(orders)  # the right one
    return any(
        all(own.same_values([right.values[i] for i in order]) for own, right in zip(observed, wanted, strict=True))
        for order in orders
    )


@cache
def _twin_of_pair(lab: str, first: str, second: str) -> Any:
    pair = Mistake("", LABS[lab].mistakes[0].said, LABS[lab].mistake(first).edits + LABS[lab].mistake(second).edits)
    try:
        return compiled(LABS[lab].twin(pair), LABS[lab])
    except (LookupError, SyntaxError):  # both are made in one place: one or the other
        return None


def _makes_both(lab: Lab, pair: tuple[Mistake, Mistake], observed: Sequence[Outcome], seed: int) -> bool:
    """Return whether a function does what the solution with both mistakes does; trial by trial, until they differ."""
    function = _twin_of_pair(lab.name, pair[0].name, pair[1].name)
    if function is None:
        return False
    try:
        return all(outcome(function, lab, seed, number).agrees(own) for number, own in enumerate(observed))
    except (RuntimeError, IndexError, TypeError, ValueError):  # two mistakes may not go together
        return False


def _smallest_difference(lab: Lab, observed: Sequence[Outcome], wanted: Sequence[Outcome], seed: int) -> Report:
    number = next(i for i, own in enumerate(observed) if not own.agrees(wanted[i]))
    own, right, arguments = observed[number], wanted[number], arguments_of(lab, seed, number)
    inputs = {name: _plain(value) for name, value in arguments.items() if not callable(value)}
    if own.kind:
        kind = {"none": "returns-nothing", "count": "wrong-count", "size": "too-many-results"}.get(
            own.kind, "wrong-type"
        )
        counts = {"count": len(own.values), "number": len(lab.outputs)}
        return {"kind": kind, "values": {"type": own.kind, "wanted": ", ".join(lab.outputs)} | counts}
    pairs = zip(lab.outputs, own.values, right.values, strict=True)
    different = [pair for pair in pairs if not close(*pair[1:])]
    if not different:
        return _other_difference(own, right, list(trials_of(lab).DIFFERENTIABLE))
    output, given, value = different[0]
    example = {"inputs": inputs, "output": output, "own": _plain(given), "wanted": _plain(value)}
    values = {"output": output, "inputs": _shown(inputs)}
    if given.shape != value.shape:
        shapes = {"own": str(list(given.shape)), "wanted": str(list(value.shape))}
        return {"kind": "wrong-shape", "values": values | shapes, "example": example}
    if not torch.isfinite(given).all():
        return {"kind": "not-finite", "values": values | _place(~torch.isfinite(given), given, value)}
    return {"kind": "differs", "values": values | _place(_apart(given, value), given, value), "example": example}


def _other_difference(own: Outcome, right: Outcome, names: list[str]) -> Report:
    """Return what is to be said where all values are right."""
    if own.changed:
        return {"kind": "changes-argument", "values": {"output": own.changed[0]}}
    if not own.gradients:
        return {"kind": "unreadable"}
    number = next(i for i, pair in enumerate(zip(own.gradients, right.gradients, strict=True)) if not close(*pair))
    given, value = own.gradients[number], right.gradients[number]
    slightly = bool((given - value).abs().max() <= SLIGHT * value.abs().max())
    return {
        "kind": "gradient-slightly-off" if slightly else "gradient-differs",
        "values": {"output": names[number]} | _place(_apart(given, value), given, value),
    }


def _apart(given: Tensor, value: Tensor) -> Tensor:
    difference = (given - value).abs()
    return difference == difference.max()


def _place(where: Tensor, given: Tensor, value: Tensor) -> dict[str, str]:
    """Return the first place of a mask, and both numbers there, in words."""
    place = tuple(where.nonzero()[0].tolist())
    own, wanted = (f"{tensor[place].item():.{DIGITS}g}" for tensor in (given, value))
    return {"place": str(list(place)), "own": own, "wanted": wanted}


def _plain(value: Any) -> Any:
    if isinstance(value, Tensor):
        return _rounded(value.detach().tolist())
    return _rounded(value)


def _rounded(value: Any) -> Any:
    if isinstance(value, list):
        return [_rounded(part) for part in value]
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None  # as JSON has it
    return value


def _shown(inputs: dict[str, Any]) -> str:
    text = ", ".join(f"{name} = {value}" for name, value in inputs.items())
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} …"

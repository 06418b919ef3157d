"""What every method keeps to, tried on small inputs: which part of it a learner's method breaks."""

import math
from contextlib import redirect_stdout
from dataclasses import FrozenInstanceError, fields
from io import StringIO
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from core.events import DivergedError, Event, OuterStep, Snapshot
from core.events.evaluations import Evaluation
from core.labs.own_method.work import Names, as_method
from core.labs.seam import parts_of, shaped
from core.options import ConfigError
from core.seeding import generator
from core.tasks import sinusoid
from core.tasks.config import Sinusoid
from core.tasks.sinusoid import SinusoidBatch
from core.training.problem import Problem, sinusoid_problem

SMALL = {"iterations": 4, "meta_batch": 2, "report_every": 2, "snapshot_every": 0, "test_tasks": 4, "test_steps": 2}
LEARNING = {"iterations": 30, "meta_batch": 10, "report_every": 30}  # of a training that is long enough to get worse
WATCHED, WORSE = 50, 1.1  # the tasks on which that is seen, and how many times larger their loss is then
NEAR = 0.5  # as near to theta, seen from 0, no step leads that is not theta itself
MOST_EVENTS = 60  # of a small training: one that yields more has other ideas about its length
TRIES, MOST_UPHILL = 5, 4
TINY = 1e-3  # a step so short that the loss must follow the gradient
CLOSE = 1e-3  # relative difference that the order of sums may make


def broken(names: Names) -> str:
    """Return the name of the first part of the contract that does not hold; "" if all hold. Raises what it raises."""
    method = as_method(names)
    if name := _broken_settings(method.Settings):
        return name
    settings = method.Settings().updated(**SMALL)
    try:
        parts = (_adapt, _outer_step, _uphill, _training, _score, _learning)
        return next((name for part in parts if (name := part(method, settings))), "")
    except _BrokenError as error:
        return error.name
    except DivergedError:
        return "ends-worse"


class _BrokenError(Exception):
    """A part of the contract does not hold. name: that of the mistake."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def _broken_settings(kind: type[Any]) -> str:
    declared = vars(kind).get("__annotations__", {})
    if not set(declared) <= {field.name for field in fields(kind)}:
        return "settings-without-dataclass"
    made = kind()
    try:
        made.seed = 1
    except FrozenInstanceError:
        return ""
    return "settings-not-frozen"


def _with(settings: Any, **changes: Any) -> Any:
    """Return settings with changes; None where the method's own ranges do not allow them."""
    try:
        return settings.updated(**changes)
    except ConfigError:
        return None


def _drawn(number: int) -> tuple[Problem, Tensor, SinusoidBatch]:
    """Return a problem, a theta and a batch of a trial."""
    problem = sinusoid_problem()
    return (
        problem,
        problem.model.init(generator(number, "contract")),
        sinusoid.draw(Sinusoid(), 3, generator(number, "contract", 1)),
    )


def _outer_step(method: Any, settings: Any) -> str:
    problem, theta, batch = _drawn(0)
    given = theta.clone()
    losses, step = parts_of(method.outer_step(problem, given, batch, settings), "losses", "step")
    if not torch.equal(given, theta):
        return "changes-theta"
    if isinstance(step, Tensor) and step.shape == (batch.tasks, len(theta)):
        return "row-for-each-task"
    shaped(step, theta, "step")
    shaped(losses, (batch.tasks,), "losses")
    if (step - theta).norm() < NEAR * theta.norm():
        return "returns-theta"
    twice = SinusoidBatch(*(torch.cat([getattr(batch, field.name)] * 2) for field in fields(batch)))
    _, again = method.outer_step(problem, theta.clone(), twice, settings)
    if step.any() and _differ(again, step) and not _differ(again, 2 * step):
        return "sum-for-mean"
    return ""


def _uphill(method: Any, settings: Any) -> str:
    """Try short steps of theta after inner steps that are shorter still: there every method goes down the loss."""
    uphill, short = 0, _with(settings, inner_rate=TINY, inner_steps=1)
    for number in range(TRIES if short else 0):
        problem, theta, batch = _drawn(number)
        _, step = method.outer_step(problem, theta.clone(), batch, short)
        x, y = (torch.cat(points, 1) for points in ((batch.support_x, batch.query_x), (batch.support_y, batch.query_y)))
        moved = theta + step.detach() * (TINY * theta.norm() / step.norm().clamp_min(1e-12))
        before, after = (problem.loss(at.expand(batch.tasks, -1), x, y).mean() for at in (theta, moved))
        uphill += bool(after > before)
    return "uphill" if uphill >= MOST_UPHILL else ""


def _adapt(method: Any, settings: Any) -> str:
    problem, theta, batch = _drawn(0)
    tasks, x, y = batch.tasks, batch.support_x, batch.support_y

    def adapted(steps: int, y: Tensor = y, settings: Any = settings) -> Tensor:
        copies = theta.repeat(tasks, 1)
        phi = method.adapt(problem, copies, x, y, settings, steps)
        if not torch.equal(copies, theta.expand(tasks, -1)):
            raise _BrokenError("changes-theta")
        if phi is None:
            raise _BrokenError("adapt-returns-nothing")
        return shaped(phi, copies, "phi").detach()

    none, once, thrice = adapted(0), adapted(1), adapted(3)
    if not torch.allclose(once, adapted(1), 0, 0, equal_nan=True):
        return "adapts-by-chance"
    others = torch.cat([y[:1], y[1:] + 1])
    mixed = _differ(adapted(2)[0], adapted(2, others)[0])
    short = adapted(1, settings=_with(settings, inner_rate=TINY) or settings)
    moves = _differ(once, theta.expand(tasks, -1))
    if _differ(none, theta.expand(tasks, -1)) or (moves and not _differ(once, thrice)):
        return "adapts-by-other-steps"
    if mixed:
        return "mixes-tasks"
    before, after = (problem.loss(phi, x, y) for phi in (none, short))
    return "adapts-uphill" if moves and bool((after > before).all()) else ""


def _training(method: Any, settings: Any) -> str:
    events = _events(method.train(settings))
    snapshots = [event for event in events if isinstance(event, Snapshot)]
    reached = max((event.iteration for event in events if isinstance(event, OuterStep | Snapshot)), default=0)
    ends = snapshots and snapshots[-1].iteration == settings.iterations and not snapshots[0].iteration
    faults = {
        "yields-nothing": not events,
        "ignores-iterations": reached != settings.iterations,
        "ends-without-snapshot": not ends,
        "ends-without-score": not events or not isinstance(events[-1], Evaluation),
    }
    fault = next((name for name, is_so in faults.items() if is_so), "")
    return fault or _again(method, settings, snapshots[0], snapshots[-1])


def _again(method: Any, settings: Any, first: Snapshot, last: Snapshot) -> str:
    """Return what is wrong with a training from `first` to `last`, seen from others with the same settings."""
    if (first.theta == last.theta).all():
        problem, theta, batch = _drawn(0)
        return "stands-still" if method.outer_step(problem, theta, batch, settings)[1].any() else "step-of-zeros"
    if (_snapshots(method.train(settings))[-1].theta != last.theta).any():
        return "not-reproducible"
    half = _snapshots(method.train(settings.updated(iterations=settings.iterations // 2)))[-1]
    rest = _snapshots(method.train(settings, half))
    goes_on = rest[0].iteration == half.iteration and (rest[-1].theta == last.theta).all()
    return "" if goes_on else "ignores-resume"


def _events(run: Any) -> list[Event]:
    return [event for event in islice(run or (), MOST_EVENTS) if isinstance(event, Event)]


def _snapshots(run: Any) -> list[Snapshot]:
    return [event for event in _events(run) if isinstance(event, Snapshot)]


def _score(method: Any, settings: Any) -> str:
    _, theta, _ = _drawn(0)
    scores = [method.evaluate(theta.clone(), settings.updated(seed=seed), 0) for seed in (0, 1)]
    if not all(isinstance(score, Evaluation) for score in scores):
        return "ends-without-score"
    first, second = (score.loss_by_step for score in scores)
    return "scores-training-tasks" if len(first) != len(second) or (first != second).any() else ""


def _learning(method: Any, settings: Any) -> str:
    """Try a training with the file's own settings: it need not learn in so short a time, but no method gets worse both
    before and after inner steps. Raises DivergedError.
    """
    with redirect_stdout(StringIO()):  # what the file prints is known by now, and this would be a lot of it
        ends = _snapshots(method.train(settings.updated(**LEARNING)))
    problem, _, _ = _drawn(0)
    batch = sinusoid.draw(Sinusoid(), WATCHED, generator(0, "contract", 2))

    def losses(at: Snapshot) -> list[float]:
        copies = torch.from_numpy(at.theta).repeat(batch.tasks, 1)
        phi = method.adapt(problem, copies, batch.support_x, batch.support_y, settings, settings.inner_steps).detach()
        return [problem.loss(each, batch.query_x, batch.query_y).mean().item() for each in (copies, phi)]

    pairs = zip(losses(ends[0]), losses(ends[-1]), strict=True)
    return "ends-worse" if all(not after <= WORSE * before for before, after in pairs) else ""


def _differ(some: Tensor, other: Tensor) -> bool:
    """Return whether two tensors are not the same but for rounding."""
    apart, size = (some - other).norm().item(), max(some.norm().item(), other.norm().item())
    return not math.isfinite(apart) or apart > CLOSE * max(size, TINY)

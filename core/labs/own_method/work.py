"""What a learner's method is asked to do, in the process of a try: to train, to be scored, to play, to walk the plane.

What comes of it is sent as parts that JSON can hold; `core.labs.methods` makes events of them again.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import asdict
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.demos import compare, plane
from core.demos.questions import CompareMethods, Plane
from core.events import DivergedError, OuterStep, Snapshot
from core.events.evaluations import Scored
from core.labs.own_method.names import METHOD, LacksError, Names
from core.labs.seam import parts_of, shaped
from core.options import ConfigError, options
from core.registry import TASKS
from core.training.config import AdaptationConfig
from core.training.problem import plane_problem
from core.training.solver import adapting
from core.words import Words

Say = Callable[..., None]  # sends a line with these parts


def as_method(names: Names) -> Any:
    """Return what a file defines, by attribute. Raises LacksError where a part of a method is missing."""
    for name, kind in METHOD.items():
        value = names.get(name)
        fits = isinstance(value, type) and issubclass(value, AdaptationConfig) if kind == "class" else callable(value)
        if not fits:
            raise LacksError(name)
    return SimpleNamespace(**{name: names[name] for name in METHOD})


def describe(names: Names, wish: Mapping[str, Any], say: Say) -> None:
    """Say all settings and their values, as a command wishes them."""
    say(part=_settings(as_method(names), wish).flat())


def train(names: Names, wish: Mapping[str, Any], say: Say) -> None:
    """Say every report, snapshot and score of a training."""
    method = as_method(names)
    settings = _settings(method, wish)
    torch.manual_seed(settings.seed)
    try:
        for event in method.train(settings, _snapshot(wish["resume"]) if wish["resume"] else None):
            if (part := _packed(event)) is not None:
                say(part=part)
    except DivergedError as error:
        if error.last:
            say(part=_packed(error.last))
        raise


def score(names: Names, wish: Mapping[str, Any], say: Say) -> None:
    """Say the score of a run."""
    method = as_method(names)
    at = _snapshot(wish["resume"])
    say(part=_packed(method.evaluate(torch.from_numpy(at.theta), _settings(method, wish), at.iteration)))


def contest(names: Names, wish: Mapping[str, Any], say: Say) -> None:
    """Say how a run does on the tasks on which all methods are compared."""
    method, at = as_method(names), _snapshot(wish["resume"])
    settings, theta = _settings(method, wish), torch.from_numpy(at.theta)
    solver = adapting(settings, theta, settings.test_steps, method.adapt)
    for event in compare.played(CompareMethods(**wish["question"]), {"": lambda: (solver, len(theta))}):
        say(part=asdict(event) | {"latest": event.latest.tolist()})


def on_plane(names: Names, wish: Mapping[str, Any], say: Say) -> None:
    """Say the inner paths, the steps that tasks propose and the walk on the model of two parameters."""
    method, question = as_method(names), Plane(**wish["question"])
    settings = _settings(method, wish).updated(inner_rate=question.inner_rate, inner_steps=question.inner_steps)
    problem, batch = plane_problem(), plane.batch_of(question)
    theta = torch.tensor([question.amplitude, question.phase])

    def adapted(start: Tensor, steps: int) -> Tensor:
        copies = start.repeat(batch.tasks, 1)
        phi = method.adapt(problem, copies, batch.support_x, batch.support_y, settings, steps)
        return shaped(phi, copies, "phi").detach()

    def step(start: Tensor, tasks: slice = slice(None)) -> Tensor:
        parts = parts_of(method.outer_step(problem, start.clone(), batch.part(tasks), settings), "losses", "step")
        return shaped(parts[1], start, "step").detach()

    places = [theta]
    for _ in range(question.outer_steps):
        place = places[-1] + step(places[-1])
        if not place.isfinite().all():
            break
        places.append(place)
    ends = [adapted(place, settings.inner_steps) for place in places]
    losses = [
        [problem.loss(phi.expand(batch.tasks, -1), batch.query_x, batch.query_y).mean().item() for phi in phis]
        for phis in (places, ends)
    ]
    say(
        part={
            "path": [adapted(theta, steps).tolist() for steps in range(question.inner_steps + 1)],
            "contributions": [step(theta, slice(i, i + 1)).tolist() for i in range(batch.tasks)],
            "places": torch.stack(places).tolist(),
            "before": losses[0],
            "after": losses[1],
        }
    )


DO: Mapping[str, Callable[[Names, Mapping[str, Any], Say], None]] = {
    "describe": describe, "run": train, "score": score, "contest": contest, "plane": on_plane
}  # fmt: skip


def _settings(method: Any, wish: Mapping[str, Any]) -> Any:
    """Return a method's settings on a task, with the wished values. Raises ConfigError."""
    task, _ = TASKS[wish["task"]]
    settings = method.Settings(task=task).updated(**wish["values"])
    known = sorted(option.name for option in options(settings))
    for name in (settings.present_name(text.partition("=")[0].strip()) for text in wish["own"] if "=" in text):
        if name not in known:
            text = "unknown field {name!r}: of a file, --set sees what is made with option(...): {allowed}"
            raise ConfigError(Words(text, name=name[:60], allowed=", ".join(known)))
    return settings.with_text(wish["own"])


def _packed(event: Any) -> dict[str, Any] | None:
    """Return an event as JSON can hold it; None if nobody asks for events of its kind."""
    match event:
        case OuterStep():
            return {"step": [event.iteration, event.before, event.after, event.accuracy_before, event.accuracy_after]}
        case Snapshot():
            arrays = {name: [_text(value), list(value.shape)] for name, value in event.optimizer.items()}
            return {"snapshot": [event.iteration, _text(event.theta), arrays]}
        case _ if isinstance(event, Scored):
            return {"score": {n: v.tolist() if isinstance(v, np.ndarray) else v for n, v in vars(event).items()}}
    return None


def _text(array: np.ndarray) -> str:
    return b64encode(array.astype("<f4").tobytes()).decode()


def _snapshot(said: Any) -> Snapshot:
    iteration, theta, arrays = said
    return Snapshot(iteration, _array(theta), {name: _array(*packed) for name, packed in arrays.items()})


def _array(text: str, shape: list[int] | None = None) -> np.ndarray:
    flat = np.frombuffer(b64decode(text), "<f4").astype(np.float32)
    return flat if shape is None else flat.reshape(shape)

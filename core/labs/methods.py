"""A learner's method as the program sees it: settings, events, scores, from a process of labs. Free of torch.

All that comes back is data from outside: it is made into events here, or it ends in words.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from core.demos.questions import CompareMethods, Plane
from core.events import Arrows, DivergedError, Event, MethodScore, OuterStep, Snapshot, Walk
from core.events.evaluations import Scored
from core.labs.catalog import WHOLE
from core.labs.own_method.beside import CONFIG as BESIDE
from core.labs.verdict import SENTENCES, Ended, Point
from core.labs.workbench import Workbench, never
from core.methods.written import BETWEEN, WrittenConfig
from core.options import LONGEST_TEXT, ConfigError
from core.registry import WRITTEN, config_for, task_name
from core.storage.checkpoints import Checkpoint, from_events
from core.storage.schema import SchemaError, evaluation_of
from core.storage.sources import name_of
from core.words import Words

SHORT, LONG = 10.0, 120.0  # seconds of a question, and of a contest
LONGEST = 30 * 24 * 3600.0  # of a training
LAB = {  # its training, as long as MAML's
    **{name: getattr(BESIDE, name) for name in ("iterations", "meta_batch", "report_every")},
    "snapshot_every": 20, "test_tasks": 200,
}  # fmt: skip
MOST_WALKED = 31
UNREADABLE = Words("What came back cannot be read.")


class MethodError(ValueError):
    """A learner's method could not do what it was asked for; the text is a line of plain words. ended: how it ended."""

    def __init__(self, said: Words, ended: Ended | None = None) -> None:
        super().__init__(said)
        self.ended = ended


def described(bench: Workbench, source: str, task: str, values: Mapping[str, Any], assignments: list[str]) -> Any:
    """Return the settings of a file on a task, with values and `field=value` texts applied, as a `WrittenConfig`.

    Raises MethodError, ConfigError.
    """
    base = config_for(WRITTEN.name, task)
    task_changes = dict(WRITTEN.tasks[type(base.task)]) | dict(values)
    wish = {"task": task, "values": task_changes, "own": assignments}
    (flat,) = _parts(bench, "describe", source, wish, SHORT)
    return config_of(source, task, flat)


def config_of(source: str, task: str, flat: Any) -> WrittenConfig:
    """Return what a file says of its settings as a config of ours. Raises MethodError, ConfigError."""
    if not isinstance(flat, dict) or not all(isinstance(value, bool | int | float | str) for value in flat.values()):
        raise MethodError(UNREADABLE)
    base = config_for(WRITTEN.name, task)
    known = {name: flat[name] for name in base.flat() if name in flat and name not in ("code", "own")}
    own = BETWEEN.join(f"{name}={value}" for name, value in flat.items() if name not in base.flat())
    if len(own) > LONGEST_TEXT or any(BETWEEN in str(value) for value in flat.values()):
        raise MethodError(Words("the file has more settings of its own than can be stored with a run"))
    config = base.updated(**known, code=name_of(source), own=own)
    assert isinstance(config, WrittenConfig)
    return config


def events(
    bench: Workbench, source: str, config: WrittenConfig, resume: Snapshot | None = None, seconds: float = LONGEST,
    given_up: Callable[[], bool] = never
) -> Iterator[Event]:  # fmt: skip
    """Train with a file; yield its reports, snapshots and its score. Raises MethodError, DivergedError."""
    last: Snapshot | None = None
    try:
        for part in _parts(bench, "run", source, _wish(config, resume), seconds, given_up):
            event = _event(part, config)
            last = event if isinstance(event, Snapshot) else last
            yield event
    except _DivergedError as error:
        raise DivergedError(error.iteration, config.advice, last) from None


def score(bench: Workbench, source: str, run: Checkpoint) -> Scored:
    """Return the score of a run of a file. Raises MethodError."""
    (part,) = _parts(bench, "score", source, _wish(run.config, run.snapshot), LONGEST)
    event = _event(part, run.config)
    if not isinstance(event, Scored):
        raise MethodError(UNREADABLE)
    return event


def contest(
    bench: Workbench, source: str, run: Checkpoint, question: CompareMethods, given_up: Callable[[], bool] = never
) -> Iterator[MethodScore]:
    """Yield how a run of a file does on the tasks on which all methods are compared. Raises MethodError, also where
    `given_up`, which is asked meanwhile, says that nobody waits for it any more.
    """
    wish = _wish(run.config, run.snapshot) | {"question": question.flat()}
    for part in _parts(bench, "contest", source, wish, LONG, given_up):
        try:
            numbers = [float(part[name]) for name in ("score", "half", "milliseconds")]
            counts = [int(part[name]) for name in ("tasks", "passes", "parameters", "memory")]
            latest = np.array(part["latest"], dtype=np.float32)
            if latest.ndim != 1 or not 0 < len(latest) <= question.tasks:
                raise ValueError
        except (TypeError, ValueError, KeyError, OverflowError):
            raise MethodError(UNREADABLE) from None
        (score, half, milliseconds), (tasks, passes, parameters, memory) = numbers, counts
        yield MethodScore(WRITTEN.name, score, half, tasks, milliseconds, passes, parameters, memory, latest)


def on_plane(bench: Workbench, source: str, run: Checkpoint, question: Plane) -> tuple[Arrows, Walk]:
    """Return the arrows and the walk of a file on the plane of two parameters. Raises MethodError."""
    asked = {name: getattr(question, name) for name in ("amplitudes", "phases")} | question.flat()
    (part,) = _parts(bench, "plane", source, _wish(run.config, None) | {"question": asked}, SHORT)
    tasks, steps = len(question.phases), question.inner_steps
    try:
        path, contributions, places = (
            np.array(part[name], dtype=np.float32) for name in ("path", "contributions", "places")
        )
        before, after = (np.array(part[name], dtype=np.float32) for name in ("before", "after"))
    except (TypeError, ValueError, KeyError):
        raise MethodError(UNREADABLE) from None
    walked = len(places)
    shapes = [(steps + 1, tasks, 2), (tasks, 2), (walked, 2), (walked,), (walked,)]
    if [each.shape for each in (path, contributions, places, before, after)] != shapes or not 0 < walked <= MOST_WALKED:
        raise MethodError(UNREADABLE)
    return Arrows(WRITTEN.name, path, contributions), Walk(WRITTEN.name, places, before, after)


def trained(bench: Workbench, source: str, given_up: Callable[[], bool] = never) -> Iterator[Point | Ended]:
    """Train a file as its lab does; yield the points of its curve beside MAML's, and how it ended, with the run."""
    reference: dict[int, float] = {}
    happened: list[Event] = []
    try:
        config = described(bench, source, "sinusoid", LAB, [])
        (curve,) = _parts(bench, "reference", "", {}, LONG, given_up)
        reference = {int(at): float(loss) for at, loss in curve}
        for event in events(bench, source, config, seconds=90.0, given_up=given_up):
            happened.append(event)
            if isinstance(event, OuterStep):
                own, before = (value if np.isfinite(value) else None for value in (event.after, event.before))
                yield Point(event.iteration, own, reference.get(event.iteration), before)
        said, run = Words("It has trained to the end."), from_events(config, happened)
        yield Ended(WHOLE.name, True, said, run=run)
    except DivergedError as error:
        said = Words(SENTENCES["method-diverged"], iteration=error.iteration)
        yield Ended(WHOLE.name, False, said, "diverged")
    except MethodError as error:
        yield error.ended or Ended(WHOLE.name, False, error.args[0], "refused")
    except ConfigError as error:
        yield Ended(WHOLE.name, False, error.args[0], "refused")


def measured(run: Checkpoint) -> Words:
    """Say after how many inner steps, and with which settings, the two losses of `trained` are measured."""
    text = (
        "The loss is measured on unseen tasks after the inner steps: {own} of your method, with the file's own "
        "settings, and {steps} of MAML, with an inner rate of {inner:g} and an outer rate of {outer:g}. Both train on "
        "{batch} tasks an update."
    )
    return Words(
        text, own=run.config.flat()["inner_steps"], steps=BESIDE.inner_steps, inner=BESIDE.inner_rate,
        outer=BESIDE.outer_rate, batch=BESIDE.meta_batch,
    )  # fmt: skip


class _DivergedError(Exception):
    def __init__(self, iteration: int) -> None:
        super().__init__(iteration)
        self.iteration = iteration


def _parts(
    bench: Workbench, do: str, source: str, wish: Mapping[str, Any], seconds: float,
    given_up: Callable[[], bool] = never
) -> Iterator[Any]:  # fmt: skip
    """Yield what a file says. Raises MethodError, which knows how it ended, and _DivergedError."""
    for part in bench.relayed(do, WHOLE, source, wish, seconds, given_up):
        if not isinstance(part, Ended):
            yield part
        elif part.mistake == "diverged":
            raise _DivergedError(int(part.said.values.get("iteration", 0)))
        elif not part.finished:
            raise MethodError(part.said, part)


def _wish(config: Any, at: Snapshot | None) -> dict[str, Any]:
    """Return a run's settings, and where it is, as JSON can hold them."""
    values = {name: value for name, value in config.flat().items() if name not in ("code", "own")}
    resume = None
    if at:
        arrays = {name: [_text(value), list(value.shape)] for name, value in at.optimizer.items()}
        resume = [at.iteration, _text(at.theta), arrays]
    own = config.own.split(BETWEEN) if config.own else []
    return {"task": task_name(config), "values": values, "own": own, "resume": resume}


def _event(part: Any, config: Any) -> Event:
    """Return the event that a file says. Raises MethodError."""
    try:
        match part:
            case {"step": [iteration, before, after, *accuracies]}:
                shares = [None if share is None else float(share) for share in accuracies]
                return OuterStep(int(iteration), float(before), float(after), *shares[:2])
            case {"snapshot": [iteration, theta, arrays]}:
                state = {str(name)[:40]: _array(*value) for name, value in arrays.items()}
                snapshot = Snapshot(int(iteration), _array(theta), state)
                config.check_fits(snapshot.theta)
                return snapshot
            case {"score": values}:
                return evaluation_of(config, values)
    except (ConfigError, SchemaError, TypeError, ValueError, AttributeError, OverflowError):
        pass
    raise MethodError(UNREADABLE)


def _text(array: np.ndarray) -> str:
    return b64encode(array.astype("<f4").tobytes()).decode()


def _array(text: str, shape: list[int] | None = None) -> np.ndarray:
    flat = np.frombuffer(b64decode(text), "<f4").astype(np.float32)
    return flat if shape is None else flat.reshape(shape)

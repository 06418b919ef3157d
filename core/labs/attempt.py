"""A learner's file at work, in a process of its own: what it does is sent as lines of JSON, and judged elsewhere."""

import ast
import json
import warnings
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from importlib import import_module
from types import TracebackType
from typing import Any

from core.events import DivergedError, OuterStep
from core.labs.catalog import LABS
from core.labs.guard import ForbiddenError, OverdueError
from core.labs.lab import Lab, definition
from core.labs.outcomes import outcomes
from core.labs.own_method.names import LacksError
from core.labs.seam import NotForTheTrainerError, course, put_in, seam_of
from core.options import ConfigError

FILE = "<your file>"
NOT_FROZEN = "cannot inherit non-frozen dataclass"  # as Python says it
LONGEST = 300  # characters of an error's text
Send = Callable[[bytes], None]


@dataclass(frozen=True)
class Job:
    """What to do with a learner's file: "check" it, "train" with it, or train the "reference" in its place; with a
    whole method also what `core.labs.own_method.work` can do, as the `wish` says, for at most so many `seconds`.
    """

    do: str
    lab: str
    source: str
    seed: int = 0
    wish: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)


def run(job: Job, send: Send) -> None:
    """Send an outcome for each trial, or a point of the curve for each report, and "end" or "error" last."""
    lab = LABS[job.lab]

    def check(function: Callable[..., Any]) -> None:
        for outcome in outcomes(function, lab, job.seed):
            say(send, outcome=outcome.to_json())
        say(send, end=True)

    def points() -> None:
        try:
            for event in course(seam_of(lab).config):
                if isinstance(event, OuterStep):
                    say(send, point=[event.iteration, event.before, event.after])
                else:
                    say(send, theta=b64encode(event.theta.astype("<f4").tobytes()).decode())
            say(send, end=True)
        except DivergedError as error:
            say(send, error="diverged", values={"iteration": error.iteration})

    def train(function: Callable[..., Any]) -> None:
        with put_in(seam_of(lab), function):
            points()

    if job.do == "reference":
        points()
    elif lab.whole:
        with_names(job.source, lab, send, lambda names: _whole(job, lab, names, send))
    else:
        with_function(job.source, lab, send, train if job.do == "train" else check)


def _whole(job: Job, lab: Lab, names: dict[str, Any], send: Send) -> None:
    """Send what a whole method does: whether it keeps to its contract, or what it is asked for."""
    if job.do == "check":
        say(send, broken=import_module(f"{lab.module}.contract").broken(names))
    else:
        import_module(f"{lab.module}.work").DO[job.do](names, job.wish, partial(say, send))
    say(send, end=True)


def with_function(source: str, lab: Lab, send: Send, use: Callable[[Callable[..., Any]], None]) -> None:
    """Run the learner's file and use its function; send an "error" instead of raising one."""

    def call(names: dict[str, Any]) -> None:
        function = names.get(lab.function)
        if callable(function):
            use(function)
        else:
            say(send, error="no-function", values={"function": lab.function})

    with_names(source, lab, send, call)


def with_names(source: str, lab: Lab, send: Send, use: Callable[[dict[str, Any]], None]) -> None:
    """Run the learner's file and use what it defines; send an "error" instead of raising one."""
    warnings.simplefilter("ignore")
    names: dict[str, Any] = {"__name__": "lab"}
    try:
        exec(compile(source, FILE, "exec"), names)
        use(names)
    except SyntaxError as error:
        say(send, error="not-python", values={"line": error.lineno or 1, "message": cut(error.msg)})
    except BaseException as error:
        say(send, **_error(error, source, lab))


def say(send: Send, **parts: Any) -> None:
    """Send a line."""
    send(json.dumps(parts).encode())


def cut(text: object) -> str:
    """Return the text on one line, not too long."""
    return " ".join(str(text).split())[:LONGEST]


def _error(error: BaseException, source: str, lab: Lab) -> dict[str, Any]:
    line, message = _line(error.__traceback__), _message(error)
    values: dict[str, Any] = {"line": line}
    match error:
        case OverdueError():
            kind = "endless-at" if line else "endless"
        case _ if refusal := _refusal(error):
            kind, values = "forbidden", {"line": line, "what": cut(refusal)}
        case LacksError():
            kind, values = "lacks", {"name": str(error)[:60]}
        case ConfigError():
            kind, values = "refused", {"message": message}
        case DivergedError():
            kind, values = "diverged", {"iteration": error.iteration}
        case TypeError() if NOT_FROZEN in message and lab.whole:
            kind, values = "settings-not-frozen", {}
        case NotForTheTrainerError():
            kind, values = "not-for-the-trainer", {name: cut(value) for name, value in error.values.items()}
        case SystemExit():
            kind = "ended-itself"
        case NotImplementedError() if _is_skeleton(source, lab):
            kind = "not-written-yet"
        case _ if isinstance(error, MemoryError) or "allocate memory" in message:
            kind = "too-much-memory"
        case _:
            kind = "raises" if line else "raises-elsewhere"
            values |= {"error": type(error).__name__[:60], "message": message}
    return {"error": kind, "values": values}


def _refusal(error: BaseException | None) -> str:
    """Return what an error owes to the guard; "" if nothing. Libraries put errors of their own around it."""
    seen = 0
    while error and seen < 100:
        if isinstance(error, ForbiddenError):
            return str(error)
        error, seen = error.__cause__ or error.__context__, seen + 1
    return ""


def _message(error: BaseException) -> str:
    try:
        return cut(error)
    except BaseException:  # a learner's own exception may do anything
        return ""


def _is_skeleton(source: str, lab: Lab) -> bool:
    try:
        return isinstance(definition(ast.parse(source), lab.function).body[-1], ast.Raise)
    except LookupError:
        return False


def _line(traceback: TracebackType | None) -> int:
    """Return the last line of the learner's file that a traceback goes through; 0 if none."""
    line = 0
    while traceback:
        if traceback.tb_frame.f_code.co_filename == FILE:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line

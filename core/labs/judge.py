"""The judge: a process that has PyTorch loaded, runs each try in a process of its own, and says what is wrong.

It reads a request a line, `{"do": "check", "lab": ..., "source": ..., "seed": 0}`, and answers with lines, the last
of which holds "end". Started by `core.labs.workbench`. What a try sends is data that is looked at here: the reference's
outcomes and the comparison are out of its reach.
"""

import json
import math
import os
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from functools import cache
from importlib import import_module
from itertools import islice
from typing import Any

import torch

from core.labs import attempt
from core.labs.attempt import Job
from core.labs.budget import Budget, Ending
from core.labs.catalog import LABS
from core.labs.judging import Report, expected, judged, twins
from core.labs.outcomes import Outcome, UnreadableError, from_json
from core.labs.seam import course, seam_of
from core.registry import TASKS, method_of, task_name
from core.tasks import families
from core.tasks.config import Episodes
from core.tasks.download import DataError

FORKS = sys.platform == "linux"
# where nothing can be forked, each try imports PyTorch by itself, which takes seconds
CHECK = Budget(cpu=2, seconds=1.6, megabytes=1000) if FORKS else Budget(cpu=20, seconds=30, megabytes=4000)
TRAIN = Budget(cpu=90, seconds=90, megabytes=2000 if FORKS else 6000)
MOST_RELAYED = 2**30  # bytes of what a whole method says: the snapshots of a long training
REQUESTS, ANSWERS = 0, 1
LATE = ("func", "vmap", "optim")  # names in a file for which PyTorch imports its compiler: some seconds, once
CURVES: dict[str, dict[int, float]] = {}  # of the references, by lab
ENDED = {"seconds": "endless", "prints": "too-much-output", "results": "too-many-results", "stopped": "stopped"}
KINDS = {  # of errors that a try may report, with the values that each has
    "no-function": (), "not-python": ("line", "message"), "not-written-yet": (), "ended-itself": (),
    "raises": ("line", "error", "message"), "raises-elsewhere": ("error", "message"), "endless": (),
    "endless-at": ("line",), "diverged": ("iteration",), "not-for-the-trainer": ("output", "wanted", "own"),
    "too-much-memory": (), "forbidden": ("line", "what"), "lacks": ("name",), "refused": ("message",),
    "settings-not-frozen": (),
}  # fmt: skip


def main() -> None:
    """Answer requests until nobody asks any more."""
    torch.set_num_threads(1)
    if FORKS:
        from core.labs import confined

        confined.adopt()
    answer({"end": True})  # ready
    for request in requests():
        if request["do"] != "stop":  # one that comes after the end stops nothing
            job = Job(**request)
            if any(name in job.source for name in LATE):
                import_late()
            if LABS[job.lab].whole:
                import_module(f"{LABS[job.lab].module}.contract")  # with all that it imports, for every try
            answer({**DO.get(job.do, relay)(job), "end": True})


def lines(job: Job, budget: Budget) -> Generator[bytes | Ending, None, None]:
    """Do a job in a process of its own; yield what it sends, and last how it ended."""
    if FORKS:
        from core.labs import confined

        return confined.lines(job, budget, REQUESTS)
    from core.labs import spawned

    return spawned.lines(job, budget)


@cache
def import_late() -> None:
    """Let PyTorch import what it puts off, now and not in the time of a try."""
    torch.func.grad(torch.sum)(torch.zeros(1))


def requests() -> Iterator[dict[str, Any]]:
    """Yield each request. Unbuffered, so that the end of the input is seen while a try runs."""
    pending = b""
    while data := os.read(REQUESTS, 65536):
        *whole, pending = (pending + data).split(b"\n")
        for line in whole:
            if line.strip():
                yield json.loads(line)


def answer(parts: dict[str, Any]) -> None:
    """Send a line."""
    data = json.dumps(parts).encode() + b"\n"
    while data:
        data = data[os.write(ANSWERS, data) :]


def check(job: Job) -> Report:
    """Return what is to be said about a learner's file."""
    lab = LABS[job.lab]
    if lab.whole:
        return check_whole(job)
    expected(lab.name, job.seed)  # now, while no time of the learner's runs
    twins(lab.name, job.seed)
    observed: list[Outcome] = []
    report = followed(job, CHECK, {"outcome": lambda said: observed.append(from_json(said, lab))})
    if report["kind"] == "ended" and len(observed) != len(expected(lab.name, job.seed)):
        report = {"kind": "unreadable", "output": report["output"]}
    if report["kind"] == "ended":
        report = {**judged(lab, observed, job.seed), "output": report["output"]}
    return report


def train(job: Job) -> Report:
    """Train with a learner's file, an answer for each point of its curve; return how it ended."""
    report = reference_curve(job.lab)
    if report["kind"] != "ended":
        return report
    reference, thetas = CURVES[job.lab], list[str]()

    def show(said: Any) -> None:
        iteration, (before, own) = int(said[0]), map(finite, said[1:])
        answer({"iteration": iteration, "own": own, "reference": reference.get(iteration), "before": before})

    report = followed(job, TRAIN, {"point": show, "theta": lambda said: thetas.append(str(said))})
    if report["kind"] != "ended" or len(thetas) != 2:
        return report
    config = seam_of(LABS[job.lab]).config
    names = {"method": method_of(config).name, "task": task_name(config), "config": config.flat()}
    return {**report, "run": {**names, "start": thetas[0], "theta": thetas[1]}}


def finite(number: Any) -> float | None:
    """Return a number, and None in place of one that JSON cannot hold."""
    return float(number) if math.isfinite(number) else None


def reference_curve(name: str) -> Report:
    """Make sure of the curve of the same training with the functions of the core; return how it ended."""
    if name in CURVES:
        return {"kind": "ended"}
    list(islice(course(seam_of(LABS[name]).config), 2))  # reads and generates data, which every try then has
    points: dict[int, float] = {}
    takes = {"point": lambda said: points.update({said[0]: said[2]}), "theta": lambda _: None}
    report = followed(Job("reference", name, ""), TRAIN, takes)
    if report["kind"] == "ended":
        CURVES[name] = points
    return report


def check_whole(job: Job) -> Report:
    """Return what is to be said about a file that is a whole method."""
    names = {"", *(mistake.name for mistake in LABS[job.lab].mistakes)}
    broken: list[str] = []
    report = followed(job, CHECK, {"broken": broken.append})
    if report["kind"] != "ended":
        return report
    known = len(broken) == 1 and broken[0] in names
    return {**report, "kind": (broken[0] or "keeps-to-it") if known else "unreadable"}


def relay(job: Job) -> Report:
    """Let a whole method do what is asked for, and pass on what it says; return how it ended."""
    task = job.wish.get("task", "")
    if task in TASKS and isinstance(TASKS[task][0], Episodes):
        if not FORKS:
            return {"kind": "only-on-linux"}
        try:
            families.unseen(TASKS[task][0], "watched", 1, 1)  # reads and generates data, which a try may not do
        except DataError as error:
            return {"kind": "no-data", "values": {"what": str(error)}}
    budget = replace(TRAIN, cpu=int(job.seconds) + 1, seconds=job.seconds, results=MOST_RELAYED)
    return followed(job, budget, {"part": lambda said: answer({"part": said})})


def reference(job: Job) -> Report:
    """Say the curve of the reference; return how it ended."""
    report = reference_curve(job.lab)
    if report["kind"] == "ended":
        answer({"part": [*CURVES[job.lab].items()]})
    return report


def followed(job: Job, budget: Budget, takes: Mapping[str, Callable[[Any], None]]) -> Report:
    """Do a job, and take each part that it sends as its name says; return how it ended: of the kind "ended" if well."""
    report: Report | None = None
    with closing(lines(job, budget)) as said_and_ending:
        for line in said_and_ending:
            if isinstance(line, Ending):
                return {**(report or ending_report(line, budget)), "output": line.output}
            report = report or _taken(line, job, budget, takes)  # whatever comes after the end does not count
    raise AssertionError("a job ends")


def _taken(line: bytes, job: Job, budget: Budget, takes: Mapping[str, Callable[[Any], None]]) -> Report | None:
    """Take a line of a job; return how the job ended, if the line says so."""
    try:
        said = json.loads(line)
        if "error" in said:
            return error_report(said, job.source, budget)
        if "end" in said:
            return {"kind": "ended"}
        for name, part in said.items():
            takes[name](part)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError):
        return {"kind": "unreadable"}
    return None


def ending_report(ending: Ending, budget: Budget) -> Report:
    """Return what is to be said of a try that ended without a result."""
    if ending.reason:
        return {"kind": ENDED[ending.reason], "values": {"seconds": f"{budget.seconds:g}"}}
    return {"kind": "crashed" if ending.signal else "ended-itself", "values": {"signal": ending.signal}}


def error_report(said: dict[str, Any], source: str, budget: Budget) -> Report:
    """Return what is to be said of an error that a try reports. Raises UnreadableError."""
    kind, values = said["error"], said["values"]
    if kind not in KINDS:
        raise UnreadableError
    parts: dict[str, Any] = {name: str(values[name])[: attempt.LONGEST] for name in KINDS[kind]}
    if "line" in parts:
        lines = source.splitlines() or [""]
        parts["line"] = number = min(max(1, int(values["line"])), len(lines))
        parts["text"] = attempt.cut(lines[number - 1])
    seconds, function = f"{budget.seconds:g}", values.get("function", "") if kind == "no-function" else ""
    parts |= {"seconds": seconds, "megabytes": budget.megabytes, "function": str(function)[:60]}
    return {"kind": kind, "values": parts}


DO: Mapping[str, Callable[[Job], Report]] = {"check": check, "train": train, "reference": reference}

if __name__ == "__main__":
    main()

"""`python -m core lab list | start | hint | solution | check | train`: write an update rule, and have it checked."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from core.commands.failing import failed
from core.labs import methods
from core.labs.catalog import LABS, LONGEST, find_lab, lab_of
from core.labs.curves import about
from core.labs.lab import Lab
from core.labs.verdict import Ended, Point
from core.labs.workbench import Workbench
from core.options import ConfigError
from core.storage import checkpoints, sources


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the commands on labs."""
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="lab_command")
    for name, (_, help) in COMMANDS.items():
        command = commands.add_parser(name, help=help)
        if name in ("start", "hint", "solution"):
            command.add_argument("name", metavar="NAME", help="see `lab list`")
        if name == "hint":
            command.add_argument("number", metavar="NUMBER", nargs="?", type=int, default=1, help="which hint (1)")
        if name in ("check", "train"):
            command.add_argument("file", type=Path, metavar="FILE", help="the file that you have written into")
        if name == "start":
            command.add_argument("--to", type=Path, metavar="FILE", help="where to write it (NAME.py)")
        if name == "train":
            command.add_argument("--save", type=Path, metavar="FILE", help="write a checkpoint (.npz)")
        command.add_argument("--json", action="store_true", help="one JSON object a line")


def lab(parsed: argparse.Namespace) -> int:
    """Run a command on labs; returns the exit status. Raises ConfigError."""
    run, _ = COMMANDS[parsed.lab_command]
    return run(parsed)


def _list(parsed: argparse.Namespace) -> int:
    for lab in LABS.values():
        if parsed.json:
            says = {mistake.name: mistake.said for mistake in lab.mistakes}
            parts = {"name": lab.name, "function": lab.function, "title": lab.title, "task": lab.task}
            print(json.dumps({**parts, "mistakes": [*says], "says": says, "hints": lab.hints}, ensure_ascii=False))
        else:
            print(f"{lab.name:20s} {lab.title}: {lab.function}, {len(lab.mistakes)} mistakes known by name")
    return 0


def _start(parsed: argparse.Namespace) -> int:
    lab = find_lab(parsed.name)
    path = parsed.to or Path(f"{lab.name.replace('-', '_')}.py")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(lab.skeleton)
    except FileExistsError:
        return failed(f"{path} is there already: move it away, or name another file with --to")
    if parsed.json:
        print(json.dumps({"name": lab.name, "file": str(path)}))
    else:
        print(f"wrote {path}. {lab.task}")
        print(f"write {lab.function} there, then: python -m core lab check {path}")
        print(f"for a hint: python -m core lab hint {lab.name}")
        if lab.whole:
            print(f"what passes is a method like the others: python -m core train --from {path} --save run.npz")
    return 0


def _hint(parsed: argparse.Namespace) -> int:
    lab, number = find_lab(parsed.name), parsed.number
    if not 1 <= number <= len(lab.hints):
        raise ConfigError(f"the lab {lab.name} has no hint {number}: there are 1 to {len(lab.hints)}")
    if parsed.json:
        print(json.dumps({"name": lab.name, "number": number, "hint": lab.hints[number - 1]}, ensure_ascii=False))
        return 0
    print(f"hint {number} of {len(lab.hints)}: {lab.hints[number - 1]}")
    if number < len(lab.hints):
        print(f"the next one: python -m core lab hint {lab.name} {number + 1}")
    return 0


def _solution(parsed: argparse.Namespace) -> int:
    lab = find_lab(parsed.name)
    print(json.dumps({"name": lab.name, "source": lab.solution}) if parsed.json else lab.solution, end="")
    print(end="\n" if parsed.json else "")
    return 0


def _check(parsed: argparse.Namespace) -> int:
    source = read(parsed.file)
    lab = lab_of(source)
    with Workbench() as bench:
        verdict = bench.check(source, lab)
    if parsed.json:
        print(json.dumps(verdict.to_json(), ensure_ascii=False))
        return 0 if verdict.passed else 1
    if verdict.output:
        print(verdict.output.rstrip("\n"))
    print(f"{lab.name}: {'passed' if verdict.passed else verdict.mistake}")
    print(verdict.said)
    if verdict.passed:
        print(f"where the lab's page asks for a line, enter this one to mark the lab as done: {verdict.done}")
    else:
        print(f"for a hint: python -m core lab hint {lab.name}")
    return 0 if verdict.passed else 1


def _train(parsed: argparse.Namespace) -> int:
    source = read(parsed.file)
    lab = lab_of(source)
    finished, points = False, list[Point]()
    if parsed.save and parsed.save.suffix != ".npz":
        raise ConfigError(f"--save {parsed.save}: the name must end in .npz")
    with Workbench() as bench:
        for event in methods.trained(bench, source) if lab.whole else bench.train(source, lab):
            finished = not isinstance(event, Point) and event.finished
            if parsed.json:
                print(json.dumps(event.to_json(), ensure_ascii=False), flush=True)
            else:
                _print(event, lab, points)
            if isinstance(event, Point):
                points.append(event)
            if parsed.save and not isinstance(event, Point) and event.run:
                checkpoints.save(parsed.save, event.run)
                if lab.whole:
                    sources.keep(source)
    return 0 if finished else 1


def _print(event: Point | Ended, lab: Lab, before: Sequence[Point]) -> None:
    """Print what a training says, after the points before it. The first of these waits for the second: it is made
    before anything of the file is called, which may not be written yet.
    """
    if not isinstance(event, Point):
        print(event.said)
        said = event.run and (methods.measured(event.run) if lab.whole else about(before))
        print(said or "", end="\n" if said else "")
        return
    if len(before) == 1:
        print(f"loss on unseen tasks\n  update       yours{'MAML' if lab.whole else 'reference':>12s}")
    for point in [*before, event] if len(before) == 1 else [event] * bool(before):
        own, reference = (f"{'-' if loss is None else f'{loss:.4f}':>12s}" for loss in (point.own, point.reference))
        print(f"{point.iteration:8d}{own}{reference}", flush=True)


def read(path: Path) -> str:
    """Return a learner's file. Raises ConfigError."""
    try:
        with path.open("rb") as file:
            data = file.read(4 * LONGEST + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not a text in UTF-8") from None
    if "\0" in text:
        raise ConfigError(f"{path} is not a text in UTF-8")
    return text.replace("\r\n", "\n")


COMMANDS = {
    "list": (_list, "name the labs and the mistakes that their checks know"),
    "start": (_start, "write the file that a lab starts from"),
    "hint": (_hint, "print a hint"),
    "solution": (_solution, "print the reference solution"),
    "check": (_check, "run a file's function beside the reference, and say what is wrong"),
    "train": (_train, "train with a file's function in place of ours, beside the reference"),
}

"""`python -m core report`: measure every shipped run once more, and write the scores to a file.

The table of published figures beside ours reads that file, and nobody writes numbers into it by hand.
"""

import json
import platform
from collections.abc import Callable, Collection
from importlib.metadata import version
from pathlib import Path
from typing import Any

from core.demos import compare
from core.demos.questions import CompareMethods
from core.events.evaluations import ByInstance
from core.methods.mann import algorithm as mann
from core.methods.mann.config import MannConfig
from core.storage.checkpoints import PRETRAINED, shipped

FILE = PRETRAINED / "report.json"
SETTINGS = ((5, 1), (5, 5), (20, 1), (20, 5))
QUERIES = 5
INSTANCES = {"2nd": 1, "5th": 4, "10th": 9}


def report(episodes: int, say: Callable[[str], None], only: Collection[str] = ()) -> dict[str, Any]:
    """Score contenders on the same unseen episodes, every query answered by itself. only: their names; all, if there
    are none. Raises DataError.
    """
    rows: list[dict[str, Any]] = []
    for way, shots in SETTINGS:
        question = CompareMethods(way=way, shots=shots, queries=QUERIES, tasks=episodes)
        scores = {event.name: event for event in compare.run(question, only)}  # the last of each contender
        for name, event in scores.items():
            rows.append(_row(name, f"{way}-way {shots}-shot", event.score, event.half, episodes, way))
            say(f"{name} {way}-way {shots}-shot: {event.score:.2%} ± {event.half:.2%}")
    if not only or "mann" in only:
        rows += _by_instance(episodes, say)
    about = {"versions": {name: version(name) for name in ("torch", "numpy")}, "machine": platform.machine()}
    return {"rows": rows, "about": about}


def _row(name: str, setting: str, score: float, half: float, episodes: int, way: int = 2) -> dict[str, Any]:
    row: dict[str, Any] = {"method": name, "setting": setting, "score": round(score, 5), "half": round(half, 5)}
    row["episodes"] = episodes
    contender = compare.contenders(True)[name]
    if contender.checkpoint:
        run = shipped(compare.run_of(contender, way))
        row["budget"] = {"updates": run.snapshot.iteration, "tasks": run.config.meta_batch}
        row["command"] = run.about.command
    return row


def _by_instance(episodes: int, say: Callable[[str], None]) -> list[dict[str, Any]]:
    import torch

    run = shipped("mann-omniglot", MannConfig)
    config = run.config.updated(test_tasks=episodes)
    evaluation = mann.evaluate(torch.from_numpy(run.snapshot.theta), config, run.snapshot.iteration)
    assert isinstance(evaluation, ByInstance)
    rows = []
    for word, instance in INSTANCES.items():
        accuracy, half = float(evaluation.accuracy_by_instance[instance]), float(evaluation.ci95[instance])
        rows.append(_row("mann", f"{word} picture of a class", accuracy, half, episodes))
        say(f"mann {word} picture: {accuracy:.2%} ± {half:.2%}")
    return rows


def joined(figures: dict[str, Any], only: Collection[str], path: Path = FILE) -> dict[str, Any]:
    """Return the figures with the rows of the file for all that were not measured now, in the file's order. Raises
    OSError, ValueError.
    """
    before = json.loads(path.read_text(encoding="utf-8"))["rows"]
    order = {setting: number for number, setting in enumerate(dict.fromkeys(row["setting"] for row in before))}
    methods = list(compare.contenders(True))
    rows = [row for row in before if row["method"] not in only] + figures["rows"]
    rows.sort(key=lambda row: (order.get(row["setting"], len(order)), methods.index(row["method"])))
    return figures | {"rows": rows}


def write(figures: dict[str, Any], path: Path = FILE) -> None:
    """Write the file. Raises OSError."""
    path.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")

"""`python -m core report`: measure every shipped run once more, and write what was found to one file.

The table of published figures beside ours reads that file, and nobody writes numbers into it by hand.
"""

import json
import platform
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from core.demos import compare
from core.demos.questions import CompareMethods
from core.events import MethodScore
from core.memory_events import ByInstance
from core.methods.mann import algorithm as mann
from core.methods.mann.config import MannConfig
from core.storage.checkpoints import PRETRAINED, shipped

FILE = PRETRAINED / "report.json"
PUBLISHED = PRETRAINED / "published.json"
SETTINGS = ((5, 1), (5, 5), (20, 1), (20, 5))
QUERIES = 5
INSTANCES = {"2nd": 1, "5th": 4, "10th": 9}


def report(episodes: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Scores of all that can play, on the same unseen episodes, every query judged by itself. Raises DataError."""
    rows: list[dict[str, Any]] = []
    for way, shots in SETTINGS:
        last: dict[str, MethodScore] = {}
        for event in compare.run(CompareMethods(way=way, shots=shots, queries=QUERIES, tasks=episodes)):
            last[event.name] = event
        for name, one in last.items():
            rows.append(_row(name, f"{way}-way {shots}-shot", one.score, one.half, episodes))
            say(f"{name} {way}-way {shots}-shot: {one.score:.2%} ± {one.half:.2%}")
    rows += _by_instance(episodes, say)
    about = {"versions": {name: version(name) for name in ("torch", "numpy")}, "machine": platform.machine()}
    return {"rows": rows, "about": about}


def _row(name: str, setting: str, score: float, half: float, episodes: int) -> dict[str, Any]:
    one = compare.contenders(True)[name]
    found: dict[str, Any] = {"method": name, "setting": setting, "score": round(score, 5), "half": round(half, 5)}
    found["episodes"] = episodes
    if one.checkpoint:
        run = shipped(one.checkpoint)
        found["budget"] = {"updates": run.snapshot.iteration, "tasks": run.config.meta_batch}
        found["command"] = run.about["command"]
    return found


def _by_instance(episodes: int, say: Callable[[str], None]) -> list[dict[str, Any]]:
    import torch

    run = shipped("mann-omniglot", MannConfig)
    config = run.config.updated(test_tasks=episodes)
    found = mann.evaluate(torch.from_numpy(run.snapshot.theta), config, run.snapshot.iteration)
    assert isinstance(found, ByInstance)
    rows = []
    for word, at in INSTANCES.items():
        share, half = float(found.accuracy_by_instance[at]), float(found.ci95[at])
        rows.append(_row("mann", f"{word} picture of a class", share, half, episodes))
        say(f"mann {word} picture: {share:.2%} ± {half:.2%}")
    return rows


def write(told: dict[str, Any], path: Path = FILE) -> None:
    """Write the file. Raises OSError."""
    path.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")

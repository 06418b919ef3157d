"""Lake's 20 one-shot runs: in each, two people draw the same 20 characters of one alphabet.

Lake, Salakhutdinov, Tenenbaum 2015. It is the test by which people (95.5%) and machines are compared: which
of the 20 pictures shows the same character? The alphabets are among those held out for evaluation.
"""

import os
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from core.folders import data_folder
from core.tasks.archives import all_turned, checked, opened, picture
from core.tasks.characters import SIDE
from core.tasks.download import DataError, Source, fetch
from core.tasks.omniglot import HOME
from core.words import Words

ARCHIVE = "all_runs.zip"
SOURCE = Source(HOME + "one-shot-classification/" + ARCHIVE, "e8996daecdf12afeeb4a53a179f06b19")
RUNS, WAY = 20, 20
MEMBER = re.compile(r"(?:[^/\\]+/)?run(\d\d)/(?:(training/class|test/item)(\d\d)\.png|class_labels\.txt)")
PAIR = re.compile(r"run\d\d/test/item(\d\d)\.png\s+run\d\d/training/class(\d\d)\.png")


@dataclass(frozen=True, eq=False)
class Runs:
    """support, queries [20 runs, 20, 28, 28]: bytes with ink 255; answers [20, 20]: the support of each query."""

    support: np.ndarray
    queries: np.ndarray
    answers: np.ndarray


def archive_file() -> Path:
    """Return where the zip is, or will be downloaded to."""
    path = Path(os.environ.get("OMNIGLOT_DIR") or data_folder(), ARCHIVE)
    return path if path.exists() else data_folder() / ARCHIVE


def load() -> Runs:
    """Return the 20 runs, downloaded first (0.4 MB) where they are missing. Raises DataError."""
    path = archive_file()
    if not path.exists():
        for _ in fetch(SOURCE, path):
            pass
    return _load(path)


@lru_cache(maxsize=1)
def _load(path: Path) -> Runs:
    pictures: dict[str, dict[tuple[int, int], np.ndarray]] = {"training/class": {}, "test/item": {}}
    answers, inverted = np.full((RUNS, WAY), -1), list[str]()
    with opened(path) as files:
        for member, match in checked(files, path.name, MEMBER):
            run, kind, number = int(match[1]) - 1, match[2], int(match[3] or 0) - 1
            if kind:
                pictures[kind][run, number], turned = picture(member, path.name)
                inverted += [member.name] * turned
                continue
            for item, label in PAIR.findall(member.read().decode("ascii", "replace")):
                if run < RUNS and 0 < int(item) <= WAY:
                    answers[run, int(item) - 1] = int(label) - 1
    all_turned(inverted, sum(map(len, pictures.values())), path.name)
    expected = [(run, number) for run in range(RUNS) for number in range(WAY)]
    whole = all(sorted(drawings) == expected for drawings in pictures.values())
    if not whole or not (np.sort(answers) == np.arange(WAY)).all():
        text = "{path} does not hold 20 runs of 20 characters, each drawn twice; delete it and try again"
        raise DataError(Words(text, path=path))
    support, queries = (
        np.stack([drawings[key] for key in expected]).reshape(RUNS, WAY, SIDE, SIDE) for drawings in pictures.values()
    )
    return Runs(support, queries, answers)

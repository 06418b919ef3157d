"""Drawing a meta-batch of episodes against the obvious loop over tasks, classes and drawings; loading the data set."""

import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from time import perf_counter
from zipfile import ZipFile

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from core.bench.timing import Growth, Row, compare, growth
from core.seeding import generator
from core.tasks import episodes, omniglot
from core.tasks.characters import DRAWERS
from core.tasks.config import Episodes

TASKS = (4, 16, 64)
DRAWN = 16


def rows() -> Iterator[Row | Growth]:
    """Time meta-batches of 5-way 1-shot episodes; then our time by tasks."""
    task = Episodes(data="omniglot" if omniglot.available() else "glyphs")
    pictures = episodes.every_drawing(task)[1]
    source = generator(0, "bench")
    yield compare(
        f"drawing, {task.data}, {DRAWN} tasks, 5-way 1-shot, 5 queries",
        partial(episodes.draw, task, DRAWN, source),
        {"loop": partial(_loop, task, pictures, random.Random(0))},
    )
    files = omniglot.sources()
    if files and omniglot.cache_file().exists() and all(path.suffix == ".zip" for path in files.values()):
        yield _loading([*files.values()])
    yield growth("drawing, by tasks", {tasks: partial(episodes.draw, task, tasks, source) for tasks in TASKS})


def _loading(archives: list[Path]) -> Row:
    """Time the whole data set from our array file, against picture by picture out of its zips, once."""
    began = perf_counter()
    pictures = sum(_from_zip(path) for path in archives)
    plain = (perf_counter() - began) * 1000
    row = compare("loading, omniglot, all drawings", partial(omniglot.read, omniglot.cache_file()), {}, rounds=5)
    assert pictures == omniglot.read(omniglot.cache_file()).images.shape[0] * DRAWERS
    ratio = plain / row.milliseconds["ours"]
    return Row(row.workload, row.milliseconds | {"zips": plain}, {"zips": (ratio, ratio, ratio)})


def _from_zip(path: Path) -> int:
    """Read every picture of a zip at 28 by 28 pixels; return how many there are."""
    with ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.endswith(".png")]
        pictures = np.stack([np.array(Image.open(archive.open(name)).resize((28, 28))) for name in names])
    return len(pictures)


def _loop(task: Episodes, pictures: Tensor, source: random.Random) -> list[list[Tensor]]:
    """Draw picture by picture, from an array in memory."""
    batch = []
    for _ in range(DRAWN):
        chosen = []
        for character in source.sample(range(len(pictures)), task.way):
            turn = source.randrange(4)
            drawers = source.sample(range(DRAWERS), task.shots + task.queries)
            chosen.append(torch.stack([torch.rot90(pictures[character, drawer], turn) for drawer in drawers]))
        x = torch.stack(chosen, 1)
        batch.append([x[: task.shots].flatten(0, 1), x[task.shots :].flatten(0, 1)])
    return batch

"""Drawings that are turned or thickened: against slow versions of both, and tasks that stay tasks."""

import math

import pytest
import torch

from core.demos.compare import _tasks
from core.demos.questions import CompareMethods
from core.dispatch import answer
from core.options import ConfigError
from core.tasks.changed import CHANGES, TURN, thickened, turned
from core.tasks.config import Episodes


def test_a_turn_moves_each_spot_of_ink_by_its_angle():
    for degrees in range(0, 360, 45):
        picture = torch.zeros(28, 28)
        x, y = 8 * math.cos(math.radians(degrees)), 8 * math.sin(math.radians(degrees))
        picture[round(13.5 - y), round(13.5 + x)] = 1
        rows, columns = torch.meshgrid(torch.arange(28.0), torch.arange(28.0), indexing="ij")
        ink = turned(picture[None])[0]
        moved = math.atan2(13.5 - (ink * rows).sum() / ink.sum(), (ink * columns).sum() / ink.sum() - 13.5)
        started = math.atan2(13.5 - round(13.5 - y), round(13.5 + x) - 13.5)
        assert (moved - started - TURN + math.pi) % (2 * math.pi) - math.pi == pytest.approx(0, abs=0.06)


def test_a_thicker_pen_inks_all_neighbours():
    pictures = torch.rand(3, 2, 28, 28)
    thick = thickened(pictures)
    for _ in range(50):
        a, b, i, j = (int(torch.randint(n, ())) for n in (3, 2, 28, 28))
        around = pictures[a, b, max(0, i - 1) : i + 2, max(0, j - 1) : j + 2]
        assert thick[a, b, i, j] == around.max()


@pytest.mark.parametrize("change", CHANGES)
def test_tasks_keep_their_classes_and_queries_under_a_change(change):
    task = Episodes(data="glyphs", transductive=False)
    question = CompareMethods(data="glyphs", change=change, queries=3)
    plain, changed = _tasks(task, CompareMethods(data="glyphs", queries=3), 4, 0), _tasks(task, question, 4, 0)
    assert torch.equal(plain.support_y, changed.support_y) and torch.equal(plain.query_y, changed.query_y)
    assert torch.equal(CHANGES[change](plain.support_x), changed.support_x)
    assert torch.equal(CHANGES[change](plain.query_x), changed.query_x)


def test_a_contest_on_changed_drawings_is_another_one():
    def scores(**changes) -> dict[str, float]:
        question = CompareMethods(data="glyphs", tasks=20, queries=1, **changes)
        return {event.name: event.score for event in answer(question) if event.name in ("pixels", "maml")}

    assert scores() == scores(change="none") != scores(change="thick")
    with pytest.raises(ConfigError, match="change"):
        CompareMethods(change="upside down")

"""The recorded moments of training: enough of them, small, of the shipped runs, and without anybody's pictures."""

import numpy as np
import pytest

from core.dispatch import answer
from core.storage.checkpoints import shipped
from core.training.config import TrainingConfig
from lessons.demos import fewshot, moments
from lessons.demos.fewshot import DATA
from lessons.figures.replay import moment
from lessons.notices.moments import said

LARGEST = 1_500_000  # bytes of the moments of a method


def files(page):
    config = shipped(moments.RUNS[page][0], TrainingConfig).config
    return {f"{page}-{data}": config.updated(data=data) for data in DATA} if "data" in config.flat() else {page: config}


@pytest.mark.parametrize("page", moments.RUNS)
def test_each_page_has_its_moments(page):
    run, until = moments.RUNS[page]
    checkpoint = shipped(run, TrainingConfig)
    for name in files(page):
        recorded = moments.recorded(name)
        assert [at for at, _ in recorded] == moments.updates(until, checkpoint.snapshot.iteration)
        assert len(recorded) >= 20
    assert sum((moments.FOLDER / f"{name}.npz").stat().st_size for name in files(page)) < LARGEST


@pytest.mark.parametrize("page", ["maml", "reptile", "ntm"])
def test_the_last_moment_is_what_the_shipped_network_answers_now(page):
    checkpoint = shipped(moments.RUNS[page][0], TrainingConfig)
    shown = moment(checkpoint.config, checkpoint.snapshot.theta)
    (event,) = answer(shown.question)
    (at, last) = moments.recorded(page)[-1]
    assert at == checkpoint.snapshot.iteration and said(event) == said(last)


@pytest.mark.parametrize("page", moments.RUNS)
def test_training_is_seen(page):
    """The pictures at the first and at the last moment differ, and the last one answers better."""
    name = next(iter(files(page)))
    (_, first), (_, last) = moments.recorded(name)[0], moments.recorded(name)[-1]
    assert said(first) != said(last)


def test_no_picture_of_omniglot_is_stored():
    """Recordings hold the numbers of drawings in their set, never drawings, whose bytes have two more dimensions."""
    for path in moments.FOLDER.parent.rglob("*.npz"):
        with np.load(path, allow_pickle=False) as stored:
            assert not any(array.dtype == np.uint8 for array in stored.values()), path


@pytest.mark.parametrize("page", ["fewshot_maml", "fewshot_reptile"])
def test_the_picture_of_a_moment_of_the_shipped_run_calls_it_nobodys(page):
    at, event = moments.recorded_for(page, "glyphs")[-1]
    run = fewshot.recorded(page.removeprefix("fewshot_"))
    picture = moment(run.config.updated(data="glyphs"), run.snapshot.theta)
    assert picture is not None
    shown = picture.draw([event], at)
    said = [shown.title, shown.alt, *shown.table.columns, *(trace.name or "" for trace in shown.figure.data)]
    assert not any("your run" in text or "points" in text for text in said)


@pytest.mark.parametrize("page", ["mann", "siamese"])
def test_moments_are_put_together_once(page):
    """A slider asks for them at each of its moves."""
    assert moments.recorded_for(page, "glyphs") is moments.recorded_for(page, "glyphs")

"""Episodes: which classes and drawings may be where; and the generated characters."""

import numpy as np
import pytest
import torch

from core.options import ConfigError
from core.seeding import generator
from core.tasks import episodes, glyphs
from core.tasks.characters import DRAWERS, SIDE
from core.tasks.config import Episodes

TASK = Episodes(data="glyphs", way=5, shots=3, queries=4)


def some(task=TASK, tasks=40, unseen=False, seed=0):
    return episodes.draw(task, tasks, generator(seed, "test"), unseen=unseen)


def test_shapes_and_values():
    batch = some()
    assert batch.support_x.shape == (40, 15, SIDE, SIDE)
    assert batch.query_x.shape == (40, 20, SIDE, SIDE)
    assert batch.support_x.min() == 0 and batch.support_x.max() == 1
    assert batch.support_x.mean() < 0.3, "ink is 1 and most of a page is paper"
    assert batch.support_y[0].tolist() == [0, 1, 2, 3, 4] * 3


@pytest.mark.parametrize("unseen", [False, True])
def test_no_drawing_is_in_support_and_query_and_no_class_twice(unseen):
    batch = some(unseen=unseen)
    for i in range(batch.tasks):
        keys = set(zip(batch.characters[i].tolist(), batch.turns[i].tolist(), strict=True))
        assert len(keys) == 5
        for drawn in batch.drawings[i].tolist():
            assert len(set(drawn)) == 7


def test_every_picture_is_the_drawing_it_says():
    batch = some(tasks=6)
    images = glyphs.load().images
    for i in range(6):
        for way in range(5):
            for shot in range(3):
                expected = np.rot90(images[batch.characters[i, way], batch.drawings[i, way, shot]], batch.turns[i, way])
                found = batch.support_x[i, shot * 5 + way].numpy() * 255
                assert np.array_equal(found.round(), expected)


@pytest.mark.parametrize("split", ["characters", "alphabets"])
def test_no_test_class_is_ever_trained_on(split):
    data = glyphs.load()
    train, test = data.members(split, False), data.members(split, True)
    assert not set(train) & set(test)
    assert len(train) + len(test) == len(data.images)
    task = TASK.updated(split=split)
    assert set(some(task, 200).characters.flatten().tolist()) <= set(train.tolist())
    assert set(some(task, 200, unseen=True).characters.flatten().tolist()) <= set(test.tolist())
    if split == "alphabets":
        assert not {data.alphabet[one] for one in train} & {data.alphabet[one] for one in test}


def test_rotations_are_for_training_only():
    assert set(some(tasks=100).turns.flatten().tolist()) == {0, 1, 2, 3}
    assert set(some(tasks=100, unseen=True).turns.flatten().tolist()) == {0}
    assert set(some(TASK.updated(rotations=False), 100).turns.flatten().tolist()) == {0}
    assert episodes.training_classes(TASK) == 4 * episodes.training_classes(TASK.updated(rotations=False))


def test_the_same_seed_draws_the_same_and_a_stream_can_be_entered_anywhere():
    first = [batch.support_x for batch, _ in zip(episodes.stream(TASK, 2, 7), range(5), strict=False)]
    later = next(episodes.stream(TASK, 2, 7, start=4))
    assert torch.equal(first[4], later.support_x)
    assert not torch.equal(first[0], first[1])
    assert not torch.equal(first[0], next(episodes.stream(TASK, 2, 8)).support_x)


def test_every_class_and_every_drawer_is_drawn():
    batch = some(tasks=400)
    assert len(set(batch.characters.flatten().tolist())) > 0.9 * len(glyphs.load().members("characters", False))
    counts = torch.bincount(batch.drawings.flatten(), minlength=DRAWERS)
    assert counts.min() > 0.8 * counts.max()


def test_too_many_drawings_or_ways_are_said():
    with pytest.raises(ConfigError, match="has 20 drawings"):
        Episodes(shots=10, queries=15)
    with pytest.raises(ConfigError, match="has 20 drawings"):
        episodes.draw(TASK, 1, generator(0, "x"), queries=18)


def test_single_images_for_pretraining_carry_their_class():
    x, y = episodes.images(TASK, 64, generator(0, "x"))
    assert x.shape == (64, SIDE, SIDE) and y.max() < episodes.training_classes(TASK)
    members, images = glyphs.load().members("characters", False), glyphs.load().images
    character, turns = members[y[0] % len(members)], int(y[0]) // len(members)
    candidates = [np.rot90(images[character, drawer], turns) for drawer in range(DRAWERS)]
    assert any(np.array_equal((x[0].numpy() * 255).round(), one) for one in candidates)


def test_glyphs_are_the_same_every_time_and_differ_between_characters_more_than_between_hands():
    data = glyphs.load()
    glyphs.load.cache_clear()
    again = glyphs.load()
    assert np.array_equal(data.images, again.images)
    assert data.label == "generated glyphs"
    flat = data.images.reshape(len(data.images), DRAWERS, -1).astype(float)
    centre = flat.mean(1)
    within = ((flat - centre[:, None]) ** 2).sum(-1).mean()
    between = ((centre - centre.mean(0)) ** 2).sum(-1).mean()
    assert between > 0.4 * within
    assert all(len(set(map(bytes, data.images[one]))) == DRAWERS for one in range(0, 1000, 50)), "no two hands alike"
    ink = (data.images > 127).mean((2, 3))
    assert ink.min() > 0.01 and ink.max() < 0.5


def test_an_episode_by_numbers_for_pages_is_valid_and_repeatable():
    characters, drawings = glyphs.load().episode("characters", True, 5, 6, seed=3)
    assert len(set(characters)) == 5 and set(characters) <= set(glyphs.load().members("characters", True))
    assert all(len(set(row)) == 6 for row in drawings)
    again = glyphs.load().episode("characters", True, 5, 6, seed=3)
    assert np.array_equal(characters, again[0]) and np.array_equal(drawings, again[1])

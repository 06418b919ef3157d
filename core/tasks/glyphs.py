"""Generated characters, for a machine without data and without a network. Never passed off as Omniglot.

An alphabet has a few strokes, each a short spline. A character is two to four of them at random places.
Twenty "hands" then draw every character: each hand has its own slant, size, jitter and pen.
All of it is array arithmetic over many drawings at once, and the same for the same seed.
"""

from functools import lru_cache

import numpy as np

from core.tasks.characters import DRAWERS, SIDE, Characters

ALPHABETS, BACKGROUND, CHARACTERS = 50, 30, 20  # CHARACTERS: of each alphabet
STROKES, MOST_STROKES, KNOTS = 7, 4, 4  # strokes an alphabet shares; of a character; knots of a stroke
SAMPLES = 32  # points along a stroke
SEED = 7
AT_ONCE = 50  # characters whose ink is spread at the same time: all of them took 500 MB for a moment


@lru_cache(maxsize=1)
def load() -> Characters:
    """Generate 1000 characters of 50 alphabets, 20 drawings each; takes a second or two."""
    source, alphabet = np.random.default_rng(SEED), np.repeat(np.arange(ALPHABETS), CHARACTERS)
    images = _draw(source, *_characters(source, alphabet))
    names = tuple(f"generated alphabet {a + 1}, character {c % CHARACTERS + 1}" for c, a in enumerate(alphabet))
    labels = tuple(f"generated alphabet {a + 1}" for a in range(ALPHABETS))
    return Characters("glyphs", images, labels, alphabet.astype(np.int16), names, BACKGROUND)


def strokes(character: int, hand: int) -> list[np.ndarray]:
    """Return a generated character as the strokes [samples, 2] of a pen in a unit box, drawn by one of the hands."""
    knots, used = _characters(np.random.default_rng(SEED), np.repeat(np.arange(ALPHABETS), CHARACTERS))
    source = np.random.default_rng([SEED, character, hand])
    shaky = knots[character] * source.uniform(0.75, 0.95, 2) + source.normal(0, 0.02, knots.shape[1:])
    points = np.matmul(_spline(), shaky @ _turns(source.normal(0, 0.08, 1))[0].T)
    return [0.5 + line for line, is_used in zip(points, used[character], strict=True) if is_used]


def _characters(source: np.random.Generator, alphabet: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each character's knots [characters, strokes, knots, 2] in a unit box, and which strokes it has."""
    shared = source.normal(0, 0.34, (ALPHABETS, STROKES, KNOTS, 2)).cumsum(2)
    shared -= shared.mean(2, keepdims=True)
    shared /= np.maximum(np.abs(shared).max((2, 3), keepdims=True) / 0.42, 1)
    count = len(alphabet)
    strokes = np.argsort(source.random((count, STROKES)), 1)[:, :MOST_STROKES]
    chosen = shared[alphabet[:, None], strokes]
    angle = source.choice([0.0, 0.5, 1.0, 1.5], (count, MOST_STROKES)) * np.pi + source.normal(0, 0.15, strokes.shape)
    size = source.uniform(0.55, 1.0, (*strokes.shape, 1, 1))
    place = source.uniform(-0.34, 0.34, (*strokes.shape, 1, 2))
    knots = size * np.einsum("csij,cskj->cski", _turns(angle), chosen) + place
    used = np.arange(MOST_STROKES) < source.integers(2, MOST_STROKES + 1, count)[:, None]
    # every character fills its box, as people's characters do
    inside = np.where(used[..., None, None], knots, np.nan)
    low, high = np.nanmin(inside, (1, 2), keepdims=True), np.nanmax(inside, (1, 2), keepdims=True)
    return (knots - (low + high) / 2) / (high - low).max(-1, keepdims=True), used


def _draw(source: np.random.Generator, knots: np.ndarray, used: np.ndarray) -> np.ndarray:
    """Draw every character by every hand, [characters, hands, 28, 28] bytes."""
    count = len(knots)
    shape = (count, DRAWERS)
    # a hand is the same person in every character, and a little different each time
    slant = source.normal(0, 0.12, DRAWERS) + source.normal(0, 0.06, shape)
    shear = source.normal(0, 0.15, DRAWERS) + source.normal(0, 0.05, shape)
    size = source.uniform(0.72, 1.0, (DRAWERS, 2)) * source.normal(1, 0.06, (*shape, 2))
    move = source.normal(0, 0.05, (*shape, 1, 1, 2))
    jitter = source.normal(0, 0.028, (*shape, *knots.shape[1:]))
    pen = np.clip(source.normal(1.0, 0.3, DRAWERS) + source.normal(0, 0.1, shape), 0.4, 1.8)
    affine = _turns(slant) * size[..., None, :]
    affine[..., 0, 1] += shear
    moved = np.einsum("chij,chskj->chski", affine, knots[:, None] + jitter) + move
    points = np.matmul(_spline(), moved.astype(np.float32))
    used = np.broadcast_to(used[:, None], (*shape, MOST_STROKES))
    parts = [slice(first, first + AT_ONCE) for first in range(0, count, AT_ONCE)]
    return np.concatenate([_rasterize(points[part], used[part], pen[part]) for part in parts])


def _turns(angle: np.ndarray) -> np.ndarray:
    """Return rotation matrices [..., 2, 2]."""
    cos, sin = np.cos(angle), np.sin(angle)
    return np.stack([np.stack([cos, -sin], -1), np.stack([sin, cos], -1)], -2)


def _spline() -> np.ndarray:
    """Return the weights [samples, knots] of a cubic Bezier curve."""
    t = np.linspace(0, 1, SAMPLES)[:, None]
    return np.hstack([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3]).astype(np.float32)


def _rasterize(points: np.ndarray, used: np.ndarray, pen: np.ndarray) -> np.ndarray:
    """Put ink where the pen went: points [characters, hands, strokes, samples, 2] in about (-0.6, 0.6).

    Every point is divided between its four nearest pixels, then blurred to the pen's width.
    """
    images = pen.size
    where = np.clip((points + 0.62) / 1.24 * (SIDE - 1), 1, SIDE - 2.001).reshape(images, -1, 2)
    # ink by length, so that a slow pen leaves no more of it than a fast one
    step = np.linalg.norm(np.diff(points, axis=-2, append=points[..., -1:, :]), axis=-1)
    weight = (used[..., None] * step * (SIDE / 1.24)).reshape(images, -1).astype(np.float32)
    corner = where.astype(np.int32)
    fraction = where - corner
    ink = np.zeros(images * SIDE * SIDE)
    base = np.arange(images, dtype=np.int32)[:, None] * SIDE * SIDE
    for down in (0, 1):
        for right in (0, 1):
            part = np.abs(1 - down - fraction[..., 1]) * np.abs(1 - right - fraction[..., 0]) * weight
            pixel = base + (corner[..., 1] + down) * SIDE + corner[..., 0] + right
            ink += np.bincount(pixel.ravel(), part.ravel(), ink.size)
    density = ink.reshape(images, SIDE, SIDE).astype(np.float32)
    wide = pen.reshape(images, 1, 1).astype(np.float32)
    edge = 0.13 * wide
    for axis in (1, 2):
        density = density + edge * (np.roll(density, 1, axis) + np.roll(density, -1, axis))
    dark = 1 - np.exp(-2.2 * density)
    return (255 * dark).round().astype(np.uint8).reshape(*pen.shape, SIDE, SIDE)

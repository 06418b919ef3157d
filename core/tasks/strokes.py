"""Drawings of a learner as pictures like Omniglot's: from strokes in a unit box to 28x28 bytes with ink 255.

Omniglot's people drew with a thin pen in a box of 105 pixels; SIZE and MIDDLE say how large and where (measured over
all of its drawings). A learner's strokes are moved and scaled to that, drawn with such a pen, and reduced as the
originals are.
"""

from collections.abc import Sequence

import numpy as np

from core.tasks.archives import ORIGINAL_SIDE
from core.tasks.characters import SIDE
from core.words import Words

SIZE, MIDDLE = 17.8 / 28, 13.5 / 28  # the longer side of a drawing, and where its centre is
PEN = 5  # pixels of 105: gives as much ink for its length as the originals have
LEAST = 0.06  # of the box: less ink than that is a slip of the pen
MOST_STROKES, MOST_POINTS = 40, 2000  # of one drawing


class DrawingError(ValueError):
    """A drawing that cannot be used; the text is friendly."""


def checked(drawing: object) -> list[np.ndarray]:
    """Return the strokes [points, 2] in the unit box of a browser's or a file's drawing. Raises DrawingError."""
    if not isinstance(drawing, list) or len(drawing) > MOST_STROKES:
        raise DrawingError(Words("a drawing is a list of at most {most} strokes", most=MOST_STROKES))
    strokes, points = [], 0
    for stroke in drawing:
        points += len(stroke) if isinstance(stroke, list) else MOST_POINTS + 1
        if points > MOST_POINTS:
            raise DrawingError(Words("a drawing has at most {most} points", most=MOST_POINTS))
        try:
            line = np.array(stroke, dtype=float)
        except (ValueError, TypeError):
            raise DrawingError(Words("a stroke is a list of points x, y")) from None
        if line.ndim != 2 or line.shape[1] != 2 or not np.isfinite(line).all() or np.abs(line).max() > 2:
            raise DrawingError(Words("a stroke is a list of points x, y between 0 and 1"))
        strokes.append(np.clip(line, 0, 1))
    return strokes


def length(strokes: Sequence[np.ndarray]) -> float:
    """Return how far the pen went, in sides of the box."""
    return float(sum(np.linalg.norm(np.diff(stroke, axis=0), axis=1).sum() for stroke in strokes))


def render(strokes: Sequence[np.ndarray]) -> np.ndarray:
    """Return one picture [28, 28]. Raises DrawingError where the drawing is next to empty."""
    from PIL import Image, ImageDraw

    if not strokes:
        raise DrawingError(Words("nothing is drawn here yet"))
    if length(strokes) < LEAST:
        raise DrawingError(Words("this is only a dot; draw a little more"))
    points = np.concatenate(strokes)
    low, high = points.min(0), points.max(0)
    scale = SIZE / max(float((high - low).max()), 1e-6)
    page = Image.new("L", (ORIGINAL_SIDE, ORIGINAL_SIDE), 255)
    pen = ImageDraw.Draw(page)
    for stroke in strokes:
        placed = ORIGINAL_SIDE * (MIDDLE + scale * (stroke - (low + high) / 2))
        line = [(float(x), float(y)) for x, y in placed]
        if len(line) > 1:
            pen.line(line, fill=0, width=PEN, joint="curve")
        for x, y in (line[0], line[-1]):
            pen.ellipse([x - PEN / 2, y - PEN / 2, x + PEN / 2, y + PEN / 2], fill=0)
    return 255 - np.asarray(page.resize((SIDE, SIDE), Image.Resampling.LANCZOS))

"""The notice of a moment of training: what the network can do there, beside the first and the last moment."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.demos.answers import LayersMoved
from core.events import Compared, Fitted, FittedEpisode, PointsRead
from core.events.memory import Recalled, TapeAnswer
from lessons.demos import sinusoid
from lessons.demos.context import error_of
from lessons.engine.language import joined, plural, t
from lessons.figures.curves import inner_steps_in_words, updates_in_words


def about_moment(moments: Sequence[tuple[int, Any]], chosen: int) -> str:
    """Say what the network answers at the moment `chosen` of `moments` (updates so far, answer), and whether it does
    better than before its training, and as at the end.
    """
    at, event = moments[chosen]
    now = t("**After {updates}** {said}.", updates=updates_in_words(at), said=said(event))
    others = [
        t("{when}: {said}.", when=t(when), said=said(moments[i][1]))
        for i, when in ((0, "Before training"), (len(moments) - 1, "At the end of the run"))
        if i != chosen
    ]
    return joined(now, *others)


def said(event: Any) -> str:
    """Return in words how good an answer is."""
    match event:
        case Fitted():
            steps = len(event.query_loss) - 1
            return t(
                "the mean squared error is {before:.2f} at θ, {one:.2f} after one inner step and {all:.2f} after "
                "{steps}",
                before=event.query_loss[0], one=event.query_loss[1], all=event.query_loss[-1],
                steps=inner_steps_in_words(steps),
            )  # fmt: skip
        case FittedEpisode():
            queries, steps = event.probabilities.shape[1], len(event.accuracy) - 1
            right = np.rint(event.accuracy * queries).astype(int)
            return t(
                "queries right: {before} of {queries} before any step, {one} after one inner step, {all} after {steps}",
                before=right[0], queries=queries, one=right[1], all=right[-1], steps=inner_steps_in_words(steps),
            )  # fmt: skip
        case Compared():
            return _compared(event)
        case TapeAnswer():
            bits = int(event.tape.answer_mask.sum()) * event.tape.y.shape[1]
            return plural(
                event.tape.wrong, "{count} of the {bits} bits of the answer is wrong",
                "{count} of the {bits} bits of the answer are wrong", bits=bits,
            )  # fmt: skip
        case Recalled():
            right, again = event.p.argmax(-1) == event.y, event.instance > 0
            return t(
                "of characters that had come before, {right} of {all} are named right; of new ones, {guessed} of {new}",
                right=int(right[again].sum()), all=int(again.sum()), guessed=int(right[~again].sum()),
                new=int((~again).sum()),
            )  # fmt: skip
        case LayersMoved() | PointsRead():
            return _of_curves(event)
    raise TypeError(type(event).__name__)


def _compared(event: Compared) -> str:
    queries, way = event.answers.shape[1:]
    right = int((event.answers[0].argmax(-1) == np.arange(queries) % way).sum())
    return plural(queries, "{right} of {count} query is right", "{right} of {count} queries are right", right=right)


def _of_curves(event: LayersMoved | PointsRead) -> str:
    if isinstance(event, LayersMoved):
        return t(
            "the mean squared error is {before:.2f} at θ and {after:.2f} after {steps}",
            before=event.query_loss[0], after=event.query_loss[-1],
            steps=inner_steps_in_words(len(event.query_loss) - 1),
        )  # fmt: skip
    error = error_of(event.curves[-1], sinusoid.task_of(sinusoid.DEFAULT_TASK))  # that each moment is asked about
    return t("the mean squared error is {error:.3g} after ten points", error=error)

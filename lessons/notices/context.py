"""What to notice while a network learns in context: computed from what is on the screen."""

from collections.abc import Mapping, Sequence

import numpy as np

from core.events import OuterStep, PointsRead
from lessons.demos.context import error_of, outside
from lessons.demos.sinusoid import Task
from lessons.engine.language import joined, plural, t
from lessons.figures.curves import updates_in_words

ALIKE = 1.1  # two errors whose ratio is below this are "about the same"
ONE_STEP_ALIKE = 1.02
MUCH = 2.0
SURE = 0.5  # of the true function within a band of two standard deviations: less is "wrong"
OFF = 0.1  # of a point from the true function: more than a link rounds off
CLEARLY = 1.5  # times an equal share of the attention
TOO_LARGE = 1000.0  # of an error that is said in numbers


def about_read(
    read: PointsRead, maml: Mapping[int, np.ndarray], points: Sequence[tuple[float, float]], task: Task, who: str
) -> str:
    """Say how good the curve after the `points` that were read is, beside MAML's after each number of steps.

    maml: curves on the grid of the page after 1 and 10 steps; who: "in-context" or "cnp".
    """
    name = t("the transformer" if who == "in-context" else "the neural process")
    seen = len(points)
    own = error_of(read.curves[seen], task)
    if not seen:
        return joined(
            t(
                "**Notice** No point has been read: the answer of {name} is the same for every function, about the "
                "mean of its training.",
                name=name,
            ),
            t("Its error to this one is {own:.3g}.", own=own),
            t("Next: let it read a point."),
        )
    one_step, ten = (error_of(maml[steps], task) for steps in (1, 10))
    if not ten < TOO_LARGE:
        return joined(
            plural(
                seen,
                "**Notice** After {count} point the error of {name} is {own:.3g}.",
                "**Notice** After {count} points the error of {name} is {own:.3g}.",
                name=name, own=own,
            ),
            t("MAML's steps overshoot here: after ten of them its error is above 1000."),
            _elsewhere(task, points),
        )  # fmt: skip
    text = plural(
        seen,
        "**Notice** After {count} point the error of {name} is {own:.3g}; MAML's is {step:.3g} after one step on it, "
        "{ten:.3g} after ten.",
        "**Notice** After {count} points the error of {name} is {own:.3g}; MAML's is {step:.3g} after one step on "
        "them, {ten:.3g} after ten.",
        name=name, own=own, step=one_step, ten=ten,
    )  # fmt: skip
    nearer = "" if off(task, points) else _nearer(own, ten, name)
    return joined(text, nearer, _band(read, seen, task), _elsewhere(task, points))


def _nearer(own: float, ten: float, name: str) -> str:
    if own * ALIKE < ten:
        return t("Without a step {name} is nearer to the true function than MAML with ten.", name=name)
    if ten * ALIKE < own:
        return t("Here MAML's ten steps come nearer to the true function.")
    return t("Both are about as near to the true function.")


def _band(read: PointsRead, seen: int, task: Task) -> str:
    """Say how much of the true function lies within the band of a network that has one."""
    if not len(read.spread):
        return ""
    within = float((np.abs(read.curves[seen] - task(read.grid)) <= 2 * read.spread[seen]).mean())
    if within < SURE:
        return t("It is sure, and wrong: its band holds {share:.0%} of the true function.", share=within)
    return t("Its band holds {share:.0%} of the true function.", share=within)


def off(task: Task, points: Sequence[tuple[float, float]]) -> bool:
    """Return whether a point that was read does not lie on the true function."""
    return any(abs(y - float(task(np.array(x)))) > OFF for x, y in points)


def _elsewhere(task: Task, points: Sequence[tuple[float, float]]) -> str:
    if off(task, points):
        return t("Some points that were read do not lie on the true function, so the errors to it say little.")
    if outside(task.amplitude, task.phase):
        return t("This sinusoid is outside of the training: nothing like it was seen there.")
    return ""


def about_attention(read: PointsRead, query: float, points: Sequence[tuple[float, float]], task: Task) -> str:
    """Say which point the query looks at most, as the mean over heads and blocks."""
    if not read.attention.size:
        return ""
    seen = len(points)
    shares = mean_shares(read, seen)
    if not seen:
        return t("With no point read there is nothing to look at yet.")
    best = int(shares[1:].argmax())
    distances = [abs(x - query) for x, _ in points]
    text = t(
        "For its answer at x = {query:.1f} it looks most at point {best}, at x = {x:.1f}: {share:.0%} of its "
        "attention.",
        query=round(query, 1) + 0.0, best=best + 1, x=round(points[best][0], 1) + 0.0, share=float(shares[1:][best]),
    )  # fmt: skip
    alike = not outside(task.amplitude, task.phase) and not off(task, points)
    clear = float(shares[1:][best]) * seen >= CLEARLY and alike
    if clear and int(np.argmin(distances)) != best:
        return joined(text, t("That is not the nearest one: a sinusoid also tells of its height far away."))
    return text


def mean_shares(read: PointsRead, seen: int) -> np.ndarray:
    """Return how much the query looks at the token before all points and at each of `seen`, the mean over heads."""
    shares: np.ndarray = read.attention[seen, :, :, : seen + 1].mean((0, 1))
    return shares


def about_by_points(errors: Mapping[str, Sequence[float]]) -> str:
    """Say from how many points on reading is better than ten steps, and how all end."""
    own, ten, process = errors["in-context"], errors["maml 10"], errors["cnp"]
    better = [n for n in range(1, len(own)) if own[n] < ten[n]]
    text = t(
        "**Notice** After ten points the transformer's error is {own:.3f}, the neural process's {process:.3f}, and "
        "MAML's {step:.3f} after one step and {ten:.3f} after ten.",
        own=own[10], process=process[10], step=errors["maml 1"][10], ten=ten[10],
    )  # fmt: skip
    few = sum(not error < TOO_LARGE for error in ten)
    if few:
        return joined(
            text,
            plural(
                few,
                "With {count} point its ten steps run away on some sinusoids, so the mean says nothing.",
                "With up to {count} points its ten steps run away on some sinusoids, so the mean says nothing.",
            ),
        )
    if len(better) == len(own) - 1:
        return joined(text, t("With any number of points the transformer is better than MAML's ten steps."))
    return text


def about_curve(steps: Sequence[OuterStep], _: int) -> str:
    """Say how far a run of the transformer is."""
    first, last = steps[0], steps[-1]
    text = t(
        "**Notice** After {updates} the error after ten points is {now:.3g}; it began at {first:.3g}.",
        updates=updates_in_words(last.iteration), now=last.after, first=first.after,
    )  # fmt: skip
    if last.after < 0.111:
        return joined(text, t("That is below MAML's ten steps (0.111 on its own test)."))
    return joined(text, t("MAML's ten steps reach 0.111 on its own test."))


def about_layer(loss: float, step: float) -> str:
    """Say how near a layer of linear attention is to the best gradient step."""
    text = t(
        "**Notice** The layer's error is {loss:.3f}, that of one gradient step with the best rate {step:.3f}.",
        loss=loss, step=step,
    )  # fmt: skip
    if abs(loss - step) <= (ONE_STEP_ALIKE - 1) * step:
        return joined(
            text, t("They differ by less than 2%: training has found the gradient step, or something as good.")
        )
    return joined(
        text, t("The training is not there yet.") if loss > step else t("The layer is better by more than 2%.")
    )


def about_few(errors: Mapping[str, Sequence[float]]) -> str:
    """Say from how many functions on a network does on new ones nearly as well as on its own."""
    new, seen, few = (np.asarray(errors[name], dtype=float) for name in ("new", "seen", "few"))
    text = t(
        "**Notice** Trained on {few:.0f} functions, its error is {seen:.3g} on those and {new:.3g} on new ones.",
        few=few[0], seen=seen[0], new=new[0],
    )  # fmt: skip
    near = new <= MUCH * seen
    start = next((i for i in range(len(few)) if near[i:].all()), None)
    if start is None:
        return text
    return joined(
        text,
        t(
            "From {few:.0f} functions on, new ones are answered about as well as its own, with at most twice the "
            "error.",
            few=few[start],
        ),
    )

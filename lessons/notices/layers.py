"""What to notice of layers that move, or are held: computed from what is on the screen."""

from collections.abc import Mapping, Sequence

import numpy as np

from core.demos.answers import LayersMoved
from core.events import OuterStep
from core.events.evaluations import Evaluation
from core.storage.checkpoints import Checkpoint
from lessons.demos.layers import HEAD_ALONE, LAYERS, NAMES, Held, relative
from lessons.demos.sinusoid import Task
from lessons.engine.language import joined, named, t
from lessons.figures.curves import inner_steps_in_words, updates_in_words
from lessons.figures.layers import which
from lessons.notices.context import off

ALIKE = 1.05  # two errors whose ratio is below this are "as good"
LITTLE = 0.25  # of what all layers gain: up to here it is "little"
OVERSHOT = 1.5  # times the error after fewer steps
TOO_LARGE = 1000.0  # of an error that is said in numbers
SAME = 0.01  # of accuracies that are "the same"


def about_moved(
    now: LayersMoved, free: LayersMoved, step: int, moves: Sequence[bool], name: str, task: Task,
    points: Sequence[tuple[float, float]],
) -> str:  # fmt: skip
    """Say how good the curve is after `step` steps with the layers `moves` moving, beside all of them (`free`), and
    which layer has moved furthest.
    """
    before, after, all_error = (
        float(error) for error in (now.query_loss[0], now.query_loss[step], free.query_loss[step])
    )
    if not step:
        return joined(
            t(
                "**Notice** No step yet: no layer has moved, and the mean squared error to the true function is "
                "{before:.3g}.",
                before=before,
            ),
            t("Next: take a step."),
        )
    if not after < TOO_LARGE:
        return t(
            "**Notice** The steps overshoot here: after {steps} the error is above 1000.",
            steps=inner_steps_in_words(step),
        )
    text = t(
        "**Notice** After {steps} the mean squared error to the true function is {after:.3g}; before them it was "
        "{before:.3g}.",
        steps=inner_steps_in_words(step), after=after, before=before,
    )  # fmt: skip
    doubt = (
        t("Some points do not lie on the true function, so the error to it says little.") if off(task, points) else ""
    )
    if all(moves):
        return joined(text, doubt or _overshot(now, step, name), _furthest(now, step, name))
    return joined(text, doubt or _beside(before, after, all_error, now, free, step, moves, name))


def _furthest(now: LayersMoved, step: int, name: str) -> str:
    shares = relative(now, step)
    layers = [t(layer) for layer in LAYERS[len(shares)]]
    still = shares == 0
    if still.sum() == len(shares) - 1:
        return t(
            "Only the {layer} has moved, by {share:.2%} of its length: {method} moves nothing else.",
            layer=layers[int(shares.argmax())], share=shares.max(), method=NAMES[name],
        )  # fmt: skip
    return t(
        "For its size the {layer} has moved furthest: by {share:.2%} of its length.",
        layer=layers[int(shares.argmax())], share=shares.max(),
    )  # fmt: skip


def _beside(
    before: float,
    after: float,
    all_error: float,
    now: LayersMoved,
    free: LayersMoved,
    step: int,
    moves: Sequence[bool],
    name: str,
) -> str:
    """Say what is left of what all layers gain where some are held."""
    held = ~np.array(moves)
    if not now.distances[step].any():
        return t("Nothing moves: {method} moves only its last layer.", method=NAMES[name])
    if not free.distances[step][held].any():
        return t("{method} does not move the layers that are held anyway.", method=NAMES[name])
    if not all_error < TOO_LARGE:
        return t("With no layer held the steps overshoot: the error is above 1000.")
    best = _best(free, step)
    if best is not None:
        return t(
            "With no layer held it is {error:.3g}, more than after {steps}: more steps of {method} are not always "
            "better.",
            error=all_error, steps=inner_steps_in_words(best), method=NAMES[name],
        )  # fmt: skip
    text = t("With no layer held it is {error:.3g}.", error=all_error)
    return joined(text, _gained(before, after, all_error))


def _overshot(free: LayersMoved, step: int, name: str) -> str:
    """Say so where fewer steps would have been much better."""
    best = _best(free, step)
    if best is None:
        return ""
    return t(
        "That is more than after {steps}: more steps of {method} are not always better.",
        steps=inner_steps_in_words(best), method=NAMES[name],
    )  # fmt: skip


def _best(free: LayersMoved, step: int) -> int | None:
    """Return after how many steps the error was lowest, where it has become much larger since."""
    best = int(np.argmin(free.query_loss[: step + 1]))
    return best if free.query_loss[step] > OVERSHOT * free.query_loss[best] else None


def _gained(before: float, after: float, all_error: float) -> str:
    """Say how much of what all layers gain is gained by those that may move."""
    if all_error >= before:
        return ""
    if after <= all_error * ALIKE:
        return t("So the layers that are held are not needed for these points.")
    gain = min((before - after) / (before - all_error), 0.99)
    sentences = (
        (0.0, "The layers that may move gain nothing by themselves."),
        (LITTLE, "The layers that may move gain little of what all gain: {gain:.0%}."),
        (1.0, "The layers that may move gain {gain:.0%} of what all gain."),
    )
    return t(next(text for limit, text in sentences if gain <= limit), gain=gain)


def about_held(rows: Sequence[Held], accuracy: bool, label: str, by_rule: bool = False) -> str:
    """Say which single layer is as good as all of them, and what is left without the last one. by_rule: the method
    moves the last one alone.
    """
    everything = next(row.scored.score for row in rows if all(row.moves))
    alone = {row.moves: row.scored.score for row in rows if sum(row.moves) == 1}
    best = (max if accuracy else min)(alone, key=lambda moves: alone[moves])
    form = "{:.1%}" if accuracy else "{:.3g}"
    text = t(
        "**Notice** {method}: {all} with no layer held; {best} with {layer} moving, the best of the single layers.",
        method=label, all=form.format(everything), best=form.format(alone[best]), layer=which(best),
    )  # fmt: skip
    near = alone[best] >= everything - SAME if accuracy else alone[best] <= everything * ALIKE
    body = next(row.scored.score for row in rows if not row.moves[-1] and sum(row.moves) == len(row.moves) - 1)
    if by_rule:
        text = joined(text, t("That is its rule: it moves nothing but the last layer."))
    elif near:
        text = joined(text, t("The others need not move at all."))
    return joined(text, t("With the last layer held it is {body}.", body=form.format(body)))


def about_rates(by_layer: Sequence[np.ndarray]) -> str:
    """Say how many rates are below zero, in which layer they are largest, and where they lie in the middle."""
    everything = np.concatenate(by_layer)
    medians = [float(np.median(np.abs(values))) for values in by_layer]
    largest = int(np.argmax(medians))
    return joined(
        t(
            "**Notice** {share:.0%} of all rates are below zero: there the step goes *up* the gradient.",
            share=float((everything < 0).mean()),
        ),
        t(
            "Without their signs, the rates are largest in the {layer}: half of them are above {size:.3f}.",
            size=medians[largest], layer=t(LAYERS[3][largest]),
        ),
    )  # fmt: skip


def about_by_step(runs: Mapping[str, Checkpoint]) -> str:
    """Say where each method is best, and whether more steps than it was trained with help it."""
    parts = []
    for name, run in runs.items():
        assert isinstance(run.evaluation, Evaluation)
        losses = run.evaluation.loss_by_step
        best = int(np.argmin(losses))
        worse = losses[-1] > losses[best] * ALIKE
        said = (
            "{method} is best after {steps}, with {error:.3f}, and gets worse with more."
            if worse
            else "{method} has {error:.3f} after {steps}."
        )
        parts.append(t(said, method=NAMES[name], steps=inner_steps_in_words(best), error=float(losses[best])))
    return t("**Notice** {parts}", parts=joined(*parts))


def about_curve(steps: Sequence[OuterStep], inner: int) -> str:
    """Say how far a run is: the error after its inner steps, at first and now."""
    first, last = steps[0], steps[-1]
    return t(
        "**Notice** After {updates} the error on unseen sinusoids is {now:.3g} after {inner}; before the training it "
        "was {first:.3g}.",
        updates=updates_in_words(last.iteration), now=last.after, first=first.after, inner=inner_steps_in_words(inner),
    )  # fmt: skip


def about_characters(rows: Mapping[str, Sequence[Held]], labels: Mapping[str, str]) -> str:
    """Say in which networks the last layer alone does as well as all layers, and in which it does not."""
    said, alone = list[str](), list[str]()
    for name, held in rows.items():
        everything = next(row.scored.score for row in held if all(row.moves))
        last = next(row.scored.score for row in held if row.moves[-1] and sum(row.moves) == 1)
        said.append(t("{method} {last:.1%} (no layer held: {all:.1%})", method=labels[name], last=last, all=everything))
        if name in HEAD_ALONE:
            continue
        if last >= everything - SAME:
            alone.append(labels[name])
    text = t("**Notice** With only the last layer moving: {parts}.", parts=named(said))
    rule = t("ANIL moves nothing else, by its rule.") if any(name in HEAD_ALONE for name in rows) else ""
    free = [labels[name] for name in rows if name not in HEAD_ALONE]
    if len(alone) == len(free):
        return joined(text, rule, t("In each of the others the last layer does it alone, too."))
    if not alone:
        return joined(text, rule, t("In none of the others does the last layer do it alone."))
    return joined(text, rule, t("Of the others, the last layer does it alone in: {names}.", names=named(alone)))

"""Notices of the optimization pages: texts on what the learner's screen shows now."""

from collections.abc import Sequence

import numpy as np

from core.demos.answers import Travelled
from core.events import Fitted, FittedEpisode, OuterStep, Swept
from lessons.engine.language import listed, named, plural, t
from lessons.figures.curves import inner_steps_in_words
from lessons.figures.theme import INITS

EXPLODED = 10  # times the error at the start
LEAST_ERROR = 0.1  # a start that is right by luck overshoots where its error rises above ten times this
FLOOR = 3.0  # mean squared error of the best single curve on all of p(T): E[A^2] / 2 minus that curve's mean square
FEW_POINTS = 3
HALF = 0.5
NEARLY_NONE = 0.02  # of the error of answering 0: below this, the tasks can hardly be told from their average
ALIKE = 0.2  # of the error of answering 0: below this, one average is enough


def about_fit(fits: Sequence[Fitted], step: int, rate: float, points: int) -> str:
    """Compare the initializations of one fit to so many `points` at `step`."""
    learned = fits[-1]
    label = INITS[learned.name].label
    if not rate:
        return t("**Notice** With an inner rate of 0 no step moves anything. Next: set the inner rate to 0.01.")
    exploded = [fit for fit in fits if _explodes(fit)]
    if exploded:
        return _about_overshooting(exploded, rate)
    if step == 0:
        losses = (t("{label} {loss:.2f}", label=INITS[f.name].label, loss=float(f.query_loss[0])) for f in fits)
        return t(
            "**Notice** No start has seen a point of this task yet. Errors: {losses}. At step 0 each start draws the "
            "same curve for every task, so a low error here is luck. Next: move the slider to 1.",
            losses=listed(losses),
        )
    before, now = float(learned.query_loss[0]), float(learned.query_loss[step])
    if now >= before:
        return _about_failing(learned, step)
    later = listed(_reached(fit, now) for fit in fits[:-1])
    text = t(
        "**Notice** After {steps} the {label} has brought its error from {before:.2f} to {now:.2f}; {later}. ",
        steps=steps_in_words(step), label=label, before=before, now=now, later=later,
    )  # fmt: skip
    if points > FEW_POINTS:
        return text + t("Next: drag a point, or leave only three, and see what the learned start still gets right.")
    return text + t("Next: add points, one at a time, and see which of them helps most.")


def _explodes(fit: Fitted) -> bool:
    """Return whether the error against the true curve rises far above its start, even where it comes down again later.

    The error on the points must rise too: that tells steps that are too long from points that say too little.
    """
    return bool(_risen(fit.query_loss) and _risen(fit.support_loss, 1))


def _risen(loss: np.ndarray, times: float = EXPLODED) -> int:
    """Return the first step at which an error is more than so many `times` as large as at its start; 0 if at none."""
    return int(np.argmax(~(loss <= times * max(float(loss[0]), LEAST_ERROR))))


def _about_overshooting(exploded: Sequence[Fitted], rate: float) -> str:
    last = exploded[-1]
    text = t(
        "**Notice** With an inner rate of {rate:g} the error of these starts grows more than tenfold: {names}. ",
        rate=rate, names=named(INITS[fit.name].label for fit in exploded),
    )  # fmt: skip
    return text + t(
        "On the way, the error of each of them is more than ten times its error at step 0; that of the {last} is so "
        "after {steps}. A learned start belongs to the inner rate that it was learned with. Next: try a smaller rate.",
        last=INITS[last.name].label, steps=steps_in_words(_risen(last.query_loss)),
    )  # fmt: skip


def _about_failing(fit: Fitted, step: int) -> str:
    """Say why the error against the true curve has not fallen: the steps overshoot, or the points say too little."""
    text = t(
        "**Notice** After {steps} the error of the {label} has gone from {before:.2f} to {now:.2f}: no gain. ",
        steps=steps_in_words(step), label=INITS[fit.name].label, before=float(fit.query_loss[0]),
        now=float(fit.query_loss[step]),
    )  # fmt: skip
    before, now = float(fit.support_loss[0]), float(fit.support_loss[step])
    if now >= before:
        return text + t(
            "Even on the points that it learns from, its error has not fallen ({before:.2f}, then {now:.2f}): the "
            "steps overshoot. Next: try a smaller inner rate.",
            before=before, now=now,
        )  # fmt: skip
    return text + t(
        "On the points that it learns from, its error has fallen from {before:.2f} to {now:.2f}: what they teach does "
        "not hold for the rest of the curve. Next: add points, or put them back.",
        before=before, now=now,
    )  # fmt: skip


def _reached(fit: Fitted, loss: float) -> str:
    """Say after how many steps another start has an error as low as `loss`."""
    known, steps = INITS[fit.name].label, len(fit.query_loss) - 1
    later = np.flatnonzero(fit.query_loss <= loss)
    if not len(later):
        return t(
            "the {known} does not get there in {steps} steps ({loss:.2f})",
            known=known, steps=steps, loss=float(fit.query_loss[-1]),
        )  # fmt: skip
    if not later[0]:
        return t("the {known} was that good before its first step", known=known)
    return plural(
        int(later[0]), "the {known} needs {count} step for as much", "the {known} needs {count} steps for as much",
        known=known,
    )  # fmt: skip


def steps_in_words(number: int) -> str:
    """Return a number of steps in words, as in "1 step"."""
    return plural(number, "{count} step", "{count} steps")


def about_curve(steps: Sequence[OuterStep], inner_steps: int, method: str = "maml") -> str:
    """Say what a learning curve shows, and which part of it `method` trains."""
    if len(steps) < 2:
        return ""
    first, last = steps[0], steps[-1]
    if inner_steps == 0:
        return t(
            "**Notice** With zero inner steps the two curves are one: this is plain joint training. Its error went "
            "from {before:.2f} to {after:.2f}. The best single curve for all tasks has an error of about {floor:.1f}: "
            "without a step, no training gets much below that.",
            before=first.after, after=last.after, floor=FLOOR,
        )  # fmt: skip
    text = t(
        "**Notice** The loss *before* adapting went from {b0:.2f} to {b1:.2f}, the loss *after* {steps} from "
        "{a0:.2f} to {a1:.2f}. ",
        b0=first.before, b1=last.before, a0=first.after, a1=last.after, steps=inner_steps_in_words(inner_steps),
    )  # fmt: skip
    if method == "reptile":
        return text + t("Reptile computes neither of them in training: it only moves towards its trained copies.")
    return text + t("MAML trains only the second; nothing in its training holds the first one down.")


def about_average(tasks: int, error: float, zero: float) -> str:
    """Say how far the average of the drawn tasks is from them, and what would change that."""
    if tasks == 1:
        return t("**Notice** A single task is its own average. Next: draw more tasks.")
    share = error / zero if zero else 0.0
    if share < NEARLY_NONE:
        return t(
            "**Notice** These {tasks} tasks are nearly one and the same: their average has less than 2% of the error "
            "of answering 0 everywhere. Tasks as alike as these need no meta-learning. Next: widen the phases or the "
            "amplitudes.",
            tasks=tasks,
        )
    text = t(
        "**Notice** The average of these {tasks} tasks has a mean squared error of **{error:.3g}** on them; answering "
        "0 everywhere has {zero:.3g}. A model that gives one answer to all of them keeps at least {share:.0%} of that "
        "error, however long it trains. ",
        tasks=tasks, error=error, zero=zero, share=share,
    )  # fmt: skip
    if share < ALIKE:
        return text + t("Tasks as alike as these need no meta-learning: their average does well.")
    return text + t("Next: narrow the phases, then the amplitudes. Which of the two brings the share down more?")


def about_closed_form(tasks: int, least: float, largest: float, spread: float) -> str:
    """Say for which tasks the formula of the average holds, and what it has to do with the `tasks` in the figure."""
    amplitudes = (
        t("an amplitude of {largest:g}", largest=largest)
        if largest <= least
        else t("amplitudes from {least:g} to {largest:g}", least=least, largest=largest)
    )
    phases = t("a phase of 0") if not spread else t("phases from 0 to {spread:.2f}", spread=spread)
    text = t(
        "This is for {amplitudes} and {phases}, as the sliders stand. ", amplitudes=amplitudes, phases=phases,
    )  # fmt: skip
    if largest <= least and not spread:
        return text + t("Then all tasks are the same sinusoid, and this is it.")
    return text + plural(
        tasks,
        "A single task, as in the figure, has an average of its own; that of many tasks comes near to this one.",
        "The average of the {count} tasks in the figure comes near to it when they are many.",
    )


def about_rates(swept: Sequence[Swept], steps: int, trained: float) -> str:
    """Name the best inner rate of the learned initialization, the last of `swept`, after `steps` inner steps."""
    if steps == 0:
        return t("**Notice** Without a step the rate does not matter. Move the slider to 1.")
    learned, pretrained = swept[-1].losses[steps], swept[1].losses[steps]
    best, other = int(np.nanargmin(learned)), int(np.nanargmin(pretrained))
    return t(
        "**Notice** With {steps} MAML's start does best at an inner rate of {rate:.2g} (loss {loss:.2f}); it was "
        "trained with one step at {trained:g}. The jointly pretrained start does best at {other_rate:.2g} "
        "(loss {other:.2f}).",
        steps=inner_steps_in_words(steps), rate=float(swept[-1].rates[best]), loss=float(learned[best]),
        trained=trained, other=float(pretrained[other]), other_rate=float(swept[1].rates[other]),
    )  # fmt: skip


def about_travel(travels: Sequence[Travelled], step: int) -> str:
    """Say why few steps are enough: what `step` steps gain from each start, and how far they move it."""
    *others, learned = travels
    label = INITS[learned.name].label
    if step == 0:
        return t("**Notice** Before the first step nothing has moved. Move the slider to 1.")
    loss, gone = learned.losses, learned.distances
    text = t(
        "**Notice** From the {label}, {steps} take the error on {tasks} unseen tasks from {before:.2f} to {after:.2f}. "
        "The weights move by {gone:.2f}, which is {share:.1%} of the length of θ ({length:.1f}). "
        if step > 1
        else "**Notice** From the {label}, {steps} takes the error on {tasks} unseen tasks from {before:.2f} to "
        "{after:.2f}. It moves it by {gone:.2f}, which is {share:.1%} of the length of θ ({length:.1f}). ",
        label=label, steps=inner_steps_in_words(step), tasks=learned.tasks, before=float(loss[0]),
        after=float(loss[step]), gone=float(gone[step]), share=float(gone[step]) / learned.length,
        length=learned.length,
    )  # fmt: skip
    for other in others:
        text += t(
            "From the {label}: {before:.2f} to {after:.2f}, moved by {gone:.2f}. ",
            label=INITS[other.name].label, before=float(other.losses[0]), after=float(other.losses[step]),
            gone=float(other.distances[step]),
        )  # fmt: skip
    text += t(
        "The *first* step from the {label} makes {gain:.0%} of what all {steps} steps gain, and goes {part:.0%} as "
        "far. ",
        label=label, gain=float((loss[0] - loss[1]) / (loss[0] - loss[-1])), part=float(gone[1] / gone[-1]),
        steps=len(gone) - 1,
    )  # fmt: skip
    return text + _agreement(travels[0]) + _agreement(learned)


def _agreement(result: Travelled) -> str:
    """Say whether the tasks' first steps from a start have a common direction."""
    return t(
        "Averaged over the tasks, the first steps from the {label} keep {shared:.0%} of their length: {meaning}. ",
        label=INITS[result.name].label, shared=result.shared,
        meaning=t("they point nearly the same way")
        if result.shared > HALF
        else t("they point in different directions, and nearly cancel"),
    )  # fmt: skip


def about_episode(fits: Sequence[FittedEpisode], step: int, shots: int = 1) -> str:
    """Compare the initializations of one episode with so many `shots` at `step`."""
    learned = fits[-1]
    label = INITS[learned.name].label
    count, way = learned.probabilities.shape[1:]
    if step == 0:
        return t(
            "**Notice** Before any step nobody can know which character is called A and which B: the {label} has "
            "{right} of {count} queries right, chance is {chance:.0f}. What it has learned is not an answer. Move the "
            "slider to 1.",
            label=label, right=_right(learned, 0), count=count, chance=count / way,
        )  # fmt: skip
    text = t(
        "**Notice** After {steps} the {label} has {right} of {count} queries right; {others}. ",
        steps=steps_in_words(step), label=label, right=_right(learned, step), count=count,
        others=named(f"{INITS[fit.name].label} {_right(fit, step)}" for fit in fits[:-1]),
    )  # fmt: skip
    wrong = count - _right(learned, step)
    if not wrong:
        return text + t("Next: draw a new episode until it fails, and look at which pictures it confuses.")
    sure = learned.probabilities[step].max(-1)
    missed = learned.probabilities[step].argmax(-1) != np.arange(count) % way
    if not missed.all():
        text += plural(
            wrong,
            "It misses {count} of them, with {missed:.0%} confidence; its right answers have {kept:.0%} on average. ",
            "It misses {count} of them, with {missed:.0%} confidence on average; its right answers have {kept:.0%}. ",
            missed=float(sure[missed].mean()), kept=float(sure[~missed].mean()),
        )  # fmt: skip
    return text + (t("Next: give it 5 shots of the same characters.") if shots == 1 else t("Next: a new episode."))


def _right(fit: FittedEpisode, step: int) -> int:
    return round(float(fit.accuracy[step]) * fit.probabilities.shape[1])


def about_accuracy(steps: Sequence[OuterStep], inner_steps: int, way: int) -> str:
    """Say what a few-shot learning curve shows: how many queries are right before and after adapting."""
    if len(steps) < 2:
        return ""
    first, last = steps[0], steps[-1]
    if last.accuracy_before is None or last.accuracy_after is None or first.accuracy_after is None:
        return ""
    if inner_steps == 0:
        return t(
            "**Notice** With zero inner steps nothing can be learned of an episode: which class is called A changes "
            "from one to the next, so the best that one fixed answer can do is chance, {chance:.0%}.",
            chance=1 / way,
        )
    return t(
        "**Notice** *Before* adapting it has {before:.0%} of the queries right, where chance is {chance:.0%}: which "
        "class is called A changes from one episode to the next. *After* {steps} it went from {first:.0%} to "
        "{last:.0%} on unseen characters.",
        before=last.accuracy_before, chance=1 / way, steps=inner_steps_in_words(inner_steps),
        first=first.accuracy_after, last=last.accuracy_after,
    )  # fmt: skip

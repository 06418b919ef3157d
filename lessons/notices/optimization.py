"""Notices of the optimization pages: texts on what the learner's screen shows now."""

from collections.abc import Sequence

import numpy as np

from core.events import Arrows, Fitted, FittedEpisode, OuterStep, Swept
from lessons.demos.plane import angle, outer_arrow
from lessons.engine.language import t
from lessons.figures.curves import inner_steps_in_words
from lessons.figures.theme import INITS


def about_fit(fits: Sequence[Fitted], step: int, rate: float) -> str:
    """Compare the initializations of one fit at `step`."""
    learned = fits[-1]
    label = INITS[learned.name].label
    losses = {fit.name: fit.query_loss for fit in fits}
    exploded = [fit for fit in fits if not fit.query_loss[-1] < 10 * max(fit.query_loss[0], 1)]
    if exploded:
        worse = next(
            i for i, loss in enumerate(exploded[-1].query_loss) if not loss < 10 * max(exploded[-1].query_loss[0], 1)
        )
        return t(
            "**Notice** With an inner rate of {rate:g} the steps overshoot: {names} explodes, the loss of the "
            "last one is "
            "more than ten times its start from step {worse} on. An initialization is learned *for* an inner rate: the "
            "two belong together. Try a smaller rate.",
            rate=rate, names=t(" and ").join(INITS[fit.name].label for fit in exploded), worse=worse,
        )  # fmt: skip
    if step == 0:
        return t(
            "**Notice** Before any step nobody knows the task ({first}): the learned initialization is not a good "
            "*answer*, it is a good *place to start*. Move the slider to 1.",
            first="; ".join(f"{INITS[name].label} {loss[0]:.2f}" for name, loss in losses.items()),
        )
    now = float(learned.query_loss[step])
    if now >= learned.query_loss[0]:
        return t(
            "**Notice** These points brought the {label} from {before:.2f} to {now:.2f}: it got worse. It is quick on "
            "tasks like those it was trained on, sinusoids of amplitude 0.1 to 5 and phase 0 to 3.14; points "
            "that fit no "
            "such curve lead it astray. Next: put the points back, or move one at a time.",
            label=label, before=float(learned.query_loss[0]), now=now,
        )  # fmt: skip
    reached = []
    for fit in fits[:-1]:
        later = np.flatnonzero(fit.query_loss <= now)
        known = INITS[fit.name].label
        reached.append(
            t("the {known} needs {steps} steps for as much", known=known, steps=later[0])
            if len(later)
            else t(
                "the {known} does not get there in {steps} steps ({loss:.2f})",
                known=known, steps=len(fit.query_loss) - 1, loss=float(fit.query_loss[-1]),
            )
        )  # fmt: skip
    return t(
        "**Notice** After {steps} the {label} has brought its error from {before:.2f} to {now:.2f}; {reached}. "
        "Next: drag "
        "a point, or leave only three, and see what the learned start still knows.",
        steps=steps_in_words(step), label=label, before=float(learned.query_loss[0]), now=now,
        reached=", ".join(reached),
    )  # fmt: skip


def steps_in_words(number: int) -> str:
    """Return a number of steps in words, as in "1 step"."""
    return t("1 step") if number == 1 else t("{n} steps", n=number)


def about_curve(steps: Sequence[OuterStep], inner_steps: int) -> str:
    """Say what a learning curve shows: meta-learning lowers the loss after adapting, not before."""
    if len(steps) < 2:
        return ""
    first, last = steps[0], steps[-1]
    if inner_steps == 0:
        return t(
            "**Notice** With zero inner steps both curves are one: this is plain joint training. It ends at "
            "{after:.2f}, near the error of the average function, and cannot get below it.",
            after=last.after,
        )
    return t(
        "**Notice** The loss *before* adapting went from {b0:.2f} to {b1:.2f}, the loss *after* {steps} from "
        "{a0:.2f} to {a1:.2f}. Only the second one is what meta-learning trains; the first may even rise.",
        b0=first.before, b1=last.before, a0=first.after, a1=last.after, steps=inner_steps_in_words(inner_steps),
    )  # fmt: skip


def about_average(tasks: int, error: float, zero: float) -> str:
    """Say how far the average of the drawn tasks is from them, and what would change that."""
    share = error / zero if zero else 0.0
    text = t(
        "**Notice** The average of these {tasks} tasks is off by **{error:.2f}** in the mean square; answering 0 "
        "everywhere is off by {zero:.2f}. One model for all keeps {share:.0%} of the error, however long it trains. ",
        tasks=tasks, error=error, zero=zero, share=share,
    )  # fmt: skip
    if share < 0.25:
        return text + t(
            "Now the tasks are nearly alike, so the average does well: meta-learning pays only where tasks differ."
        )
    return text + t("Try: narrow the phases to 0.3 and see when one average model would do.")


def about_rates(swept: Sequence[Swept], steps: int, trained: float) -> str:
    """Name the best inner rate of the learned initialization, the last of `swept`, after `steps` inner steps."""
    if steps == 0:
        return t("**Notice** Without a step the rate does not matter. Move the slider to 1.")
    learned, pretrained = swept[-1].losses[steps], swept[1].losses[steps]
    best = int(np.nanargmin(learned))
    return t(
        "**Notice** With {steps} MAML's start does best at an inner rate of {rate:.2g} (loss {loss:.2f}); it was "
        "trained at {trained:g}. The pretrained net, which is the best *average*, reaches {other:.2f} at its "
        "best rate.",
        steps=inner_steps_in_words(steps), rate=float(swept[-1].rates[best]), loss=float(learned[best]),
        trained=trained, other=float(np.nanmin(pretrained)),
    )  # fmt: skip


def angles(all_arrows: Sequence[Arrows]) -> dict[tuple[str, str], float]:
    """Return the angle between the outer arrows of each pair of methods, in degrees."""
    by_name = {arrows.name: outer_arrow(arrows) for arrows in all_arrows}
    names = list(by_name)
    return {(a, b): angle(by_name[a], by_name[b]) for i, a in enumerate(names) for b in names[i + 1 :]}


def about_plane(all_arrows: Sequence[Arrows], inner_steps: int) -> str:
    """Say what the three outer arrows show."""
    between = angles(all_arrows)
    if any(not np.isfinite(arrows.path).all() or np.abs(arrows.path).max() > 50 for arrows in all_arrows):
        return t("**Notice** The inner steps overshoot and leave the plane. Try a smaller inner rate.")
    if inner_steps == 0:
        return t(
            "**Notice** Without inner steps MAML and first-order MAML are the same: the plain gradient of the mean "
            "loss. Reptile has no arrow at all, since its copies do not move."
        )
    hessian = between[("maml", "fomaml")]
    words = (
        t("they all but agree here: this surface is nearly flat along the paths")
        if hessian < 5
        else t("that difference is the Hessian term alone, the part that first order leaves out")
    )
    text = t("**Notice** MAML and first-order MAML point {hessian:.0f}° apart: {words}. ", hessian=hessian, words=words)
    text += t("Reptile is {reptile:.0f}° from first-order MAML. ", reptile=between[("fomaml", "reptile")])
    if inner_steps == 1:
        text += t(
            "With one inner step Reptile's arrow is the gradient of the mean loss *at theta*; first-order MAML's is "
            "the gradient *at phi*. "
        )
    return text + t("Next: make the inner rate tiny and watch the angles close.")


def about_episode(fits: Sequence[FittedEpisode], step: int) -> str:
    """Compare the initializations of one episode at `step`."""
    learned = fits[-1]
    label = INITS[learned.name].label
    count, way = learned.probabilities.shape[1:]
    if step == 0:
        return t(
            "**Notice** Before any step nobody can know which character is called A and which B: the {label} has "
            "{right} "
            "of {count} queries right, chance is {chance:.0f}. What is learned is not an answer. Move the slider to 1.",
            label=label, right=_right(learned, 0), count=count, chance=count / way,
        )  # fmt: skip
    text = t(
        "**Notice** After {steps} the {label} has {right} of {count} queries right; {others}. ",
        steps=steps_in_words(step), label=label, right=_right(learned, step), count=count,
        others=", ".join(f"{INITS[fit.name].label} {_right(fit, step)}" for fit in fits[:-1]),
    )  # fmt: skip
    wrong = count - _right(learned, step)
    if not wrong:
        return text + t("Next: draw a new episode until it fails, and look at which pictures it confuses.")
    sure = learned.probabilities[step].max(-1)
    missed = learned.probabilities[step].argmax(-1) != np.arange(count) % way
    if (~missed).any():
        text += t(
            "It misses {wrong}; its mistakes come with {missed:.0%} confidence on average, its right answers with "
            "{kept:.0%}. ",
            wrong=wrong, missed=float(sure[missed].mean()), kept=float(sure[~missed].mean()),
        )  # fmt: skip
    return text + t("Next: give it 5 shots of the same characters.")


def _right(fit: FittedEpisode, step: int) -> int:
    return round(float(fit.accuracy[step]) * fit.probabilities.shape[1])


def about_accuracy(steps: Sequence[OuterStep], inner_steps: int, way: int) -> str:
    """Say what a few-shot learning curve shows: chance before adapting, far above it after."""
    if len(steps) < 2:
        return ""
    first, last = steps[0], steps[-1]
    if last.accuracy_before is None or last.accuracy_after is None or first.accuracy_after is None:
        return ""
    if inner_steps == 0:
        return t(
            "**Notice** With zero inner steps nothing can be learned: which class is called A is drawn anew in every "
            "episode, so the best that one fixed answer can do is chance, {chance:.0%}.",
            chance=1 / way,
        )
    return t(
        "**Notice** *Before* adapting it stays near chance ({before:.0%}; one of {way} is {chance:.0%}), for the "
        "names of "
        "the classes are drawn anew in every episode. *After* {steps} it went from {first:.0%} to {last:.0%} on "
        "characters that training has never shown.",
        before=last.accuracy_before, way=way, chance=1 / way, steps=inner_steps_in_words(inner_steps),
        first=first.accuracy_after, last=last.accuracy_after,
    )  # fmt: skip

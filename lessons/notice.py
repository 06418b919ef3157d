"""What to notice, said from what is on the learner's screen."""

from collections.abc import Sequence

import numpy as np

from core.events import Arrows, Fitted, FittedEpisode, OuterStep, Swept
from lessons.figures.plane import angle, outer_arrow
from lessons.figures.theme import INITS
from lessons.language import t


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
        names = " and ".join(INITS[fit.name].label for fit in exploded)
        return (
            f"**Notice** With an inner rate of {rate:g} the steps overshoot: {names} explodes, the loss of the "
            f"last one is more than ten times its start from step {worse} on. An initialization is learned "
            "*for* an inner rate: the two belong together. Try a smaller rate."
        )
    if step == 0:
        first = "; ".join(f"{INITS[name].label} {loss[0]:.2f}" for name, loss in losses.items())
        return (
            f"**Notice** Before any step nobody knows the task ({first}): the learned initialization is not a good "
            "*answer*, it is a good *place to start*. Move the slider to 1."
        )
    now = learned.query_loss[step]
    if now >= learned.query_loss[0]:
        return (
            f"**Notice** These points brought the {label} from {learned.query_loss[0]:.2f} to {now:.2f}: it got worse. "
            "It is quick on tasks like those it was trained on, sinusoids of amplitude 0.1 to 5 and phase 0 to 3.14; "
            "points that fit no such curve lead it astray. Next: put the points back, or move one at a time."
        )
    reached = []
    for fit in fits[:-1]:
        later = np.flatnonzero(fit.query_loss <= now)
        known = INITS[fit.name].label
        reached.append(
            f"the {known} needs {later[0]} steps for as much"
            if len(later)
            else f"the {known} does not get there in {len(fit.query_loss) - 1} steps ({fit.query_loss[-1]:.2f})"
        )
    return (
        f"**Notice** After {step} step{'s' * (step != 1)} the {label} has brought its error from "
        f"{learned.query_loss[0]:.2f} to {now:.2f}; {', '.join(reached)}. "
        "Next: drag a point, or leave only three, and see what the learned start still knows."
    )


def about_curve(steps: Sequence[OuterStep], inner_steps: int) -> str:
    """What a learning curve shows: that meta-learning lowers the loss after adapting, not before."""
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


def inner_steps_in_words(number: int) -> str:
    """A number of inner steps, as in "1 inner step"."""
    return t("1 inner step") if number == 1 else t("{n} inner steps", n=number)


def about_average(tasks: int, error: float, zero: float) -> str:
    """How far the average of the drawn tasks is from them, and what would change that."""
    share = error / zero if zero else 0.0
    told = t(
        "**Notice** The average of these {tasks} tasks is off by **{error:.2f}** in the mean square; answering 0 "
        "everywhere is off by {zero:.2f}. One model for all keeps {share:.0%} of the error, however long it trains. ",
        tasks=tasks, error=error, zero=zero, share=share,
    )  # fmt: skip
    if share < 0.25:
        return told + t(
            "Now the tasks are nearly alike, so the average does well: meta-learning pays only where tasks differ."
        )
    return told + t("Try: narrow the phases to 0.3 and see when one average model would do.")


def about_rates(swept: Sequence[Swept], steps: int, trained: float) -> str:
    """The best inner rate of the learned start, the last of `swept`, after so many steps."""
    if steps == 0:
        return t("**Notice** Without a step the rate does not matter. Move the slider to 1.")
    learned, pretrained = swept[-1].losses[steps], swept[1].losses[steps]
    at = int(np.nanargmin(learned))
    return t(
        "**Notice** With {steps} MAML's start does best at an inner rate of {rate:.2g} (loss {loss:.2f}); it was "
        "trained at {trained:g}. The pretrained net, which is the best *average*, reaches {other:.2f} at its "
        "best rate.",
        steps=inner_steps_in_words(steps), rate=float(swept[-1].rates[at]), loss=float(learned[at]), trained=trained,
        other=float(np.nanmin(pretrained)),
    )  # fmt: skip


def angles(found: Sequence[Arrows]) -> dict[tuple[str, str], float]:
    """Degrees between the outer arrows of each two methods."""
    arrows = {one.name: outer_arrow(one) for one in found}
    names = list(arrows)
    return {(a, b): angle(arrows[a], arrows[b]) for i, a in enumerate(names) for b in names[i + 1 :]}


def about_plane(found: Sequence[Arrows], inner_steps: int) -> str:
    """What the three outer arrows say."""
    between = angles(found)
    if any(not np.isfinite(one.path).all() or np.abs(one.path).max() > 50 for one in found):
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
    told = t("**Notice** MAML and first-order MAML point {hessian:.0f}° apart: {words}. ", hessian=hessian, words=words)
    told += t("Reptile is {reptile:.0f}° from first-order MAML. ", reptile=between[("fomaml", "reptile")])
    if inner_steps == 1:
        told += t(
            "With one inner step Reptile's arrow is the gradient of the mean loss *at theta*; first-order MAML's is "
            "the gradient *at phi*. "
        )
    return told + t("Next: make the inner rate tiny and watch the angles close.")


def about_episode(fits: Sequence[FittedEpisode], step: int) -> str:
    """Compare the initializations of one episode at `step`."""
    by_name = {fit.name: fit for fit in fits}
    learned = fits[-1]
    label = INITS[learned.name].label
    count = learned.probabilities.shape[1]
    way = learned.probabilities.shape[2]
    if step == 0:
        return (
            f"**Notice** Before any step nobody can know which character is called A and which B: the {label} has "
            f"{_right(learned, 0)} of {count} queries right, chance is {count / way:.0f}. What is learned is not an "
            "answer. Move the slider to 1."
        )
    others = [f"{INITS[name].label} {_right(fit, step)}" for name, fit in by_name.items() if name != learned.name]
    steps = f"{step} step{'s' * (step != 1)}"
    told = f"**Notice** After {steps} the {label} has {_right(learned, step)} of {count} queries right"
    told += f"; {', '.join(others)}. "
    wrong = count - _right(learned, step)
    if wrong:
        sure = learned.probabilities[step].max(-1)
        missed = learned.probabilities[step].argmax(-1) != np.arange(count) % way
        return told + (
            f"It misses {wrong}; its mistakes come with {sure[missed].mean():.0%} confidence on average, its right "
            f"answers with {sure[~missed].mean():.0%}. Next: give it 5 shots of the same characters."
            if (~missed).any()
            else "Next: give it 5 shots of the same characters."
        )
    return told + "Next: draw a new episode until it fails, and look at which pictures it confuses."


def _right(fit: FittedEpisode, step: int) -> int:
    return round(float(fit.accuracy[step]) * fit.probabilities.shape[1])


def about_accuracy(steps: Sequence[OuterStep], inner_steps: int, way: int) -> str:
    """What a few-shot learning curve shows: chance before adapting, far above it after."""
    if len(steps) < 2:
        return ""
    first, last = steps[0], steps[-1]
    if last.accuracy_before is None or last.accuracy_after is None or first.accuracy_after is None:
        return ""
    if inner_steps == 0:
        return (
            f"**Notice** With zero inner steps nothing can be learned: which class is called A is drawn anew in every "
            f"episode, so the best that one fixed answer can do is chance, {1 / way:.0%}."
        )
    return (
        f"**Notice** *Before* adapting it stays near chance ({last.accuracy_before:.0%}; one of {way} is "
        f"{1 / way:.0%}), for the names of the classes are drawn anew in every episode. *After* {inner_steps} inner "
        f"step{'s' * (inner_steps != 1)} it went from {first.accuracy_after:.0%} to {last.accuracy_after:.0%} on "
        "characters that training has never shown."
    )

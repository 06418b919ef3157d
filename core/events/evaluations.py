"""The scores that a training run ends with, on tasks that it has not seen, and how each is said in words."""

from dataclasses import dataclass
from math import isfinite
from typing import Any, ClassVar

import numpy as np

from core.events import Array, Event


class Scored(Event):
    """Base of the evaluations that end a run: they share the event's name "evaluation".

    LEAST: the fewest places that a list of scores has, where a file holds one.
    """

    LEAST: ClassVar[int] = 1

    @property
    def brief(self) -> str:
        """The score in a few words, for a list of runs."""
        raise NotImplementedError

    def lines(self) -> list[str]:
        """Return the score in lines for people."""
        raise NotImplementedError

    def to_json(self) -> dict[str, Any]:
        """Return the values, with the event's name that all evaluations share."""
        return super().to_json() | {"event": "evaluation"}


@dataclass(frozen=True, eq=False)
class Evaluation(Scored):
    """Mean query MSE over `tasks` unseen tasks after 0, 1, ... inner steps, and the half width of
    its 95% confidence interval. loss_by_step, ci95: [steps + 1].
    """

    iteration: int
    loss_by_step: Array
    ci95: Array
    tasks: int
    inner_rate: float

    @property
    def brief(self) -> str:
        """The error after the last step."""
        return f"MSE {self.loss_by_step[-1]:.3g}"

    def lines(self) -> list[str]:
        """Return the error after each step."""
        about = f"{self.iteration} outer updates; query MSE on {self.tasks} unseen tasks (95% interval),"
        scores = [
            f"  after {step:2d} inner steps  " + (_plus_minus(loss, half) or "not finite any more")
            for step, (loss, half) in enumerate(zip(self.loss_by_step, self.ci95, strict=True))
        ]
        return [about, f"inner rate {self.inner_rate:g}:", *scores]


@dataclass(frozen=True, eq=False)
class FewShotEvaluation(Scored):
    """Accuracy on `episodes` unseen episodes, and the half width of its 95% confidence interval.

    accuracy, ci95: after the last inner step. steps: the numbers of inner steps with a score; accuracy_by_step,
    ci95_by_step, loss_by_step: a value for each. transductive: whether an episode's queries were normalized together.
    """

    iteration: int
    accuracy: float
    ci95: float
    way: int
    shot: int
    episodes: int
    transductive: bool
    data: str
    split: str
    inner_rate: float
    steps: list[int]
    accuracy_by_step: Array
    ci95_by_step: Array
    loss_by_step: Array

    @property
    def brief(self) -> str:
        """The accuracy after the last step."""
        return f"{self.accuracy:.1%} ± {self.ci95:.1%}"

    def lines(self) -> list[str]:
        """Return the accuracy after each step."""
        queries = "normalized together (transductive)" if self.transductive else "each judged without the others"
        about = f"{self.way}-way {self.shot}-shot accuracy on {self.episodes} unseen"
        scores = []
        for step, accuracy, half in zip(self.steps, self.accuracy_by_step, self.ci95_by_step, strict=True):
            when = f"after {step:2d} inner steps  " if self.steps != [0] else ""
            scores.append(f"  {when}{accuracy:7.2%} ± {half:.2%}")
        return [
            f"{self.iteration} outer updates; {about}",
            f"episodes of {self.data} (split by {self.split}; 95% interval), queries {queries}:",
            *scores,
        ]


@dataclass(frozen=True, eq=False)
class BitErrors(Scored):
    """Wrong bits by length, mean over `sequences` unseen sequences, and the half width of its 95% confidence interval.

    lengths, bit_errors_per_sequence, ci95: [n] each. by_repeats, ci95_by_repeats [n, repeats]: in repeat copy, the same
    for 1, 2, ... repeats, a part of the sequences each; the mean is over all of them. What old runs did not measure is
    None.
    """

    iteration: int
    lengths: list[int]
    bit_errors_per_sequence: Array
    sequences: int
    ci95: Array | None = None
    by_repeats: Array | None = None
    ci95_by_repeats: Array | None = None

    @property
    def brief(self) -> str:
        """The errors at the first length."""
        return f"{self.bit_errors_per_sequence[0]:.2g} wrong bits at length {self.lengths[0]}"

    def lines(self) -> list[str]:
        """Return the errors at each length, and there by repeats."""
        said = [f"{self.iteration} updates; wrong bits a sequence, mean of {self.sequences} new ones:"]
        halves = np.full(len(self.lengths), np.nan) if self.ci95 is None else self.ci95
        for i, length in enumerate(self.lengths):
            said.append(f"  length {length:4d}  {self.bit_errors_per_sequence[i]:8.3f} ± {halves[i]:.3f}")
            if self.by_repeats is not None:
                said.append("    by repeats " + "  ".join(f"{number:.2f}" for number in self.by_repeats[i]))
        return said


@dataclass(frozen=True, eq=False)
class ByInstance(Scored):
    """Accuracy at the 1st, 2nd, ... picture of a class, over `sequences` unseen sequences.

    accuracy_by_instance, ci95: [instances]. lookup_share: how much of a read was written when the label of the right
    class came, and lookup_largest: how often no other class has a larger share, means over the pictures 3 to 10 that
    are answered right; None without a memory.
    """

    iteration: int
    accuracy_by_instance: Array
    ci95: Array
    way: int
    sequences: int
    data: str
    memory: bool
    lookup_share: float | None = None
    lookup_largest: float | None = None
    LEAST: ClassVar[int] = 2

    @property
    def brief(self) -> str:
        """The accuracy at the second picture of a class."""
        return f"{self.accuracy_by_instance[1]:.1%} at the 2nd picture"

    def lines(self) -> list[str]:
        """Return the accuracy at each instance, and what is looked up."""
        about = f"right answers by instance (95% interval), {self.sequences} unseen sequences"
        said = [
            f"{self.iteration} updates; {about}",
            f"of {self.data}, {self.way} classes, {'with memory' if self.memory else 'plain LSTM'}:",
        ]
        for instance, (accuracy, half) in enumerate(zip(self.accuracy_by_instance, self.ci95, strict=True), 1):
            said.append(f"  instance {instance:2d}  {accuracy:7.2%} ± {half:.2%}")
        if self.lookup_share is not None:
            said.append(f"of a read, {self.lookup_share:.1%} was written when the label of the right class came;")
            said.append(f"that share is the largest in {self.lookup_largest:.1%} (pictures 3 to 10 that are right)")
        return said


@dataclass(frozen=True, eq=False)
class ByPoint(Scored):
    """Squared error at the 1st, 2nd, ... point of a sinusoid, mean over `sequences` unseen sinusoids: [points] each."""

    iteration: int
    mse_by_point: Array
    ci95: Array
    sequences: int
    memory: bool
    LEAST: ClassVar[int] = 2

    @property
    def brief(self) -> str:
        """The error at the last point."""
        return f"MSE {self.mse_by_point[-1]:.3g}"

    def lines(self) -> list[str]:
        """Return the error at each point."""
        about = f"squared error by point (95% interval), {self.sequences} unseen sinusoids:"
        return [f"{self.iteration} updates; {about}", *_by_number("point", self.mse_by_point, self.ci95, 1)]


@dataclass(frozen=True, eq=False)
class LossByPoints(Scored):
    """Query MSE after 0, 1, 2, ... points of an unseen function, mean over `tasks` of them: [points + 1] each.

    within_by_points: how often the true value lies within two standard deviations of the prediction, where the
    network says how sure it is; else None.
    """

    iteration: int
    loss_by_points: Array
    ci95: Array
    tasks: int
    within_by_points: Array | None = None
    LEAST: ClassVar[int] = 2

    @property
    def brief(self) -> str:
        """The error after the last point."""
        return f"MSE {self.loss_by_points[-1]:.3g} after {len(self.loss_by_points) - 1} points"

    def lines(self) -> list[str]:
        """Return the error after each number of points."""
        about = f"query MSE by points seen (95% interval), {self.tasks} unseen functions:"
        said = _by_number("points", self.loss_by_points, self.ci95, 0)
        if self.within_by_points is not None:
            said = [
                f"{line}  within two standard deviations {share:.1%}"
                for line, share in zip(said, self.within_by_points, strict=True)
            ]
        return [f"{self.iteration} updates; {about}", *said]


@dataclass(frozen=True, eq=False)
class BesideOneStep(Scored):
    """The query MSE of a trained layer of linear attention on `tasks` unseen linear functions, and that of one step of
    gradient descent from zero, with the rate `step_rate` that serves the training tasks best.
    """

    iteration: int
    loss: float
    ci95: float
    step_loss: float
    step_ci95: float
    step_rate: float
    tasks: int

    @property
    def brief(self) -> str:
        """Both errors."""
        return f"MSE {self.loss:.3g}, one step {self.step_loss:.3g}"

    def lines(self) -> list[str]:
        """Return both errors."""
        return [
            f"{self.iteration} updates; query MSE on {self.tasks} unseen linear functions (95% interval):",
            f"  linear attention   {_plus_minus(self.loss, self.ci95)}",
            f"  one gradient step  {_plus_minus(self.step_loss, self.step_ci95)}  (rate {self.step_rate:.4f})",
        ]


def _by_number(name: str, errors: Array, halves: Array, first: int) -> list[str]:
    pairs = zip(errors, halves, strict=True)
    return [f"  {name} {number:2d}  {error:8.3f} ± {half:.3f}" for number, (error, half) in enumerate(pairs, first)]


def _plus_minus(value: float, half: float) -> str:
    """Return a value and its interval; an empty text where they are not finite."""
    return f"{value:7.3f} ± {half:.3f}" if isfinite(value + half) else ""

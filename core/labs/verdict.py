"""What a check says, in words. Free of torch.

A judge (`core.labs.judge`) sends a kind and values; here they become sentences that a page can translate.
"""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.events import OuterStep, Snapshot
from core.labs.lab import Lab
from core.options import ConfigError
from core.registry import stored_config
from core.storage.checkpoints import Checkpoint, from_events
from core.words import Words

COUNTED = " x"  # what follows a number of results, where a shape would stand
SENTENCES: Mapping[str, str] = {
    "passed": "It does what the reference does, on every input that was tried.",
    "keeps-to-it": "It keeps to all that a method must, on every input that was tried: it can train and be compared. "
    "Whether it does what its formula says is not checked. How well it learns is seen when it trains.",
    "two-mistakes": "Two things are wrong at once. First: {first} Second: {second}",
    "not-python": "Line {line} is not Python: {message}. It reads: {text}",
    "no-function": "The file has no function {function}.",
    "not-written-yet": "The function is not written yet: it still ends with NotImplementedError.",
    "returns-nothing": "The function returns nothing: its last line should be a `return`.",
    "wrong-type": "The function returns something of the type {type}. It should return {wanted}.",
    "a-tuple": "The function returns a tuple. torch.autograd.grad returns one, even for one tensor: take its first "
    "part, `(gradient,) = ...`, and return that.",
    "wrong-count": "The number of results is {count}. The function should return {number}: {wanted}.",
    "wrong-order": "The results are right, but their order is not. Return them in this order: {wanted}.",
    "wrong-shape": "{output} has the shape {own}. It should have the shape {wanted}, on these inputs: {inputs}",
    "not-finite": "{output} holds numbers that are not finite ({own} at {place}). Look for a division by 0, the "
    "logarithm of 0 or a power of a negative number.",
    "differs": "{output} is not what it should be: at {place} it is {own}, and it should be {wanted}. The smallest "
    "input that was tried: {inputs}",
    "differs-alone": "{output} is not what it should be: it is {own}, and it should be {wanted}. The smallest input "
    "that was tried: {inputs}",
    "gradient-slightly-off": "The values are right, but the gradient with respect to {output} is slightly off: at "
    "{place} it is {own}, and it should be {wanted}. Is a number that was added, such as one against dividing by 0, "
    "too large?",
    "gradient-differs": "The values are right, but the gradient with respect to {output} is not: at {place} it is "
    "{own}, and it should be {wanted}. Something on the way there was cut off or changed in place.",
    "not-finite-alone": "{output} is not a finite number ({own}). Look for a division by 0, the logarithm of 0 or a "
    "power of a negative number.",
    "gradient-differs-alone": "The values are right, but the gradient with respect to {output} is not: it is {own}, "
    "and it should be {wanted}. Something on the way there was cut off or changed in place.",
    "gradient-slightly-off-alone": "The values are right, but the gradient with respect to {output} is slightly off: "
    "it is {own}, and it should be {wanted}. Is a number that was added, such as one against dividing by 0, too large?",
    "changes-argument": "The function changes its argument {output} in place. Make a new tensor.",
    "raises": "Line {line} raises {error}: {message}. It reads: {text}",
    "raises-explained": "{why} Line {line} reads: {text} It raises {error}: {message}",
    "raises-elsewhere": "The file raises {error}: {message}",
    "endless": "It had not come to an end after {seconds} seconds. Is there a loop that never ends?",
    "endless-at": "It had not come to an end after {seconds} seconds and was stopped at line {line}: {text}",
    "too-much-memory": "It asks for more memory than a lab may have ({megabytes} MB).",
    "too-much-output": "It prints too much, and was stopped.",
    "too-many-results": "It returns far larger tensors than it should, and was stopped.",
    "forbidden": "Line {line} wants to use {what}, which no lab needs, and was stopped. It reads: {text}",
    "ended-itself": "The program ended itself before the function had returned.",
    "crashed": "The program crashed (signal {signal}).",
    "not-for-the-trainer": "The trainer needs {output} with the shape {wanted}, and the function returns {own}.",
    "nothing-for-the-trainer": "The function returns nothing, and the trainer needs this: {output}. Its last line "
    "should be a `return`.",
    "count-for-the-trainer": "The trainer needs {count} results, {output}. The function returns {given}.",
    "lacks": "The file has no {name}. A method has a class Settings, which inherits AdaptationConfig, and the "
    "functions adapt, outer_step, train and evaluate.",
    "refused": "{message}",
    "no-data": "{what}",
    "only-on-linux": "On this system a file's method can only be trained on sinusoids: characters need Linux.",
    "unreadable": "What came back cannot be read.",
    "ended": "It has trained to the end.",
    "diverged": "The loss is no longer finite after update {iteration}.",
    "method-diverged": "The loss is no longer finite after update {iteration}. If no sign is wrong, try a smaller "
    "inner rate or a smaller outer rate.",
    "stopped": "It was stopped.",
    "broken": "The check itself broke down. Try again.",
}


# what beginners meet in PyTorch's errors, by a part of the error's text
EXPLAINED: Mapping[str, str] = {
    "does not require grad": "Nothing leads back from this value to the tensor: something was detached, or the tensor "
    "does not require a gradient.",
    "implicitly created only for scalar": "A gradient is that of a single number: take the sum or the mean first.",
    "appears to not have been used in the graph": "This value does not depend on the tensor that the gradient is "
    "asked for.",
    "backward through the graph a second time": "The graph was thrown away after the first gradient: ask for it with "
    "create_graph=True if it is needed again.",
    "modified by an inplace operation": "A tensor that the gradient needs was changed in place: make a new tensor.",
    "a leaf Variable that requires grad": "A tensor that requires a gradient cannot be changed in place: make a new "
    "tensor.",
    "'NoneType'": "Something here is None. Has a function that is called lost its last line, `return`?",
    "multiply sequence by non-int": "torch.autograd.grad returns a tuple, even for one tensor: take its first part, "
    "`(gradient,) = ...`.",
    "'tuple' object has no attribute": "torch.autograd.grad returns a tuple, even for one tensor: take its first part, "
    "`(gradient,) = ...`.",
    "same dtype": "Both sides must be of one type: whole numbers, as one_hot gives them, become floating by "
    "`.float()`.",
    "must match the size of tensor": "The shapes do not fit: look at the shape of both sides, dimension by dimension.",
    "a loss takes phi": "The loss takes φ [tasks, parameters], a row for each task: `theta.expand(tasks, -1)`.",
    "Class values must be smaller": "An index is larger than there are classes. If `argmin` made it: without a "
    "dimension it counts through the whole tensor, so give it one, `argmin(-1)`.",
    "Target size": "The loss is given tensors of different shapes: a sum over the features keeps a number for each "
    "pair, `.sum(-1)`.",
    "shapes cannot be multiplied": "The inner dimensions of a matrix product must agree: is a transpose missing?",
}

GRAD = "Something here is None. `.grad` is kept for leaf tensors alone: use torch.autograd.grad for others."

# of these errors, what else is behind them in the file of a whole method
OF_A_METHOD: Mapping[str, str] = {
    "does not require grad": "Nothing leads back from this value to a tensor that requires a gradient. θ requires "
    "none: `theta.clone().requires_grad_()`. `problem.derivatives` returns its gradient ready-made, and autograd "
    "cannot go through it: take `problem.loss` and torch.autograd.grad.",
    "tuple index out of range": "A tuple is shorter than this line needs, such as the shape of a tensor with too few "
    "dimensions: is that of the tasks missing, as `theta.expand(batch.tasks, -1)` adds it?",
    "modified by an inplace operation": "Autograd cannot go through this: a tensor that the gradient needs was changed "
    "in place. `problem.derivatives` does so, because it returns its gradient ready-made: take `problem.loss` and "
    "torch.autograd.grad, or the gradient that it returns.",
}


@dataclass(frozen=True)
class Verdict:
    """What a check says. mistake: the name of the mistake, or of what else is wrong, "" if passed; line: of the
    learner's file, 0 if none; done: the line that a page takes for done; output: what the program printed, cut off;
    example: the inputs of the smallest trial that differs, and both results, as nested lists.
    """

    lab: str
    passed: bool
    said: Words
    mistake: str = ""
    line: int = 0
    done: str = ""
    output: str = ""
    example: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it: "mistake" and "said" only where it was not passed."""
        parts: dict[str, Any] = {"lab": self.lab, "passed": self.passed}
        if self.passed:
            return {**parts, "done": self.done}
        parts |= {"mistake": self.mistake, "said": str(self.said)}
        others = {"line": self.line, "output": self.output, "example": self.example}
        return parts | {name: value for name, value in others.items() if value}


@dataclass(frozen=True)
class Point:
    """The loss on unseen tasks after an outer update: with the learner's function, and with the reference; None where
    it is not a finite number. before: that of the learner's, before any inner step, where there are such steps.
    """

    iteration: int
    own: float | None
    reference: float | None
    before: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {"iteration": self.iteration, "own": self.own, "reference": self.reference}


@dataclass(frozen=True)
class Ended:
    """How a training with a learner's function ended; the fields are those of a verdict. run: what it has trained, as
    a checkpoint that a page's demo can use; None where it did not finish.
    """

    lab: str
    finished: bool
    said: Words
    mistake: str = ""
    line: int = 0
    output: str = ""
    run: Checkpoint | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        parts = {"lab": self.lab, "finished": self.finished, "said": str(self.said)}
        others = {"mistake": self.mistake, "line": self.line, "output": self.output}
        return parts | {name: value for name, value in others.items() if value}


def run_of(report: Mapping[str, Any], points: Sequence[Point]) -> Checkpoint | None:
    """Return the run that a judge reports with the curve `points`; None where its parameters are not those of a run."""
    try:
        config = stored_config(report["method"], report["task"], report["config"])
        thetas = [np.frombuffer(b64decode(report[name]), "<f4").astype(np.float32) for name in ("start", "theta")]
        for theta in thetas:
            config.check_fits(theta)
    except (ConfigError, ValueError):
        return None
    losses = [(point.iteration, point.before, point.own) for point in points]
    steps = [OuterStep(at, before, own) for at, before, own in losses if before is not None and own is not None]
    return from_events(config, [Snapshot(0, thetas[0], {}), *steps, Snapshot(config.iterations, thetas[1], {})])


def ended(lab: Lab, report: Mapping[str, Any], points: Sequence[Point] = ()) -> Ended:
    """Return how a training with the curve `points` ended, as a judge reports it."""
    verdict = verdict_of(lab, report)
    finished = verdict.mistake == "ended"
    mistake = "" if finished else verdict.mistake
    run = run_of(report["run"], points) if "run" in report else None
    return Ended(lab.name, finished, verdict.said, mistake, verdict.line, verdict.output, run)


def verdict_of(lab: Lab, report: Mapping[str, Any]) -> Verdict:
    """Return the verdict that a judge reports: a kind, values for its sentence, output and example."""
    kind, values = report["kind"], dict(report.get("values", {}))
    if "what" in values:
        values["what"] = Words(values["what"].replace("{", "{{").replace("}", "}}"))  # a path may hold braces
    template = SENTENCES.get(f"{kind}-alone" if values.get("place") == "[]" else kind, "")
    if "message" in values:
        values["message"] = values["message"].rstrip(".")  # the sentence has its own full stop
    if kind == "raises":
        explained = {**EXPLAINED, **(OF_A_METHOD if lab.whole else {})}
        if ".grad" in values["text"]:
            explained["'NoneType'"] = GRAD
        if why := next((why for part, why in explained.items() if part in values["message"]), ""):
            template, values["why"] = SENTENCES["raises-explained"], Words(why)
    if kind == "diverged" and lab.whole:
        template = SENTENCES["method-diverged"]
    if kind == "not-for-the-trainer":
        template = SENTENCES[_misfit(values)]
    if kind == "wrong-type" and values["type"] == "tuple":
        template = SENTENCES["a-tuple"]
    known = {mistake.name: mistake.said for mistake in lab.mistakes}
    if kind == "two-mistakes":
        values = {name: known[mistake] for name, mistake in values.items()}
    said = known[kind] if kind in known else Words(template, **values)
    passed = kind in ("passed", "keeps-to-it")
    mistake = report["values"]["first"] if kind == "two-mistakes" else kind
    line = int(values.get("line", 0))
    done = lab.done if passed else ""
    return Verdict(
        lab.name, passed, said, "" if passed else mistake, line, done, report.get("output", ""), report.get("example")
    )


def _misfit(values: dict[str, Any]) -> str:
    """Return which sentence says what the trainer cannot use, and complete its values."""
    if values["own"] == "NoneType":
        return "nothing-for-the-trainer"
    if not values["wanted"].endswith(COUNTED):
        return "not-for-the-trainer"
    given = "1" if values["own"] == "Tensor" else values["own"].removesuffix(COUNTED)
    values |= {"count": values["wanted"].removesuffix(COUNTED), "given": given}
    return "count-for-the-trainer"

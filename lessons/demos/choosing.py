"""The lesson on choosing: what each method can cope with, and what its shipped run reached."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from core.events.evaluations import ByInstance, FewShotEvaluation
from core.storage.checkpoints import shipped
from lessons.demos import compare
from lessons.demos.shipped import evaluation_of
from lessons.engine.language import joined, named, plural, t


@dataclass(frozen=True)
class Method:
    """A method, its page, its shipped run, what a new task costs it, and why it cannot cope with some needs.

    costs: in words; empty where it is the gradient steps that the run was measured with. compares: whether it is a
    metric method.
    """

    label: str
    page: str
    run: str
    costs: str = ""
    cannot: Mapping[str, str] = field(default_factory=dict)
    compares: bool = False


NEEDS = {
    "values": "the answer is a number, not a class",
    "any_way": "the number of classes differs from task to task",
    "no_steps": "no gradient step can be taken where it is used",
    "no_store": "the examples cannot be kept",
    "one_by_one": "examples come one at a time, with queries in between",
}
EXCLUDED_BY = {"any_way": {"values"}}  # a job whose answer is a number has no classes
STEPS = {
    "any_way": "its last layer has one output a class",
    "no_steps": "a new task is learned by gradient steps",
    "one_by_one": "it would have to adapt again after every example",
}
METHODS = (
    Method("MAML", "maml", "maml-omniglot-5way1shot", cannot=STEPS),
    Method("first-order MAML", "first-order", "fomaml-omniglot-5way1shot", cannot=STEPS),
    Method("Reptile", "reptile", "reptile-omniglot-5way1shot", cannot=STEPS),
    Method(
        "Siamese network", "siamese", "siamese-omniglot", "one comparison with each example",
        {"values": "it answers same or different, not with a number", "no_store": "it compares with the examples"},
        compares=True,
    ),
    Method(
        "Matching network", "matching", "matching-omniglot", "one look at all examples",
        {"no_store": "its answer is made of the examples"}, compares=True,
    ),
    Method(
        "MANN", "mann", "mann-omniglot", "reading the examples once, in order",
        {"any_way": "its labels come in at as many inputs as there are classes"},
    ),
)  # fmt: skip


def costs(method: Method) -> str:
    """Say what a new task costs a method: for one that adapts, the steps that its bar was measured with.

    Raises CheckpointError.
    """
    if method.costs:
        return t(method.costs)
    steps = evaluation_of(shipped(method.run), FewShotEvaluation).steps[-1]
    return plural(steps, "{count} gradient step on the support", "{count} gradient steps on the support")


def left(needs: set[str]) -> list[Method]:
    """Return the methods that cope with all of `needs`."""
    return [method for method in METHODS if not needs & set(method.cannot)]


@cache
def measured(name: str) -> tuple[float, float, int]:
    """Return a shipped run's 5-way 1-shot accuracy, half its confidence interval, and its number of parameters.

    A MANN's own evaluation is over sequences; its accuracy in episodes is that of the report. Raises CheckpointError.
    """
    run = shipped(name)
    if isinstance(run.evaluation, ByInstance):
        return *compare.measured(5, 1)["mann"], len(run.snapshot.theta)
    few_shot = evaluation_of(run, FewShotEvaluation)
    return few_shot.accuracy, few_shot.ci95, len(run.snapshot.theta)


def about(needs: set[str]) -> str:
    """Say which methods are left, and what to try."""
    remaining = left(needs)
    if not needs:
        return t("**Notice** Without a condition all of them can do the job. Next: say what holds for yours.")
    if not remaining:
        return t("**Notice** No method of this course copes with all of that. Which condition could you give up?")
    text = plural(
        len(remaining),
        "**Notice** Only one method is left: {names}.",
        "**Notice** {count} methods are left: {names}.",
        names=named(t(method.label) for method in remaining),
    )
    if len(remaining) == 1:
        return text
    best = max(remaining, key=lambda method: measured(method.run)[0])
    return joined(
        text,
        t("The bars do not rank them: they count right classes, and your job asks for numbers.")
        if "values" in needs
        else t("Of their bars, that of {best} is the tallest.", best=t(best.label)),
    )

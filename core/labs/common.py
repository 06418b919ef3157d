"""Mistakes that more than one lab knows: the code in which they are made is the same."""

from core.labs.lab import Mistake
from core.words import Words

MEAN_IN_INNER_LOOP = Mistake(
    "mean-in-inner-loop",
    Words(
        "The inner gradient is that of the mean over the tasks, so each task's inner step is as many times too "
        "short as there are tasks. In the inner loop take the sum."
    ),
    (("support_loss(phi).sum()", "support_loss(phi).mean()"),),
)

QUERY_FOR_SUPPORT = Mistake(
    "query-for-support",
    Words(
        "The inner steps go down the query loss, so the copies see the points that they are judged on. Adapt "
        "on the support."
    ),
    (("support_loss(phi)", "query_loss(phi)"),),
)

# of the inner loop of an outer gradient, and of its result
INNER_LOOP = (
    Mistake(
        "starts-again-from-theta",
        Words("Each inner step subtracts from θ instead of the last φ, so only the last inner step counts."),
        (("phi = phi - inner", "phi = theta - inner"),),
    ),
    Mistake(
        "uphill",
        Words("The inner steps go up the support loss: subtract the gradient."),
        (("phi - inner_rate", "phi + inner_rate"),),
    ),
    Mistake(
        "forgets-rate",
        Words("The inner steps subtract the whole gradient: the inner rate α is missing."),
        (("inner_rate * gradient", "gradient"),),
    ),
    Mistake(
        "wrong-sign",
        Words(
            "The result points the other way: return the gradient itself. The optimizer that receives it goes "
            "downhill by its own minus."
        ),
        (("return outer", "return -outer"),),
    ),
    Mistake(
        "one-step-only",
        Words("Only one inner step is taken, however many `steps` asks for."),
        (("range(steps)", "range(1)"),),
    ),
)

LABELS_IGNORED = Mistake(
    "labels-ignored",
    Words(
        "The support is assumed to come in the order 0, 1, 2, ... over and over. Use the labels: they "
        "say which class a support point has."
    ),
    (("one_hot(labels, way)", "one_hot((labels * 0 + 1).cumsum(0).sub(1) % way, way)"),),
)

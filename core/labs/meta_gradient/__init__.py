"""Lab: the outer gradient of MAML, second order."""

from core.labs.common import INNER_LOOP, MEAN_IN_INNER_LOOP, QUERY_FOR_SUPPORT
from core.labs.lab import Lab, Mistake
from core.words import Words

LAB = Lab(
    name="meta-gradient",
    function="meta_gradient",
    title=Words("The outer gradient of MAML"),
    task=Words(
        "Adapt a copy of θ to each task on its support, measure it on its queries, and differentiate the mean query "
        "loss with respect to θ, through the inner steps."
    ),
    formula=r"\nabla_\theta \frac{1}{n} \sum_i L_i^\text{query}\bigl(\phi_i(\theta)\bigr)",
    hints=(
        Words(
            "`theta.expand(tasks, -1)` gives each task its own row. Then come the inner steps of the first lab, on the "
            "support loss."
        ),
        Words(
            "The inner gradients must stay in the graph (`create_graph=True`), and so must φ: nothing is detached on "
            "the way from θ to the query loss."
        ),
        Words(
            "The result is a single call: `(outer,) = torch.autograd.grad(query_loss(phi).mean(), theta)`. It returns "
            "a tuple, of which `outer` is the only part."
        ),
    ),
    mistakes=(
        Mistake(
            "graph-cut",
            Words(
                "This is the first-order gradient, that of the query loss at φ: the factors (I − αH) are missing. "
                "Either the last gradient is taken with respect to φ instead of θ, or the inner gradients are "
                "constants to autograd: take them with `create_graph=True` and do not detach them."
            ),
            (("inner_rate * gradient", "inner_rate * gradient.detach()"),),
        ),
        Mistake(
            "gradient-at-theta",
            Words(
                "The query loss is taken at θ, before any inner step: this trains one model for all tasks, and "
                "adapting plays no part. Take it at φ."
            ),
            (("query_loss(phi)", "query_loss(theta.expand(tasks, -1))"),),
        ),
        Mistake(
            "support-for-query",
            Words(
                "The outer loss is taken on the support, which φ has just been fitted to. It must be the query loss: "
                "it asks how well an adapted copy does on points that it has not seen."
            ),
            (("query_loss(phi)", "support_loss(phi)"),),
        ),
        QUERY_FOR_SUPPORT,
        Mistake(
            "losses-swapped",
            Words(
                "The two losses have changed places: the inner steps go down the support loss, and the query loss "
                "measures where they end."
            ),
            (
                ("support_loss(phi).sum()", "query_loss(phi).sum()"),
                ("query_loss(phi).mean()", "support_loss(phi).mean()"),
            ),
        ),
        Mistake(
            "inner-gradient-by-theta",
            Words(
                "The inner gradient is taken with respect to θ: it is a single one, the sum over all tasks, and it "
                "goes through the steps before. Take it with respect to φ, which has a row for each task."
            ),
            (("support_loss(phi).sum(), phi,", "support_loss(phi).sum(), theta,"),),
        ),
        Mistake(
            "inner-gradient-at-theta",
            Words(
                "Every inner step takes the same gradient, that of the support losses at θ, summed over all tasks. "
                "Take each task's own at its present φ."
            ),
            (("support_loss(phi).sum(), phi,", "support_loss(theta.expand(tasks, -1)).sum(), theta,"),),
        ),
        Mistake(
            "sum-for-mean",
            Words(
                "The gradients of the tasks are added up, so the step grows with the number of tasks. Take "
                "the mean of the query losses."
            ),
            (("query_loss(phi).mean()", "query_loss(phi).sum()"),),
        ),
        MEAN_IN_INNER_LOOP,
        Mistake(
            "one-copy-for-all",
            Words(
                "All tasks share one φ, which goes down the sum of their losses. Each task needs a copy of its own: "
                "`theta.expand(tasks, -1)`."
            ),
            (("theta.expand(tasks, -1)", "theta.expand(1, -1)"),),
        ),
        *INNER_LOOP,
    ),
    outputs=("gradient",),
)

"""Lab: the outer gradient of MAML, first order."""

from core.labs.common import INNER_LOOP, MEAN_IN_INNER_LOOP, QUERY_FOR_SUPPORT
from core.labs.lab import Lab, Mistake
from core.words import Words

LAB = Lab(
    name="first-order",
    function="first_order_gradient",
    title=Words("The outer gradient without the Hessian"),
    task=Words(
        "Adapt a copy of θ to each task on its support, and return the mean of the query gradients at the adapted "
        "copies, as if φ − θ did not depend on θ."
    ),
    formula=r"\frac{1}{n} \sum_i \nabla_{\phi_i} L_i^\text{query}(\phi_i)",
    hints=(
        Words("The inner steps are those of MAML, but nobody will differentiate through them: no `create_graph`."),
        Words("The last gradient is taken with respect to φ, not θ. It has a row for each task."),
        Words(
            "`(outer,) = torch.autograd.grad(query_loss(phi).sum(), phi)` gives each task's gradient in its row; the "
            "mean over the rows is the result."
        ),
    ),
    mistakes=(
        Mistake(
            "second-order",
            Words(
                "This is MAML's full gradient, through the inner steps. First order leaves the second derivatives out: "
                "take the query gradient with respect to φ, not θ."
            ),
            (
                ("support_loss(phi).sum(), phi)", "support_loss(phi).sum(), phi, create_graph=True)"),
                ("query_loss(phi).sum(), phi)", "query_loss(phi).mean(), theta)"),
                ("outer.mean(0)", "outer"),
            ),
        ),
        Mistake(
            "direction-of-reptile",
            Words(
                "This is θ minus the mean of φ, the way that the inner steps went: Reptile's rule. First-"
                "order MAML needs the gradient of the query loss at φ."
            ),
            (("return outer.mean(0)", "return (theta - phi).mean(0)"),),
        ),
        Mistake(
            "gradient-at-theta",
            Words(
                "The query gradient is taken at θ, before any inner step: this trains one model for all tasks. Take it "
                "at φ."
            ),
            (("    (outer,)", "    phi = theta.expand(tasks, -1)\n    (outer,)"),),
        ),
        Mistake(
            "support-for-query",
            Words(
                "The outer gradient is taken on the support, which φ has just been fitted to. It must be that of the "
                "query loss."
            ),
            (("query_loss(phi)", "support_loss(phi)"),),
        ),
        QUERY_FOR_SUPPORT,
        Mistake(
            "sum-for-mean",
            Words(
                "The gradients of the tasks are added up, so the step grows with the number of tasks. Take their mean."
            ),
            (("outer.mean(0)", "outer.sum(0)"),),
        ),
        Mistake(
            "divides-twice",
            Words(
                "The result is divided by the number of tasks twice: once in the mean of the losses, once in the mean "
                "of the gradients. One of them must be a sum."
            ),
            (("query_loss(phi).sum()", "query_loss(phi).mean()"),),
        ),
        MEAN_IN_INNER_LOOP,
        *INNER_LOOP,
    ),
    outputs=("gradient",),
)

"""Lab: the outer update of Reptile."""

from core.labs.lab import Lab, Mistake
from core.words import Words

LAB = Lab(
    name="reptile-update",
    function="reptile_update",
    title=Words("The update of Reptile"),
    task=Words("Train a copy of θ on each task for a few steps, then move θ a part of the way to their mean."),
    formula=r"\theta \leftarrow \theta + \varepsilon \frac{1}{n} \sum_i (\phi_i - \theta)",
    hints=(
        Words(
            "Train the copies first: a row for each task, `phi = theta.expand(tasks, -1)`, then the inner steps of "
            "MAML without `create_graph`."
        ),
        Words("`phi - theta` has a row for each task: the arrow from θ to where that task's training ended."),
        Words("Return θ plus ε times the mean of those arrows over the tasks, `.mean(0)`: a new tensor."),
    ),
    mistakes=(
        Mistake(
            "sum-for-mean",
            Words(
                "The arrows of the tasks are added up: with many tasks θ jumps past all of the copies. Take their mean."
            ),
            (("(phi - theta).mean(0)", "(phi - theta).sum(0)"),),
        ),
        Mistake(
            "wrong-direction",
            Words("θ moves away from the trained copies: the arrow goes from θ to φ, which is φ − θ."),
            (("theta + epsilon", "theta - epsilon"),),
        ),
        Mistake(
            "forgets-epsilon",
            Words("θ jumps all the way to the mean of the copies: the outer step size ε is missing."),
            (("epsilon * (", "("),),
        ),
        Mistake(
            "weights-swapped",
            Words("ε and 1 − ε have changed places: the share ε belongs to the copies, what is left to θ."),
            (("theta + epsilon * (phi", "theta + (1 - epsilon) * (phi"),),
        ),
        Mistake(
            "last-gradient",
            Words(
                "θ moves down the last inner gradients alone. Reptile does not care for a gradient: it moves to where "
                "the training ended, which all of the inner steps decide."
            ),
            (("theta + epsilon * (phi - theta).mean(0)", "theta - epsilon * gradient.mean(0)"),),
        ),
        Mistake(
            "returns-the-step",
            Words("This is the step alone, not θ after the step: add it to θ."),
            (("return theta + epsilon", "return epsilon"),),
        ),
        Mistake(
            "first-task-only",
            Words("θ follows the first task's copy alone. Take the mean over all tasks."),
            (("(phi - theta).mean(0)", "(phi - theta)[0]"),),
        ),
        Mistake(
            "starts-again-from-theta",
            Words("Each inner step subtracts from θ instead of the last φ, so only the last inner step counts."),
            (("phi = phi - inner", "phi = theta - inner"),),
        ),
        Mistake(
            "mean-in-inner-loop",
            Words(
                "The inner gradient is that of the mean over the tasks, so each copy's step is as many times too short "
                "as there are tasks. In the inner loop take the sum."
            ),
            (("loss(phi).sum()", "loss(phi).mean()"),),
        ),
        Mistake(
            "uphill",
            Words("The copies go up their loss: subtract the gradient."),
            (("phi - inner_rate", "phi + inner_rate"),),
        ),
        Mistake(
            "forgets-rate",
            Words("The inner steps subtract the whole gradient: the inner rate α is missing."),
            (("inner_rate * gradient", "gradient"),),
        ),
        Mistake(
            "one-step-only",
            Words("Each copy takes only one step, however many `steps` asks for."),
            (("range(steps)", "range(1)"),),
        ),
        Mistake(
            "changes-theta",
            Words(
                "θ itself was changed on the way, and whatever still needs the old θ has lost it. Return a new tensor."
            ),
            (
                (
                    "return theta + epsilon * (phi - theta).mean(0)",
                    "theta.data += epsilon * (phi - theta).mean(0).detach()\n    return theta",
                ),
            ),
        ),
    ),
    outputs=("theta",),
)

"""Lab: the inner steps of MAML and Reptile."""

from core.labs.lab import Lab, Mistake
from core.words import Words

LAB = Lab(
    name="inner-step",
    function="inner_steps",
    title=Words("Inner steps"),
    task=Words("Let a copy of θ go down each task's own loss, a few steps of gradient descent, all tasks at once."),
    formula=r"\phi_{k+1} = \phi_k - \alpha \nabla_{\phi_k} L(\phi_k), \quad \phi_0 = \theta",
    hints=(
        Words("Start with `phi = theta` and repeat one line `steps` times. Each step goes on from the last `phi`."),
        Words(
            "A loss for each task comes back, but a gradient is that of a single number. The rows do not share "
            "anything, so the gradient of the sum of the losses holds each task's own gradient in its own row."
        ),
        Words(
            "`(gradient,) = torch.autograd.grad(loss(phi).sum(), phi, create_graph=True)` gives the gradient and keeps "
            "it in the graph. Then `phi = phi - inner_rate * gradient` makes a new tensor and leaves θ alone."
        ),
    ),
    mistakes=(
        Mistake(
            "starts-again-from-theta",
            Words(
                "Each step subtracts from θ instead of the last φ, so only the last gradient counts: write "
                "`phi = phi - ...`, not `phi = theta - ...`."
            ),
            (("phi = phi - inner", "phi = theta - inner"),),
        ),
        Mistake(
            "gradient-at-theta",
            Words(
                "φ moves, but every gradient is taken at θ: each step repeats the first one. The gradient must be that "
                "of the loss at the present φ."
            ),
            (("loss(phi).sum(), phi,", "loss(theta).sum(), theta,"),),
        ),
        Mistake(
            "uphill",
            Words("φ goes up the loss: a gradient points uphill, so it is subtracted, not added."),
            (("phi - inner_rate", "phi + inner_rate"),),
        ),
        Mistake(
            "forgets-rate",
            Words("The whole gradient is subtracted: the inner rate α is missing, which says how far a step goes."),
            (("inner_rate * gradient", "gradient"),),
        ),
        Mistake(
            "graph-cut",
            Words(
                "The gradient is a constant to autograd: dφ/dθ comes out as the identity, without the "
                "Hessian. Take the gradient with `create_graph=True` and do not detach it."
            ),
            (("create_graph=True", "create_graph=False"),),
        ),
        Mistake(
            "detached-from-theta",
            Words(
                "φ no longer depends on θ: a `detach`, `.data` or `no_grad` cut it off. MAML could not learn "
                "anything through it."
            ),
            (("phi = theta\n", "phi = theta.detach().requires_grad_()\n"),),
        ),
        Mistake(
            "mean-over-tasks",
            Words(
                "The gradient is that of the mean over the tasks, so each task's step is as many times too short as "
                "there are tasks. Take the sum: a task must not feel how many others there are."
            ),
            ((".sum()", ".mean()"),),
        ),
        Mistake(
            "one-step-only",
            Words("Only one step is taken, however many `steps` asks for."),
            (("range(steps)", "range(1)"),),
        ),
        Mistake(
            "changes-theta",
            Words(
                "θ itself is changed: `phi = theta` is a second name for the same tensor, and an in-place step moves "
                "both. The next task would start where this one ended. Make a new tensor."
            ),
            (("phi = phi - inner_rate * gradient", "phi.data -= inner_rate * gradient.detach()"),),
        ),
    ),
    outputs=("phi",),
)

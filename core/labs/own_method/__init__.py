"""Lab: a whole method, with settings of its own. It need not be ours: its contract is checked."""

from core.labs.lab import Lab, Mistake
from core.words import Words

LAB = Lab(
    name="own-method",
    function="outer_step",
    title=Words("A method of your own"),
    task=Words(
        "Write the outer step of a method in which only a part of θ adapts to a task. Then change what you like, the "
        "settings and `adapt` too: every method that keeps to its contract passes, and trains beside the others."
    ),
    formula=r"\phi_i = \text{adapt}(\theta, i), \quad "
    r"\theta \leftarrow \theta - \beta \frac{1}{n} \sum_i \nabla_{\phi_i} L_i^\text{query}(\phi_i)",
    hints=(
        Words(
            "Start a copy of θ for each task, `theta.expand(batch.tasks, -1)`, and let `adapt` take "
            "`settings.inner_steps` steps on the support."
        ),
        Words(
            "`losses, gradient, _ = problem.derivatives(phi, batch.query_x, batch.query_y)` has a row for each task."
        ),
        Words(
            "Return the losses and the step: minus `settings.outer_rate` times the mean of the gradients over the "
            "tasks, `.mean(0)`. Do not move θ yourself: the training adds the step."
        ),
    ),
    mistakes=(
        Mistake(
            "settings-not-frozen",
            Words(
                "The settings can be changed while the method runs. Write `@dataclass(frozen=True)` above the class."
            ),
            (("@dataclass(frozen=True)", "@dataclass"),),
        ),
        Mistake(
            "settings-without-dataclass",
            Words(
                "The settings are no dataclass, so their new fields are none: write `@dataclass(frozen=True)` above."
            ),
            (("@dataclass(frozen=True)\n", ""),),
        ),
        Mistake(
            "changes-theta",
            Words(
                "θ or its copies are changed in place. Make a new tensor: `phi = phi - ...`, and return the step alone."
            ),
            (
                (
                    "return losses, -settings.outer_rate * gradient.mean(0)",
                    "step = -settings.outer_rate * gradient.mean(0)\n    theta += step\n    return losses, step",
                ),
            ),
        ),
        Mistake(
            "adapt-returns-nothing",
            Words("`adapt` returns None: its last line, `return phi`, is missing."),
            (("    return phi\n", ""),),
        ),
        Mistake(
            "returns-theta",
            Words("The step holds θ itself. Return only by how much θ moves: the training adds it to θ."),
            (
                (
                    "return losses, -settings.outer_rate * gradient.mean(0)",
                    "return losses, theta - settings.outer_rate * gradient.mean(0)",
                ),
            ),
        ),
        Mistake(
            "row-for-each-task",
            Words("The step has a row for each task. θ takes one step for all of them: the mean of the rows."),
            (("gradient.mean(0)", "gradient"),),
        ),
        Mistake(
            "sum-for-mean",
            Words("With every task twice in the batch θ goes twice as far. Take the mean over the tasks, not the sum."),
            (("gradient.mean(0)", "gradient.sum(0)"),),
        ),
        Mistake(
            "uphill",
            Words("The step goes uphill: along it the loss grows. Go down the gradient, with a minus."),
            (("return losses, -settings", "return losses, settings"),),
        ),
        Mistake(
            "adapts-uphill",
            Words("The inner steps of `adapt` go uphill: along them the loss on the task's own points grows."),
            (("phi = phi - settings.inner_rate", "phi = phi + settings.inner_rate"),),
        ),
        Mistake(
            "mixes-tasks",
            Words("The copy of a task changes with the points of other tasks. Keep a row for each task in `adapt`."),
            (("* gradient * moves", "* gradient.mean(0) * moves"),),
        ),
        Mistake(
            "adapts-by-chance",
            Words(
                "Called twice with the same points, `adapt` returns different copies: there is a random number in it, "
                "or something that stays from one call to the next. It may depend on its arguments alone."
            ),
            (
                (
                    "moves = torch.arange(phi.shape[1]) >= (1 - settings.share) * phi.shape[1]",
                    "moves = torch.rand(phi.shape[1]) < settings.share",
                ),
            ),
        ),
        Mistake(
            "adapts-by-other-steps",
            Words("`adapt` takes another number of steps than `steps` says; after 0 steps a copy is still θ."),
            (("for _ in range(steps):", "for _ in range(1):"),),
        ),
        Mistake(
            "yields-nothing",
            Words("The training yields nothing, so there is nothing to see or to store: `yield` what happens."),
            (
                ("    yield snapshot(run.iteration, run.theta)\n    yield run.report()", "    run.report()"),
                ("        yield from run.after_update(losses)", "        list(run.after_update(losses))"),
                ("    yield snapshot(run.iteration, run.theta)\n    yield evaluate", "    evaluate"),
            ),
        ),
        Mistake(
            "ends-without-snapshot",
            Words("The training does not end with a snapshot of θ, so what it has learned is lost."),
            (("    yield snapshot(run.iteration, run.theta)\n    yield evaluate", "    yield evaluate"),),
        ),
        Mistake(
            "ends-without-score",
            Words("The training does not end with a score on unseen tasks: `yield evaluate(...)` last."),
            (("    yield evaluate(run.theta, settings, run.iteration)\n", ""),),
        ),
        Mistake(
            "ignores-iterations",
            Words("The training makes another number of outer updates than `settings.iterations` asks for."),
            (
                (
                    "MetaTrainer(problem, settings, resume, adapt)",
                    "MetaTrainer(problem, settings.updated(iterations=settings.iterations + 5), resume, adapt)",
                ),
            ),
        ),
        Mistake(
            "stands-still",
            Words("After the training θ is where it began. Is the step added to `run.theta`?"),
            (("run.theta = run.theta + scale * step", "theta = run.theta + scale * step"),),
        ),
        Mistake(
            "step-of-zeros",
            Words("The step is zero everywhere, so θ never moves: return how far θ goes down the mean gradient."),
            (("return losses, -settings.outer_rate * gradient.mean(0)", "return losses, torch.zeros_like(theta)"),),
        ),
        Mistake(
            "ends-worse",
            Words(
                "A short training with the file's own settings makes the loss on unseen tasks larger, or it is no "
                "longer finite. Is the step added in `train`, not subtracted? If so, try a smaller outer rate or a "
                "smaller inner rate."
            ),
            (("run.theta = run.theta + scale * step", "run.theta = run.theta - scale * step"),),
        ),
        Mistake(
            "not-reproducible",
            Words(
                "Two trainings with the same seed differ. Draw random numbers by `generator(settings.seed, ...)` "
                "alone, which `from core.seeding import generator` brings, and keep nothing in a global variable: it "
                "stays from one training to the next. What a training remembers lives in `train`."
            ),
            (("return losses, -settings", "return losses, -(0.5 + torch.rand(())) * settings"),),
        ),
        Mistake(
            "ignores-resume",
            Words("A training that is resumed does not go on from where it was: it forgets `resume`."),
            (("MetaTrainer(problem, settings, resume, adapt)", "MetaTrainer(problem, settings, None, adapt)"),),
        ),
        Mistake(
            "scores-training-tasks",
            Words("The score changes with the seed of the training: it is made on training tasks. Take unseen tasks."),
            (
                (
                    "    return score(adapt, theta, settings, iteration)",
                    "    import dataclasses\n\n"
                    "    from core.tasks.families import stream\n\n"
                    "    seen = score(adapt, theta, settings, iteration)\n"
                    "    batch = next(stream(settings.task, settings.test_tasks, settings.seed))\n"
                    "    copies = theta.expand(batch.tasks, -1)\n"
                    "    problem, steps = problem_of(settings.task), range(settings.test_steps + 1)\n"
                    "    x, y = batch.support_x, batch.support_y\n"
                    "    ends = [adapt(problem, copies, x, y, settings, n) for n in steps]\n"
                    "    losses = [problem.loss(phi, batch.query_x, batch.query_y).mean().item() for phi in ends]\n"
                    "    return dataclasses.replace(seen, loss_by_step=torch.tensor(losses).numpy())",
                ),
            ),
        ),
    ),
    outputs=("losses", "step"),
    whole=True,
)

"""The labs about adapting, as learners write them."""

from tests.core.labs.learners import Learner

INNER = """import torch

def inner_steps(start, f, lr, n):
    w = start
    count = 0
    while count < n:
        total = 0
        for value in f(w):
            total = total + value
        g = torch.autograd.grad(outputs=total, inputs=[w], create_graph=True)[0]
        w = torch.add(w, g, alpha=-lr)
        count += 1
    return w
"""
META = """import torch

def meta_gradient(theta, tasks, support_loss, query_loss, inner_rate, steps):
    def adapted(start):
        copies = torch.stack([start] * tasks)
        for _ in range(steps):
            slope = torch.autograd.grad(torch.sum(support_loss(copies)), copies, create_graph=True)[0]
            copies = copies - slope * inner_rate
        return copies

    leaf = theta.detach().clone().requires_grad_(True)
    outer_loss = query_loss(adapted(leaf)).sum() / tasks
    outer_loss.backward()
    return leaf.grad
"""
FIRST = """import torch

def first_order_gradient(theta, tasks, support_loss, query_loss, inner_rate, steps):
    rows = theta.detach().repeat(tasks, 1)
    for _ in range(steps):
        rows.requires_grad_(True)
        support_loss(rows).sum().backward()
        rows = (rows - inner_rate * rows.grad).detach()
    rows.requires_grad_(True)
    query_loss(rows).sum().backward()
    return sum(rows.grad) / tasks
"""
REPTILE = """import torch

def reptile_update(theta, tasks, loss, inner_rate, steps, epsilon):
    weights = torch.stack([theta.detach().clone() for _ in range(tasks)])
    for _ in range(steps):
        weights.requires_grad_(True)
        slopes, = torch.autograd.grad(loss(weights).sum(), [weights])
        weights = weights.detach() - inner_rate * slopes
    with torch.no_grad():
        goal = weights.mean(dim=0)
        return (1 - epsilon) * theta + epsilon * goal
"""
END = "(1 - epsilon) * theta + epsilon * goal"
LEARNERS = {
    "inner-step": Learner(
        INNER,
        {
            "starts-again-from-theta": ("torch.add(w, g", "torch.add(start, g"),
            "gradient-at-theta": ("f(w)", "f(start)", "inputs=[w]", "inputs=[start]"),
            "uphill": ("alpha=-lr", "alpha=lr"),
            "forgets-rate": ("alpha=-lr", "alpha=-1"),
            "graph-cut": ("torch.add(w, g,", "torch.add(w, g.detach(),"),
            "detached-from-theta": ("w = start\n", "w = start.clone().detach().requires_grad_(True)\n"),
            "mean-over-tasks": ("outputs=total", "outputs=total / len(start)"),
            "one-step-only": ("count += 1", "break"),
            "changes-theta": (
                "w = torch.add(w, g, alpha=-lr)",
                "with torch.no_grad():\n            w -= lr * g",
            ),
        },
    ),
    "meta-gradient": Learner(
        META,
        {
            "graph-cut": ("create_graph=True", "create_graph=False"),
            "gradient-at-theta": ("query_loss(adapted(leaf))", "query_loss(torch.stack([leaf] * tasks))"),
            "support-for-query": ("query_loss(adapted(leaf))", "support_loss(adapted(leaf))"),
            "query-for-support": ("support_loss(copies)", "query_loss(copies)"),
            "losses-swapped": ("theta, tasks, support_loss, query_loss", "theta, tasks, query_loss, support_loss"),
            "inner-gradient-by-theta": (
                "torch.sum(support_loss(copies)), copies,",
                "torch.sum(support_loss(copies)), start,",
            ),
            "inner-gradient-at-theta": (
                "torch.sum(support_loss(copies)), copies,",
                "sum(support_loss(torch.stack([start] * tasks))), start,",
            ),
            "sum-for-mean": (".sum() / tasks", ".sum()"),
            "mean-in-inner-loop": ("torch.sum(support_loss(copies))", "torch.mean(support_loss(copies))"),
            "one-copy-for-all": ("torch.stack([start] * tasks)", "start[None]"),
            "starts-again-from-theta": ("copies = copies -", "copies = start -"),
            "uphill": ("copies = copies -", "copies = copies +"),
            "forgets-rate": ("slope * inner_rate", "slope"),
            "wrong-sign": ("return leaf.grad", "return -leaf.grad"),
            "one-step-only": ("range(steps)", "range(min(steps, 1))"),
        },
    ),
    "first-order": Learner(
        FIRST,
        {
            "second-order": META.replace("meta_gradient", "first_order_gradient"),
            "direction-of-reptile": ("return sum(rows.grad) / tasks", "return theta - rows.mean(0)"),
            "gradient-at-theta": (
                "    rows.requires_grad_(True)\n    query",
                "    rows = theta.detach().repeat(tasks, 1).requires_grad_()\n    query",
            ),
            "support-for-query": ("query_loss(rows)", "support_loss(rows)"),
            "query-for-support": ("support_loss(rows)", "query_loss(rows)"),
            "sum-for-mean": ("sum(rows.grad) / tasks", "sum(rows.grad)"),
            "divides-twice": ("query_loss(rows).sum()", "query_loss(rows).mean()"),
            "mean-in-inner-loop": ("support_loss(rows).sum()", "support_loss(rows).mean()"),
            "starts-again-from-theta": ("(rows - inner", "(theta - inner"),
            "uphill": ("(rows - inner", "(rows + inner"),
            "forgets-rate": ("inner_rate * rows.grad", "rows.grad"),
            "wrong-sign": ("return sum", "return -sum"),
            "one-step-only": ("for _ in range(steps):", "if steps:"),
        },
    ),
    "reptile-update": Learner(
        REPTILE,
        {
            "sum-for-mean": ("weights.mean(dim=0)", "theta + (weights - theta).sum(dim=0)"),
            "wrong-direction": (END, "(1 + epsilon) * theta - epsilon * goal"),
            "forgets-epsilon": (END, "goal"),
            "weights-swapped": (END, "(1 - epsilon) * goal + epsilon * theta"),
            "last-gradient": (END, "theta - epsilon * slopes.mean(0)"),
            "returns-the-step": (END, "epsilon * (goal - theta)"),
            "first-task-only": ("weights.mean(dim=0)", "weights[0]"),
            "starts-again-from-theta": ("weights = weights.detach()", "weights = theta.detach()"),
            "mean-in-inner-loop": ("loss(weights).sum()", "loss(weights).mean()"),
            "uphill": ("detach() - inner", "detach() + inner"),
            "forgets-rate": ("inner_rate * slopes", "slopes"),
            "one-step-only": ("for _ in range(steps):", "if steps:"),
            "changes-theta": (END, "theta.mul_(1 - epsilon).add_(epsilon * goal)"),
        },
    ),
}

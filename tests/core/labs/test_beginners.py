"""What beginners have written, each in their own way: right bodies pass, and wrong ones are named or explained."""

import pytest

from core.labs.catalog import LABS
from core.labs.judging import judged
from core.labs.outcomes import compiled, outcomes

INNER = """
    phi = theta.expand(tasks, -1)
    for _ in range(steps):
        (g,) = torch.autograd.grad(support_loss(phi).sum(), phi, create_graph=True)
        phi = phi - inner_rate * g
"""
OUTER = "    (out,) = torch.autograd.grad(query_loss(phi).mean(), theta)\n    return out\n"
LOGIT = "    logit = ((first - second).abs() * weights).sum(1) + bias\n"
LOSS = "binary_cross_entropy_with_logits(logit, same)"
ATTENTION = "    attention = queries @ x.T\n"
CONTENT = """
    from torch.nn.functional import cosine_similarity
    content = (strength * cosine_similarity(memory, key[:, None], dim=-1)).softmax(-1)
    gated = gate * content + (1 - gate) * before
"""
SHIFT = """
    back, stay, forth = shift[:, 0:1], shift[:, 1:2], shift[:, 2:3]
    shifted = back * gated.roll(-1, 1) + stay * gated + forth * gated.roll(1, 1)
"""
SHARPEN = "    p = shifted ** gamma\n    return p / p.sum(-1, keepdim=True)\n"
USAGE = "    new_usage = decay * usage + read_weighting + write_weighting\n"
LEAST = "    least = one_hot(new_usage.argmin(-1), usage.shape[-1])\n"
MIX = "    w = gate * read_weighting + (1 - gate) * least\n"
WRITE = "    new_memory = memory * (1 - least)[..., None] + w[..., None] * added[:, None, :]\n"
END = "    return new_memory, w, new_usage\n"

RIGHT = [
    ("meta-gradient", INNER + OUTER),
    ("meta-gradient", INNER + "    query_loss(phi).mean().backward()\n    return theta.grad\n"),
    ("meta-gradient", INNER.replace("phi = phi - inner_rate", "phi -= inner_rate").replace("-1)\n", "-1).clone()\n", 1)
     + OUTER),
    ("meta-gradient", "    total = 0\n    for i in range(tasks):\n        phi = theta\n        for _ in range(steps):\n"
     "            (g,) = torch.autograd.grad(support_loss(phi)[i], phi, create_graph=True)\n"
     "            phi = phi - inner_rate * g\n        total = total + query_loss(phi)[i]\n"
     "    return torch.autograd.grad(total / tasks, theta)[0]\n"),
    ("siamese-pair", LOGIT + f"    return logit.sigmoid(), {LOSS}\n"),
    ("siamese-pair", LOGIT + "    p = torch.sigmoid(logit)\n"
     "    return p, -(same * torch.log(p) + (1 - same) * torch.log(1 - p)).mean()\n"),
    ("attention-step", ATTENTION + "    return attention, (attention * (rate * y)).mean(1)\n"),
    ("attention-step", "    slope = -(y[:, None] * x).mean(0)\n    return queries @ x.T, queries @ (-rate * slope)\n"),
    ("ntm-address", CONTENT + SHIFT + SHARPEN),
    ("ntm-address", CONTENT + SHIFT + SHARPEN.replace("shifted **", "(shifted + TINY) **")),
    ("mann-write", USAGE + LEAST + MIX + WRITE + END),
    ("mann-write", USAGE + "    least = torch.zeros_like(usage)\n    least[torch.arange(len(usage)), "
     "new_usage.min(-1).indices] = 1\n" + MIX + WRITE + END),
    ("mann-write", USAGE + "    least = torch.zeros_like(usage).scatter(1, new_usage.sort(-1).indices[:, :1], 1.0)\n"
     + MIX + WRITE + END),
    ("mann-write", USAGE + LEAST + MIX + "    new_memory = memory.clone()\n    for b in range(len(memory)):\n"
     "        new_memory[b, new_usage[b].argmin()] = 0\n"
     "    new_memory = new_memory + w[..., None] * added[:, None, :]\n" + END),
]  # fmt: skip
WRONG = [
    ("meta-gradient", "graph-cut", INNER + "    (out,) = torch.autograd.grad(query_loss(phi).sum(), phi)\n"
     "    return out.mean(0)\n"),
    ("siamese-pair", "loss-cut", LOGIT + f"    return logit.sigmoid(), {LOSS}.item()\n"),
    ("siamese-pair", "wrong-order", LOGIT + f"    return {LOSS}, logit.sigmoid()\n"),
    ("siamese-pair", "minus-before-the-sum", LOGIT.replace("= (", "= -(") + f"    return logit.sigmoid(), {LOSS}\n"),
    ("attention-step", "twice-as-large", "    w = torch.zeros(x.shape[1], requires_grad=True)\n"
     "    (g,) = torch.autograd.grad(((x @ w - y) ** 2).mean(), w)\n"
     "    return queries @ x.T, queries @ (-rate * g)\n"),
    ("attention-step", "transposed", "    a = x @ queries.T\n    return a, (a.T * rate * y).mean(1)\n"),
    ("attention-step", "mean-over-queries", ATTENTION + "    return attention, (attention * rate * y).mean(0)\n"),
    ("attention-step", "wrong-order", ATTENTION + "    return (attention * rate * y).mean(1), attention\n"),
    ("ntm-address", "sharpens-before-the-shift", CONTENT + "    p = gated ** gamma\n"
     "    gated = p / p.sum(-1, keepdim=True)\n" + SHIFT + "    return shifted\n"),
    ("ntm-address", "shift-mixes-sequences", CONTENT + SHIFT.replace("(-1, 1)", "(-1)").replace("(1, 1)", "(1)")
     + SHARPEN),
    ("ntm-address", "shift-of-first-sequence", CONTENT + SHIFT.replace("[:, 0:1], shift[:, 1:2], shift[:, 2:3]", "[0]")
     + SHARPEN),
    ("mann-write", "marks-all-on-a-tie", USAGE
     + "    least = (new_usage == new_usage.min(-1, keepdim=True).values).float()\n" + MIX + WRITE + END),
    ("mann-write", "takes-the-last-on-a-tie", USAGE + "    least = torch.zeros_like(usage)\n"
     "    for b in range(len(usage)):\n        best = 0\n        for r in range(usage.shape[1]):\n"
     "            if new_usage[b, r] <= new_usage[b, best]:\n                best = r\n        least[b, best] = 1\n"
     + MIX + WRITE + END),
    ("mann-write", "least-of-the-batch", USAGE + "    least = (new_usage == new_usage.min()).float()\n" + MIX + WRITE
     + END),
    ("mann-write", "wrong-order", USAGE + LEAST + MIX + WRITE + "    return new_memory, new_usage, w\n"),
    ("mann-write", "counts-new-writing", USAGE + LEAST + MIX + WRITE
     + "    new_usage = decay * usage + read_weighting + w\n" + END),
    ("mann-write", "writes-before-counting", LEAST.replace("new_usage", "usage") + MIX
     + "    new_usage = decay * usage + read_weighting + w\n" + WRITE + END),
]  # fmt: skip
SAID = [
    ("meta-gradient", INNER.replace("theta.expand(tasks, -1)", "theta.repeat(tasks)") + OUTER, "a row for each task"),
    ("meta-gradient", INNER.replace("(g,) = torch.autograd.grad(support_loss(phi).sum(), phi, create_graph=True)",
     "support_loss(phi).sum().backward()").replace("* g", "* phi.grad") + OUTER, "`.grad` is kept for leaf"),
    ("siamese-pair", LOGIT.replace("sum(1)", "sum()") + f"    return logit.sigmoid(), {LOSS}\n", "for each pair"),
    ("siamese-pair", LOGIT + "    return logit.sigmoid(), (logit - same).mean()\n", "loss is not what it should be: "),
    ("attention-step", ATTENTION + "    return attention\n", "results is 1. The function should return 2"),
    ("ntm-address", CONTENT.replace("cosine_similarity(memory, key[:, None], dim=-1)",
     "(memory @ key[:, :, None])[..., 0] / (1e-3 + memory.norm(dim=-1)) / (1e-3 + key.norm(dim=-1, keepdim=True))")
     + SHIFT + SHARPEN, "slightly off"),
    ("mann-write", USAGE + LEAST.replace("argmin(-1)", "argmin()") + MIX + WRITE + END, "`argmin(-1)`"),
]  # fmt: skip


def file_of(name: str, body: str) -> str:
    head = LABS[name].skeleton.removesuffix('    raise NotImplementedError("write it here")\n')
    return f"{head}    import torch\n{body}"


@pytest.mark.parametrize(("name", "body"), RIGHT)
def test_a_right_body_passes_on_every_seed(name, body):
    lab = LABS[name]
    function = compiled(file_of(name, body), lab)
    for seed in range(50):
        assert judged(lab, list(outcomes(function, lab, seed)), seed) == {"kind": "passed"}, seed


@pytest.mark.parametrize(("name", "mistake", "body"), WRONG)
def test_a_wrong_body_is_named(bench, name, mistake, body):
    for seed in range(3):
        assert bench.check(file_of(name, body), LABS[name], seed).mistake == mistake


@pytest.mark.parametrize(("name", "body", "words"), SAID)
def test_what_has_no_name_is_explained(bench, name, body, words):
    said = bench.check(file_of(name, body), LABS[name]).said
    assert words in said and "at []" not in said and ".." not in said.replace("...", ""), said
